"""Wall-clock hours of a day and of a week, and how they are read from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeAlias

from otklik.businesstime.span import Span, clipped, difference, union

# sorted, disjoint spans of seconds since local midnight, 0 ≤ from < to ≤ 86,400
DayHours: TypeAlias = tuple[Span, ...]
# Monday first
Week: TypeAlias = tuple[DayHours, DayHours, DayHours, DayHours, DayHours, DayHours, DayHours]

MIDNIGHT = 86_400  # seconds: the legal end "24:00"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED: DayHours = ()
ALL_DAY: DayHours = ((0, MIDNIGHT),)

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")


class ScheduleError(ValueError):
    """A schedule that cannot be read; the message names the place and the value."""


def wall_seconds(text: str) -> int:
    """Seconds since midnight of ``HH:MM`` or ``HH:MM:SS``, ``24:00`` included; raises ScheduleError."""
    match = _CLOCK.fullmatch(text.strip())
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0) if match else MIDNIGHT + 1
    if seconds > MIDNIGHT:
        raise ScheduleError(f"not a time of day: {text!r}")
    return seconds


def wall_text(seconds: int) -> str:
    """The inverse of :func:`wall_seconds`: ``HH:MM``, with seconds where there are any."""
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def day_hours(intervals: Iterable[Sequence[str]]) -> tuple[DayHours, DayHours]:
    """Hours of the date itself and the tail that runs over midnight into the next one; ``to ≤ from`` means over."""
    own: list[Span] = []
    tail: list[Span] = []
    for interval in intervals:
        if len(interval) != 2:
            raise ScheduleError(f"an interval is [from, to], this is {list(interval)!r}")
        start, end = wall_seconds(interval[0]), wall_seconds(interval[1])
        if start == MIDNIGHT:
            raise ScheduleError(f"an interval cannot begin at 24:00: {list(interval)!r}")
        if start < end:
            own.append((start, end))
        else:
            own.append((start, MIDNIGHT))
            tail.append((0, end))
    return tuple(union(own)), tuple(union(tail))


def week_hours(hours: dict[str, list[list[str]]]) -> Week:
    """A week from weekday names to intervals; hours over midnight are split there, the tail goes to the next day."""
    if strangers := set(hours) - set(WEEKDAYS):
        raise ScheduleError(f"unknown weekday: {', '.join(sorted(strangers))}")
    days: list[list[Span]] = [[] for _ in WEEKDAYS]
    for number, name in enumerate(WEEKDAYS):
        own, tail = day_hours(hours.get(name, ()))
        days[number] += own
        days[(number + 1) % 7] += tail
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (tuple(union(day)) for day in days)
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday


def shortened(hours: DayHours, minutes: int) -> DayHours:
    """Hours with the last minutes cut off, interval by interval from the last (domain §4.1)."""
    rest, cut = list(hours), minutes * 60
    while rest and cut > 0:
        start, end = rest.pop()
        if end - start > cut:
            rest.append((start, end - cut))
        cut -= end - start
    return tuple(rest)


def without(hours: DayHours, closed: DayHours) -> DayHours:
    """Hours minus breaks."""
    return tuple(difference(hours, closed))


def joined(hours: DayHours, more: DayHours) -> DayHours:
    """Hours of both."""
    return tuple(union(hours, clipped(more, 0, MIDNIGHT)))


def iso_date(text: str | date) -> date:
    """A date from ``YYYY-MM-DD``; raises ScheduleError."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f"not a date: {text!r}") from error
