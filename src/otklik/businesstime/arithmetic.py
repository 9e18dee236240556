"""Sums of open time over calendars: aware datetimes in, UTC out, seconds as int or float (domain §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from otklik.businesstime import ticks
from otklik.businesstime.span import SECOND, to_instant, to_moment, to_seconds, to_ticks
from otklik.businesstime.timetable import HORIZON, Timetable, Unreachable


def elapsed(calendar: Timetable, a: datetime, b: datetime) -> int | float:
    """Open seconds in ``[a, b)``: ``λ(Open ∩ [a, b))``; reversed arguments give the negative."""
    return to_seconds(ticks.elapsed(calendar, to_instant(a), to_instant(b)))


def add(calendar: Timetable, a: datetime, seconds: float) -> datetime:
    """``inf{ t ≥ a : elapsed(a, t) ≥ seconds }``: a sum that ends exactly at closing stays there.

    Negative seconds go back: ``sup{ t ≤ a : elapsed(t, a) ≥ −seconds }``. Raises Unreachable past 400 days.
    """
    return to_moment(ticks.add(calendar, to_instant(a), to_ticks(seconds)))


def last(calendar: Timetable, a: datetime, seconds: float) -> datetime:
    """``sup{ t : elapsed(a, t) ≤ seconds }``: the instant after which the limit is exceeded; raises Unreachable."""
    return to_moment(ticks.last(calendar, to_instant(a), to_ticks(seconds)))


def is_open(calendar: Timetable, t: datetime) -> bool:
    """Whether the calendar is open at t; a closing instant is closed."""
    return ticks.is_open(calendar, to_instant(t))


def next_open(calendar: Timetable, t: datetime) -> datetime:
    """t itself when open, else the next opening; raises Unreachable."""
    return to_moment(ticks.last(calendar, to_instant(t), 0))


def next_close(calendar: Timetable, t: datetime) -> datetime:
    """The next closing after t, or after the next opening when t is closed; raises Unreachable."""
    return to_moment(ticks.next_close(calendar, to_instant(t)))


def prev_close(calendar: Timetable, t: datetime) -> datetime:
    """t itself when the moment just before it is open, else the last closing; raises Unreachable."""
    return to_moment(ticks.prev_close(calendar, to_instant(t)))


def spans(calendar: Timetable, a: datetime, b: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Open spans inside ``[a, b)`` in order; spans that meet at midnight are one."""
    for start, end in ticks.spans(calendar, to_instant(a), to_instant(b)):
        yield to_moment(start), to_moment(end)


def periods(calendar: Timetable, a: datetime, n: int) -> list[tuple[datetime, datetime]]:
    """The first n open periods from a, the first cut at a; raises Unreachable if they are not within 400 days."""
    start = to_instant(a)
    found: list[tuple[datetime, datetime]] = []
    for opening, closing in ticks.spans(calendar, start, start + HORIZON + SECOND):
        if len(found) == n or closing > start + HORIZON:
            break
        found.append((to_moment(opening), to_moment(closing)))
    if len(found) < n:
        raise Unreachable(f"fewer than {n} periods within 400 days")
    return found
