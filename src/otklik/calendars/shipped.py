"""What every desk starts with (domain §13): calendars and holidays of the Russian and of the international profile."""

from __future__ import annotations

import json
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from django.db import transaction

from otklik import clock
from otklik.calendars.holidayfacts import HolidayFacts, computed
from otklik.calendars.models import Calendar, CalendarVersion, HolidaySet
from otklik.calendars.publishing import keep, publish
from otklik.journal.record import SYSTEM

FACTS = Path(__file__).resolve().parent / "facts"
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
DEFAULT = {"ru": "ru-5x2", "intl": "9x5"}  # the calendar that counts where no other is chosen

# The eleven zones of Russia from west to east: code, zone, name in Russian and in English.
RUSSIAN_ZONES = (
    ("kaliningrad", "Europe/Kaliningrad", "Калининград", "Kaliningrad"),
    ("moscow", "Europe/Moscow", "Москва", "Moscow"),
    ("samara", "Europe/Samara", "Самара", "Samara"),
    ("yekaterinburg", "Asia/Yekaterinburg", "Екатеринбург", "Yekaterinburg"),
    ("omsk", "Asia/Omsk", "Омск", "Omsk"),
    ("krasnoyarsk", "Asia/Krasnoyarsk", "Красноярск", "Krasnoyarsk"),
    ("irkutsk", "Asia/Irkutsk", "Иркутск", "Irkutsk"),
    ("yakutsk", "Asia/Yakutsk", "Якутск", "Yakutsk"),
    ("vladivostok", "Asia/Vladivostok", "Владивосток", "Vladivostok"),
    ("magadan", "Asia/Magadan", "Магадан", "Magadan"),
    ("kamchatka", "Asia/Kamchatka", "Камчатка", "Kamchatka"),
)
SUNS = (
    ("eu-9x5", "Europe/Berlin", "DE", "Европа 09–17", "Europe 09–17"),
    ("us-9x5", "America/New_York", "US", "США 09–17", "United States 09–17"),
    ("apac-9x5", "Asia/Singapore", "SG", "Азия 09–17", "Asia-Pacific 09–17"),
)


@transaction.atomic
def ensure_defaults(profile: str) -> dict[str, CalendarVersion]:
    """Calendars of a profile, ``ru`` or ``intl``, by code; those that exist already stay as they are."""
    build = {"ru": _russian, "intl": _international}[profile]
    return build()


def shipped_facts() -> list[tuple[HolidayFacts, str, bool]]:
    """The fact files of the product, in order of their years: facts, source, and whether they are confirmed."""
    found = []
    for file in sorted(FACTS.glob("*.json")):
        stated = json.loads(file.read_text(encoding="utf-8"))
        facts = HolidayFacts.from_data(stated["country"], stated["region"], stated["year"], stated["days"])
        found.append((facts, stated["source"], stated["confirmed"]))
    return found


def _russian() -> dict[str, CalendarVersion]:
    sets = [
        keep(facts, source=source, actor=SYSTEM, confirmed=confirmed).pk
        for facts, source, confirmed in shipped_facts()
        if facts.country == "RU"
    ]
    office = {"weekly": _week(["09:00", "13:00"], ["14:00", "18:00"]), **_observing("RU", sets)}
    long = {"weekly": _week(["08:00", "20:00"]), **_observing("RU", sets)}
    names = "5/2 09–18, обед 13–14", "Mon–Fri 09–18, lunch 13–14"
    calendars = {
        "ru-5x2": _shelve("ru-5x2", *names, {"tz": "Europe/Moscow", **office}),
        "ru-5x2-long": _shelve("ru-5x2-long", "5/2 08–20", "Mon–Fri 08–20", {"tz": "Europe/Moscow", **long}),
        "24x7": _round_the_clock("Europe/Moscow"),
    }
    for code, tz, russian, english in RUSSIAN_ZONES:
        if code == "moscow":
            continue
        titles = f"{names[0]} · {russian}", f"{names[1]} · {english}"
        calendars[f"ru-5x2-{code}"] = _shelve(f"ru-5x2-{code}", *titles, {"tz": tz, **office})
    return calendars


def _international() -> dict[str, CalendarVersion]:
    office = {"tz": "UTC", "weekly": _week(["09:00", "17:00"])}
    calendars = {
        "9x5": _shelve("9x5", "Пн–пт 09–17", "Mon–Fri 09–17", office),
        "12x5": _shelve("12x5", "Пн–пт 08–20", "Mon–Fri 08–20", {"tz": "UTC", "weekly": _week(["08:00", "20:00"])}),
        "24x7": _round_the_clock("UTC"),
    }
    for code, tz, country, russian, english in SUNS:
        content = office | {"tz": tz} | _observing(country, [kept.pk for kept in ensure_holidays(country)])
        calendars[code] = _shelve(code, russian, english, content)
    parts = [calendars[code].pk for code, *_ in SUNS]
    around = {"tz": "UTC", "combine": CalendarVersion.Combine.UNION, "parts": parts}
    calendars["follow-the-sun"] = _shelve("follow-the-sun", "Вслед за солнцем", "Follow the sun", around)
    return calendars


def ensure_holidays(country: str, region: str = "") -> list[HolidaySet]:
    """Sets of a country from last year to the year after next; the years begun are confirmed, later ones wait."""
    this = clock.now().year
    source = f"holidays {library_version('holidays')}"
    return [
        keep(computed(country, year, region), source=source, actor=SYSTEM, confirmed=year <= this)
        for year in range(this - 1, this + 3)
    ]


def _week(*intervals: list[str]) -> dict[str, list[list[str]]]:
    return {day: list(intervals) for day in WORKDAYS}


def _observing(country: str, sets: list[int]) -> dict[str, Any]:
    return {"observe_holidays": True, "country": country, "holiday_sets": sets}


def _round_the_clock(tz: str) -> CalendarVersion:
    days = (*WORKDAYS, "sat", "sun")
    return _shelve("24x7", "24×7", "24×7", {"tz": tz, "weekly": {day: [["00:00", "24:00"]] for day in days}})


def _shelve(code: str, russian: str, english: str, content: dict[str, Any]) -> CalendarVersion:
    calendar, made = Calendar.objects.get_or_create(
        code=code, defaults={"name_ru": russian, "name_en": english, "position": Calendar.objects.count()}
    )
    newest = None if made else calendar.versions.order_by("-number").first()
    return newest or publish(calendar, content, actor=SYSTEM)
