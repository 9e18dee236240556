"""Working days of a calendar: the unit ``bd``, counted in local dates and never converted to hours (domain §4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from otklik.businesstime import ticks
from otklik.businesstime.span import DAY, Instant, Span, to_instant, to_moment
from otklik.businesstime.timetable import HORIZON, Timetable, Unreachable
from otklik.businesstime.zone import date_window, local_ordinal


def spans_on(calendar: Timetable, ordinal: int) -> list[Span]:
    """Open spans of a local date, given as its proleptic ordinal."""
    return [span for start, end in date_window(calendar.tz, ordinal) for span in ticks.spans(calendar, start, end)]


def local_date(calendar: Timetable, t: datetime) -> date:
    """Date in the calendar's zone at an instant."""
    return date.fromordinal(local_ordinal(calendar.tz, to_instant(t)))


def open_on(calendar: Timetable, day: date) -> list[tuple[datetime, datetime]]:
    """Open spans of a local date; empty on a day off."""
    return [(to_moment(start), to_moment(end)) for start, end in spans_on(calendar, day.toordinal())]


def counted_dates(
    calendar: Timetable, after: Instant, active: Callable[[list[Span]], bool] = bool, days: int = HORIZON // DAY
) -> Iterator[tuple[int, Instant, Instant]]:
    """Dates that count after the date of an instant, some days on: (ordinal, first opening, last closing).

    A date counts when its open spans are not empty and ``active`` says yes to them.
    """
    first = local_ordinal(calendar.tz, after)
    for ordinal in range(first + 1, first + 1 + days):
        if (spans := spans_on(calendar, ordinal)) and active(spans):
            yield ordinal, spans[0][0], spans[-1][1]


def add_days(calendar: Timetable, a: datetime, n: int) -> datetime:
    """Closing instant of the n-th working date after the date of a, n ≥ 1; raises Unreachable past 400 days."""
    if n < 1:
        raise ValueError("working days are counted from one")
    for count, (_, _, closing) in enumerate(counted_dates(calendar, to_instant(a)), 1):
        if count == n:
            return to_moment(closing)
    raise Unreachable(f"no {n} working days within {HORIZON // DAY} days")


def count_days(calendar: Timetable, a: datetime, b: datetime) -> int:
    """Working dates after the date of a whose closing is not after b."""
    end = to_instant(b)
    count, ordinal = 0, local_ordinal(calendar.tz, to_instant(a)) + 1
    while ordinal <= local_ordinal(calendar.tz, end):
        spans = spans_on(calendar, ordinal)
        count += bool(spans) and spans[-1][1] <= end
        ordinal += 1
    return count
