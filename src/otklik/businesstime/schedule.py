"""Calendars as plain data: the form in which schedules are stored, sent and tested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from otklik.businesstime.calendar import Calendar, Exceptions, Period
from otklik.businesstime.composite import Composite
from otklik.businesstime.hours import WEEKDAYS, DayHours, ScheduleError, day_hours, iso_date, joined, week_hours
from otklik.businesstime.timetable import Timetable
from otklik.businesstime.zone import UnknownZone, zone

_KEYS = {"tz", "hours", "holidays", "overrides", "breaks", "periods", "work_like", "shorten"}
MAX_DEPTH = 8  # composites inside composites
MAX_SHORTEN = 24 * 60


def read(schedule: Mapping[str, Any], depth: int = 0) -> Timetable:
    """A calendar from plain data.

    ``{"tz": IANA name, "hours": {"mon": [["09:00", "18:00"], …], …}}`` with, all optional: ``holidays`` [date],
    ``overrides`` {date: intervals}, ``breaks`` {date: intervals}, ``periods`` [{"from", "to", "hours"}], ``work_like``
    {date: weekday}, ``shorten`` {date: minutes}. Or ``{"union": [schedule, …]}`` or ``{"intersect": [schedule, …]}``
    with an optional ``tz``. Hours over midnight (``to ≤ from``) are split there, each local date by its own rule.

    Raises ScheduleError naming what cannot be read.
    """
    if not isinstance(schedule, Mapping):
        raise ScheduleError("a schedule is an object")
    for word, common in (("union", False), ("intersect", True)):
        if word in schedule:
            if depth >= MAX_DEPTH or not schedule[word]:
                raise ScheduleError(f"{word}: needs one to many parts, at most {MAX_DEPTH} deep")
            if "tz" in schedule:
                _zone(schedule)
            parts = tuple(read(part, depth + 1) for part in schedule[word])
            return Composite(parts, common=common, tz=schedule.get("tz"))
    if strangers := set(schedule) - _KEYS:
        raise ScheduleError(f"unknown: {', '.join(sorted(strangers))}")
    overrides, tails = _overrides(schedule.get("overrides") or {})
    exceptions = Exceptions(
        hours=overrides,
        holidays=frozenset(iso_date(day) for day in schedule.get("holidays") or ()),
        work_like={iso_date(day): _weekday(name) for day, name in (schedule.get("work_like") or {}).items()},
        shorten={iso_date(day): _minutes(cut) for day, cut in (schedule.get("shorten") or {}).items()},
    )
    return Calendar(
        _zone(schedule),
        week_hours(schedule.get("hours") or {}),
        periods=tuple(_period(period) for period in schedule.get("periods") or ()),
        exceptions=exceptions,
        tails=tails,
        breaks=_breaks(schedule.get("breaks") or {}),
    )


def _zone(schedule: Mapping[str, Any]) -> str:
    name = schedule.get("tz")
    try:
        zone(str(name or ""))
    except UnknownZone as error:
        raise ScheduleError(f"tz: no such zone: {name!r}") from error
    return str(name)


def _overrides(stated: Mapping[str, Any]) -> tuple[dict[date, DayHours], dict[date, DayHours]]:
    """Explicit hours by date, and what they carry over midnight into the date after."""
    hours: dict[date, DayHours] = {}
    tails: dict[date, DayHours] = {}
    for text, intervals in stated.items():
        day = iso_date(text)
        hours[day], tail = day_hours(intervals)
        if tail:
            tails[day + timedelta(days=1)] = tail
    return hours, tails


def _breaks(stated: Mapping[str, Any]) -> dict[date, DayHours]:
    """Closed spans by date; one over midnight goes on into the date after."""
    breaks: dict[date, DayHours] = {}
    for text, intervals in stated.items():
        day = iso_date(text)
        own, tail = day_hours(intervals)
        breaks[day] = joined(breaks.get(day, ()), own)
        if tail:
            tomorrow = day + timedelta(days=1)
            breaks[tomorrow] = joined(breaks.get(tomorrow, ()), tail)
    return breaks


def _period(stated: Mapping[str, Any]) -> Period:
    first, last = iso_date(stated["from"]), iso_date(stated["to"])
    if last < first:
        raise ScheduleError(f"periods: {first} is after {last}")
    return Period(first, last, week_hours(stated.get("hours") or {}))


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        raise ScheduleError(f"work_like: unknown weekday {name!r}")
    return WEEKDAYS.index(name)


def _minutes(cut: Any) -> int:
    if not isinstance(cut, int) or not 0 <= cut <= MAX_SHORTEN:
        raise ScheduleError(f"shorten: minutes from 0 to {MAX_SHORTEN}, not {cut!r}")
    return cut
