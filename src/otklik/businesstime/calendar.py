"""One calendar: weekly hours in a zone, periods with other hours, and exceptions by local date (domain §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from otklik.businesstime.hours import ALL_DAY, CLOSED, DayHours, Week, shortened, without
from otklik.businesstime.span import DAY, SECOND, Instant, Span, union
from otklik.businesstime.timetable import Block, Timetable
from otklik.businesstime.zone import offset_pieces, zone

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MAX_DATE = date.max.toordinal()

EVERY_DAY: Week = (ALL_DAY,) * 7


@dataclass(frozen=True, slots=True)
class Period:
    """Another weekly pattern from one date to another, both included (summer hours)."""

    first: date
    last: date
    week: Week


@dataclass(frozen=True)
class Exceptions:
    """What differs from the week on single dates.

    For one date the first hit wins: explicit hours > holiday > work like another weekday; a shortening then cuts the
    end of whatever the day is.
    """

    hours: Mapping[date, DayHours] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    work_like: Mapping[date, int] = field(default_factory=dict)  # weekday, Monday = 0
    shorten: Mapping[date, int] = field(default_factory=dict)  # minutes

    def over(self, imported: Exceptions) -> Exceptions:
        """These laid over an imported set: on a date that both name, only these count; shortenings likewise."""
        ruled = self.hours.keys() | self.holidays | self.work_like.keys()
        return Exceptions(
            hours={day: hours for day, hours in imported.hours.items() if day not in ruled} | dict(self.hours),
            holidays=frozenset(imported.holidays - ruled) | self.holidays,
            work_like={day: like for day, like in imported.work_like.items() if day not in ruled}
            | dict(self.work_like),
            # An hour cut from the usual day is not cut from hours that the calendar itself states for the date.
            shorten={day: cut for day, cut in imported.shorten.items() if day not in self.hours} | dict(self.shorten),
        )

    def key(self) -> tuple[Any, ...]:
        """Hashable content."""
        return (
            tuple(sorted(self.hours.items())),
            self.holidays,
            tuple(sorted(self.work_like.items())),
            tuple(sorted(self.shorten.items())),
        )


class Calendar(Timetable):
    """Service hours in one zone. ``Open = { t : wall time of t ∈ schedule of its local date }``.

    Membership is pointwise: hours that a spring change skips contribute nothing, hours that an autumn change repeats
    count twice, and an offset is never carried over a change.
    """

    __slots__ = ("_blocks", "_hash", "_key", "breaks", "exceptions", "periods", "tails", "tz", "week")

    def __init__(
        self,
        tz: str,
        week: Week,
        *,
        periods: tuple[Period, ...] = (),
        exceptions: Exceptions | None = None,
        tails: Mapping[date, DayHours] | None = None,
        breaks: Mapping[date, DayHours] | None = None,
    ) -> None:
        """Take a zone, a week and what differs from it.

        Args:
            tz: IANA name; raises UnknownZone.
            week: hours of the seven weekdays, Monday first.
            periods: other weeks for ranges of dates; the first that holds a date wins.
            exceptions: hours, holidays, moved and shortened days.
            tails: what explicit hours of the date before carry over midnight into a date.
            breaks: closed spans of single dates, cut out last.
        """
        zone(tz)
        self.tz = tz
        self.week = week
        self.periods = periods
        self.exceptions = exceptions or Exceptions()
        self.tails = dict(tails or {})
        self.breaks = dict(breaks or {})
        self._blocks: dict[int, Block] = {}
        carried = (tuple(sorted(self.tails.items())), tuple(sorted(self.breaks.items())))
        self._key = (tz, week, periods, self.exceptions.key(), carried)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Calendar({self.tz!r}, {self._hash & 0xFFFFFFFF:08x})"

    @classmethod
    def from_schedule(cls, schedule: Mapping[str, Any]) -> Timetable:
        """Read a schedule; see :func:`otklik.businesstime.schedule.read` for its form. Raises ScheduleError."""
        from otklik.businesstime.schedule import read

        return read(schedule)

    @classmethod
    def always(cls, tz: str = "UTC") -> Calendar:
        """24×7: every day from 00:00 to 24:00, holidays or not."""
        return cls(tz, EVERY_DAY)

    def usual(self, day: date, weekday: int | None = None) -> DayHours:
        """Hours that the week in force on a date gives it, or gives another weekday."""
        week = next((period.week for period in self.periods if period.first <= day <= period.last), self.week)
        return week[day.weekday() if weekday is None else weekday]

    def hours_on(self, day: date) -> DayHours:
        """Wall-clock hours of a local date, as spans of seconds since midnight, every exception applied."""
        special = self.exceptions
        tail = self.tails.get(day, CLOSED)
        if day in special.hours:
            hours = tuple(union(special.hours[day], tail))
        elif day in special.holidays:
            hours = CLOSED
        else:
            hours = self.usual(day, special.work_like.get(day))
            hours = tuple(union(hours, tail)) if tail else hours
        if cut := special.shorten.get(day):
            hours = shortened(hours, cut)
        if closed := self.breaks.get(day):
            hours = without(hours, closed)
        return hours

    def open_spans(self, start: Instant, end: Instant) -> list[Span]:
        """Open spans inside ``[start, end)``: for each piece of constant offset, each local date by its own rule."""
        spans: list[Span] = []
        for begin, finish, offset in offset_pieces(self.tz, start, end):
            for number in range((begin + offset) // DAY, (finish + offset - 1) // DAY + 1):
                if not 1 <= (ordinal := number + _EPOCH_ORDINAL) <= MAX_DATE:
                    continue
                midnight = number * DAY - offset
                for opening, closing in self.hours_on(date.fromordinal(ordinal)):
                    span = max(midnight + opening * SECOND, begin), min(midnight + closing * SECOND, finish)
                    if span[0] < span[1]:
                        spans.append(span)
        return union(spans)
