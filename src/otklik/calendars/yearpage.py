"""A calendar as a year: each date with its hours and with what makes it differ from the plain week (screen 16a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from otklik.businesstime import Calendar as Hours
from otklik.businesstime.hours import DayHours, wall_text
from otklik.calendars.holidayfacts import DayOff
from otklik.calendars.models import CalendarVersion, HolidaySet
from otklik.calendars.shelf import calendar_at, confirmed_years

DayKind: TypeAlias = Literal["working", "closed", "holiday", "moved_off", "moved_work", "shortened", "own"]


@dataclass(frozen=True, slots=True)
class Day:
    """One local date.

    Args:
        on: the date.
        hours: its intervals as ``("09:00", "13:00")``; empty when closed.
        kind: ``working`` and ``closed`` follow the plain week; the others say what differs.
        why: name of the holiday, or the stated reason of an own exception.
        moved_from: the date whose day off was moved here.
    """

    on: date
    hours: tuple[tuple[str, str], ...]
    kind: DayKind
    why: str = ""
    moved_from: date | None = None

    @property
    def differs(self) -> bool:
        """Whether it is listed as different from the plain week."""
        return self.kind not in {"working", "closed"}


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a calendar: its days, working days and hours, and whether somebody confirmed its holidays."""

    year: int
    days: tuple[Day, ...]
    working_days: int
    shortened_days: int
    hours: float
    confirmed: bool


def year_of(version: CalendarVersion, year: int) -> Year:
    """The year of a plain calendar; raises ValueError for a composite, whose dates are those of its parts."""
    hours = calendar_at(version)
    if not isinstance(hours, Hours):
        raise ValueError("a composite calendar is shown by its parts")
    off, own = _reasons(version, year)
    first = date(year, 1, 1)
    days = tuple(
        _day(hours, off, own, first + timedelta(days=number)) for number in range((date(year + 1, 1, 1) - first).days)
    )
    seconds = sum(end - start for day in days for start, end in hours.hours_on(day.on))
    return Year(
        year=year,
        days=days,
        working_days=sum(bool(day.hours) for day in days),
        shortened_days=sum(bool(day.hours) and day.on in hours.exceptions.shorten for day in days),
        hours=seconds / 3600,
        confirmed=not version.observe_holidays or year in confirmed_years(version),
    )


def _reasons(version: CalendarVersion, year: int) -> tuple[dict[date, DayOff], dict[date, str]]:
    """Names of the days off of the year, and reasons of the calendar's own exceptions."""
    off: dict[date, DayOff] = {}
    if version.observe_holidays:
        for kept in HolidaySet.objects.filter(pk__in=version.holiday_sets, year=year):
            off |= kept.facts.off
    return off, {date.fromisoformat(row["date"]): row.get("why", "") for row in version.exceptions}


def _day(hours: Hours, off: dict[date, DayOff], own: dict[date, str], day: date) -> Day:
    shown = _shown(hours.hours_on(day))
    if day in own:
        return Day(day, shown, "own", own[day])
    if day in off and not shown:
        why = off[day]
        return Day(day, shown, "moved_off" if why.moved_from else "holiday", why.name, why.moved_from)
    if day in hours.exceptions.shorten and shown:
        return Day(day, shown, "shortened")
    if day in hours.exceptions.work_like and shown:
        return Day(day, shown, "moved_work")
    return Day(day, shown, "working" if shown else "closed")


def _shown(hours: DayHours) -> tuple[tuple[str, str], ...]:
    return tuple((wall_text(start), wall_text(end)) for start, end in hours)
