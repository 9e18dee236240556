"""Calendars to take down and use: versions as business time, found by code, by id and by date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from otklik import clock
from otklik.businesstime import Calendar as Hours
from otklik.businesstime import Exceptions, Timetable, all_of, any_of, local_date
from otklik.businesstime.hours import WEEKDAYS, ScheduleError, day_hours, iso_date
from otklik.businesstime.schedule import read as read_schedule
from otklik.calendars.holidayfacts import together
from otklik.calendars.models import CalendarVersion, HolidaySet

WARN_BEFORE = timedelta(days=60)  # a year without a confirmed set is flagged so long before it begins (domain §4.1)


class NoSuchCalendar(LookupError, ValueError):
    """No calendar has this code."""


def current(code: str) -> CalendarVersion:
    """The newest version of a calendar; raises NoSuchCalendar."""
    version = CalendarVersion.objects.filter(calendar__code=code).order_by("-number").first()
    if version is None:
        raise NoSuchCalendar(code)
    return version


def calendar_named(code: str) -> Timetable:
    """Business time of the newest version of a calendar; raises NoSuchCalendar."""
    return calendar_at(current(code))


def calendar_at(version: CalendarVersion | int) -> Timetable:
    """Business time of a version, or of the one with an id; made once per process, because versions never change."""
    return _timetable(version if isinstance(version, int) else version.pk)


@lru_cache(maxsize=2048)
def _timetable(pk: int) -> Timetable:
    version = CalendarVersion.objects.get(pk=pk)
    return built(version.content())


def forget() -> None:
    """Forget what was built: only for a database that was put in the place of another."""
    _timetable.cache_clear()


def built(content: Mapping[str, Any]) -> Timetable:
    """Business time of the content of a version, stored or only drafted; raises ScheduleError."""
    if content["combine"]:
        parts = [calendar_at(part) for part in content["parts"]]
        if not parts:
            raise ScheduleError("a composite calendar needs parts")
        combine = any_of if content["combine"] == CalendarVersion.Combine.UNION else all_of
        return combine(*parts, tz=content["tz"] or None)
    plain = read_schedule({"tz": content["tz"], "hours": content["weekly"], "periods": content["periods"]})
    assert isinstance(plain, Hours)
    own, tails = own_exceptions(content["exceptions"])
    imported = Exceptions()
    if content["observe_holidays"]:
        by_id = HolidaySet.objects.in_bulk(content["holiday_sets"])
        imported = together(by_id[pk].facts for pk in content["holiday_sets"])
    return Hours(content["tz"], plain.week, periods=plain.periods, exceptions=own.over(imported), tails=tails)


def own_exceptions(rows: Iterable[Mapping[str, Any]]) -> tuple[Exceptions, dict[date, Any]]:
    """A calendar's own exceptions, and what their hours carry over midnight; raises ScheduleError."""
    hours: dict[date, Any] = {}
    tails: dict[date, Any] = {}
    off: set[date] = set()
    like: dict[date, int] = {}
    cut: dict[date, int] = {}
    for row in rows:
        day = iso_date(row["date"])
        match row.get("kind"):
            case "hours":
                hours[day], tail = day_hours(row["hours"])
                if tail:
                    tails[day + timedelta(days=1)] = tail
            case "holiday":
                off.add(day)
            case "work_like" if row.get("like") in WEEKDAYS:
                like[day] = WEEKDAYS.index(row["like"])
            case "shorten" if isinstance(row.get("minutes"), int) and row["minutes"] > 0:
                cut[day] = row["minutes"]
            case _:
                raise ScheduleError(f"exception of {day}: {dict(row)!r}")
    return Exceptions(hours, frozenset(off), like, cut), tails


def is_provisional(version: CalendarVersion, due_at: datetime) -> bool:
    """Whether an instant lies in a year for which nobody confirmed the holidays: «предварительно»."""
    if version.combine:
        return any(is_provisional(part, due_at) for part in CalendarVersion.objects.filter(pk__in=version.parts))
    if not version.observe_holidays:
        return False
    year = local_date(calendar_at(version), due_at).year
    return year not in confirmed_years(version)


def confirmed_years(version: CalendarVersion) -> set[int]:
    """Years of the version's holiday sets that a person confirmed."""
    sets = HolidaySet.objects.filter(pk__in=version.holiday_sets, confirmed_at__isnull=False)
    return set(sets.values_list("year", flat=True))


def years_to_confirm() -> list[tuple[CalendarVersion, int]]:
    """Current versions that observe holidays, each with a year, begun or beginning within 60 days, not confirmed."""
    now = clock.now()
    years = {now.year, (now + WARN_BEFORE).year}
    return [
        (version, year)
        for version in all_current()
        if version.observe_holidays
        for year in sorted(years - confirmed_years(version))
    ]


def all_current() -> list[CalendarVersion]:
    """Newest versions of the calendars in use, in their order."""
    newest = CalendarVersion.objects.filter(calendar__is_active=True).order_by("calendar_id", "-number")
    found = newest.distinct("calendar_id").select_related("calendar")
    return sorted(found, key=lambda version: (version.calendar.position, version.calendar_id))
