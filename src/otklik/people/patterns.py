"""PURE: weeks of hours as spans, spans as duty, rotations as turns; exact over changes of the clocks.

Spans are half-open pairs of instants (`businesstime.span`). Hours are wall times of a zone and mean what the wall
says: a shift over a spring change is an hour shorter, over an autumn change an hour longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from otklik.businesstime import Calendar, Exceptions, Period, Timetable, from_wall
from otklik.businesstime.hours import CLOSED, Week, week_hours
from otklik.businesstime.span import Instant, Span, clipped, difference, length, to_instant, union
from otklik.businesstime.ticks import spans as open_spans

FAR = date(9999, 12, 30)
SHUT: Week = (CLOSED,) * 7


@dataclass(frozen=True)
class Pattern:
    """A week of hours from one local date to another, both included, with what a calendar changes on single dates."""

    tz: str
    week: Week
    first: date
    last: date = FAR
    special: Exceptions = Exceptions()  # noqa: RUF009  # frozen, never changed


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in his own roster at an instant; instants or None."""

    on_shift: bool
    shift_ends: Instant | None
    next_shift: Instant | None
    absent_until: Instant | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a rotation: who of the ring is on call, in which order (1 = first), from when to when."""

    seat: int
    order: int
    starts_at: datetime
    ends_at: datetime


def week_of(hours: Mapping[str, Sequence[Sequence[str]]]) -> Week:
    """A week from {weekday: [[from, to], …]}; hours over midnight go on next day. Raises `ScheduleError`."""
    return week_hours({day: [list(pair) for pair in pairs] for day, pairs in hours.items()})


def observed(calendar: Timetable) -> Exceptions:
    """What a calendar changes for people who keep its holidays: days off, moved working days, shortened days."""
    if not isinstance(calendar, Calendar):
        return Exceptions()
    given = calendar.exceptions
    shut = {day for day, hours in given.hours.items() if not hours}
    return Exceptions(holidays=given.holidays | shut, work_like=dict(given.work_like), shorten=dict(given.shorten))


@lru_cache(maxsize=4096)
def _timetable(tz: str, week: Week, first: date, last: date, special: tuple[object, ...]) -> Calendar:
    holidays, like, cut = special
    exceptions = Exceptions(holidays=holidays, work_like=dict(like), shorten=dict(cut))  # type: ignore[arg-type, call-overload]  # as `_key` packs them
    return Calendar(tz, SHUT, periods=(Period(first, last, week),), exceptions=exceptions)


def expand(pattern: Pattern, start: Instant, end: Instant) -> list[Span]:
    """Spans of a pattern inside ``[start, end)``, sorted and disjoint.

    Hours belong to the local date on whose wall they stand: the last night of a pattern ends at midnight of its last
    date, the hours after midnight of its first date are its own.
    """
    special = pattern.special
    key = (special.holidays, tuple(sorted(special.work_like.items())), tuple(sorted(special.shorten.items())))
    timetable = _timetable(pattern.tz, pattern.week, pattern.first, min(pattern.last, FAR), key)
    return list(open_spans(timetable, start, end)) if start < end else []


def joined(weeks: Sequence[Sequence[Span]], rows: Sequence[Span], start: Instant, end: Instant) -> list[Span]:
    """All the time a person is to be there inside ``[start, end)``: his weeks, expanded, and rows of the roster."""
    if len(weeks) == 1 and not rows:
        return list(weeks[0])
    return union(*weeks, clipped(rows, start, end))


def standing(shifts: Sequence[Span], absences: Sequence[Span], at: Instant) -> Standing:
    """Where somebody stands at an instant.

    ``on_shift`` asks the roster alone; the end of the shift is cut where an absence begins; the next shift is the
    first time from ``at`` on, after the present shift, at which he is there and not absent.
    """
    here = next((span for span in shifts if span[0] <= at < span[1]), None)
    gone = union(absences) if absences else []
    away = next((span for span in gone if span[0] <= at < span[1]), None)
    there = difference(shifts, gone) if gone else shifts
    now = next((span for span in there if span[0] <= at < span[1]), None)
    ends = now[1] if now else (here[1] if here else None)
    return Standing(
        on_shift=here is not None,
        shift_ends=ends,
        next_shift=next((start for start, _end in there if start > at and (now is None or start >= now[1])), None),
        absent_until=away[1] if away else None,
    )


def minutes(shifts: Sequence[Span], absences: Sequence[Span]) -> int:
    """Whole minutes on shift and not absent."""
    return length(difference(union(shifts), union(absences))) // 60_000_000


def turns(
    *, tz: str, starts_on: date, hand_over: time, days: int, ring: int, depth: int, until: date | None,
    start: datetime, end: datetime,
) -> list[Turn]:  # fmt: skip
    """The turns of a rotation that touch ``[start, end)``.

    Turn n begins ``n · days`` days after ``starts_on`` at the wall time of the hand-over; seat ``n mod ring`` is
    first, the following seats stand behind it. The last turn ends at the hand-over of ``until``.

    Args:
        days: length of a turn, at least 1.
        ring: how many seats there are; depth: how many of them are on call at once.
    """
    if days < 1 or ring < 1:
        return []
    number = max(0, (start.date() - starts_on).days // days - 1)
    found: list[Turn] = []
    while (begins := starts_on + timedelta(days=number * days)) < (until or FAR):
        ends = min(begins + timedelta(days=days), until or FAR)
        opening, closing = (from_wall(tz, datetime.combine(day, hand_over), strict=False) for day in (begins, ends))
        if opening >= end:
            break
        if closing > start:
            for behind in range(min(depth, ring)):
                found.append(Turn((number + behind) % ring, behind + 1, opening, closing))
        number += 1
    return found


def instants(starts_at: datetime, ends_at: datetime) -> Span:
    """A span from two aware datetimes."""
    return to_instant(starts_at), to_instant(ends_at)
