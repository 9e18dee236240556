"""Holiday facts: the shipped years, the rule of shortened days, and files of other people read as facts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from otklik.businesstime import Calendar, open_on
from otklik.businesstime.hours import week_hours
from otklik.calendars.holidayfacts import DayOff, HolidayFacts, computed
from otklik.calendars.reading import UnreadableCalendar, icalendar, xmlcalendar
from otklik.calendars.shipped import shipped_facts

ROOT = Path(__file__).resolve().parents[4]
PLACES = [folder / "shared/data/E_ru_calendar" for folder in ROOT.parents]
FOLDER = next((place for place in PLACES if place.is_dir()), PLACES[0])
needs_folder = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the production calendars are not here: {FOLDER}")

EIGHT = week_hours({day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<calendar year="2031" lang="ru" date="2030.09.30">
  <holidays><holiday id="1" title="Новый год"/></holidays>
  <days><day d="01.01" t="1" h="1"/><day d="02.24" t="1" f="02.22"/><day d="02.22" t="2"/><day d="04.27" t="3"/></days>
</calendar>"""


def hours_by_day(facts: HolidayFacts) -> dict[date, float]:
    """Open hours of each date of the year, by the office calendar that observes the facts."""
    calendar = Calendar("Europe/Moscow", EIGHT, exceptions=facts.exceptions())
    days = [date(facts.year, 1, 1) + timedelta(days=number) for number in range(365 + (facts.year % 4 == 0))]
    spans = {day: open_on(calendar, day) for day in days}
    return {day: sum((end - start).total_seconds() for start, end in found) / 3600 for day, found in spans.items()}


def stated(year: int) -> dict[str, Any]:
    return dict(json.loads((FOLDER / "facts.json").read_text())["years"][str(year)])


def check_against_the_published_year(facts: HolidayFacts) -> None:
    published = stated(facts.year)
    off = {date.fromisoformat(row["date"]) for row in published["public_holidays"] + published["moved_days_off"]}
    worked = {date.fromisoformat(day) for day in published["working_weekend_days"]}
    short = {date.fromisoformat(day) for day in published["shortened_days"]}
    hours = hours_by_day(facts)
    for day, shown in hours.items():
        works = day in worked or (day.weekday() < 5 and day not in off)
        assert shown == (8 - (day in short) if works else 0), day
    totals = published["totals"]
    assert sum(shown > 0 for shown in hours.values()) == totals["working_days"]
    assert sum(hours.values()) == totals["hours_40h_week"]
    moved = {row["date"]: row["from"] for row in published["moved_days_off"]}
    assert {str(day): str(why.moved_from) for day, why in facts.off.items() if why.moved_from} == moved


@needs_folder
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_imported_production_calendars_agree_day_by_day(year: int) -> None:
    check_against_the_published_year(xmlcalendar((FOLDER / f"ru_{year}.xml").read_bytes()))


@needs_folder
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_shipped_years_agree_day_by_day(year: int) -> None:
    (facts,) = [facts for facts, _, _ in shipped_facts() if facts.year == year]
    check_against_the_published_year(facts)


@needs_folder
def test_every_given_year_can_be_read() -> None:
    for file in FOLDER.glob("ru_*.xml"):
        facts = xmlcalendar(file.read_bytes())
        assert (facts.country, str(facts.year)) == ("RU", file.stem.removeprefix("ru_"))
        assert 240 <= sum(hours > 0 for hours in hours_by_day(facts).values()) <= 250, file.name


def test_shipped_years_are_those_of_the_library_and_the_rule() -> None:
    shipped = {facts.year: (facts.data(), confirmed) for facts, _, confirmed in shipped_facts()}
    assert shipped == {year: (computed("RU", year).data(), year < 2027) for year in range(2024, 2028)}


def test_the_eve_of_a_holiday_is_short_and_a_worked_saturday_takes_its_partners_length() -> None:
    assert sorted(computed("RU", 2027).shortened) == [
        date(2027, 2, 20),
        date(2027, 4, 30),
        date(2027, 6, 11),
        date(2027, 11, 3),
    ]
    assert dict(computed("RU", 2025).working) == {date(2025, 11, 1): 0}


def test_facts_come_back_from_their_data_with_the_same_checksum() -> None:
    facts = computed("RU", 2025)
    again = HolidayFacts.from_data("RU", "", 2025, json.loads(json.dumps(facts.data())))
    assert again == facts
    assert again.checksum() == facts.checksum() != computed("RU", 2026).checksum()


def test_another_country_comes_from_the_library_in_its_own_language() -> None:
    assert computed("DE", 2026).off[date(2026, 12, 25)] == DayOff("Erster Weihnachtstag")
    with pytest.raises(NotImplementedError):
        computed("XX", 2026)


def test_a_shortened_saturday_in_the_file_is_a_worked_one() -> None:
    facts = xmlcalendar(SMALL.encode())
    assert facts.off == {date(2031, 1, 1): DayOff("Новый год"), date(2031, 2, 24): DayOff("", date(2031, 2, 22))}
    assert facts.working == {date(2031, 2, 22): 0, date(2031, 4, 27): 0}
    assert facts.shortened == {date(2031, 2, 22): 60}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<calendar",
        b"<html><body/></html>",
        b'<calendar year="2031"><days><day d="13.01" t="1"/></days></calendar>',
        b'<calendar year="2031"><days><day d="01.01" t="9"/></days></calendar>',
        b'<calendar year="soon"><days><day d="01.01" t="1"/></days></calendar>',
        b'<!DOCTYPE c [<!ENTITY a "aaaa">]><calendar year="2031"><days><day d="01.01" t="1"/></days></calendar>',
    ],
)
def test_a_file_that_is_no_production_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableCalendar):
        xmlcalendar(content)


FEED = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//x//y//",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:Office closed",
        "DTSTART;VALUE=DATE:20261224",
        "DTEND;VALUE=DATE:20261227",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:2",
        "SUMMARY:Founders' day",
        "DTSTART;VALUE=DATE:20200605",
        "RRULE:FREQ=YEARLY",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:3",
        "SUMMARY:Midnight to midnight",
        "DTSTART;TZID=Asia/Vladivostok:20260309T000000",
        "DTEND;TZID=Asia/Vladivostok:20260310T000000",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def test_an_icalendar_file_gives_local_dates_that_no_zone_shifts() -> None:
    facts = icalendar(FEED.encode(), country="DE", year=2026)
    assert sorted(day.isoformat() for day in facts.off) == [
        "2026-03-09",
        "2026-06-05",
        "2026-12-24",
        "2026-12-25",
        "2026-12-26",
    ]
    assert facts.off[date(2026, 6, 5)] == DayOff("Founders' day")


@pytest.mark.parametrize("content", [b"", b"hello", FEED.replace("YEARLY", "WEEKLY").encode()])
def test_an_icalendar_file_that_cannot_be_understood_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableCalendar):
        icalendar(content, country="DE", year=2026)
    with pytest.raises(UnreadableCalendar):
        icalendar(FEED.encode(), country="DE", year=2010)
