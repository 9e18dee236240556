"""What every calendar is: a set of open instants, kept in blocks of prefix sums so that any sum is two look-ups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from otklik.businesstime.span import DAY, Instant, Span

BLOCK = 32 * DAY
HORIZON = 400 * DAY  # a sum that is not reached within this is a mistake in the configuration (domain §4.2)
MAX_BLOCKS = 1024  # kept per calendar: ninety years


class Unreachable(ValueError):
    """No such instant within 400 days: the calendar opens too seldom, or never (or never closes)."""


class Block:
    """The open spans of one block of 32 days in UTC, clipped to it, with the open time before each."""

    __slots__ = ("before", "ends", "starts", "total")

    def __init__(self, spans: Iterable[Span]) -> None:
        self.starts: list[Instant] = []
        self.ends: list[Instant] = []
        self.before: list[int] = []
        self.total = 0
        for start, end in spans:
            self.starts.append(start)
            self.ends.append(end)
            self.before.append(self.total)
            self.total += end - start

    def until(self, instant: Instant) -> int:
        """Open time from the beginning of the block to an instant in it."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        return self.before[index] + min(instant, self.ends[index]) - self.starts[index]

    def reached(self, amount: int) -> Instant:
        """First instant by which an amount, 0 < amount ≤ total, has been open: a closing counts as reached."""
        index = bisect_left(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]

    def exceeded(self, amount: int) -> Instant:
        """Last instant at which no more than an amount, 0 ≤ amount < total, has been open."""
        index = bisect_right(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]


class Timetable(ABC):
    """A set of open instants with a zone that says which local date an instant has.

    Immutable and hashable; the blocks it keeps are only a memory of its own open set.
    """

    __slots__ = ()
    tz: str
    _blocks: dict[int, Block]

    @abstractmethod
    def open_spans(self, start: Instant, end: Instant) -> list[Span]:
        """Sorted, disjoint, joined open spans inside ``[start, end)``, computed afresh."""

    def block(self, number: int) -> Block:
        """The block ``[number · 32 days, (number + 1) · 32 days)`` since 1970."""
        block = self._blocks.get(number)
        if block is None:
            block = Block(self.open_spans(number * BLOCK, (number + 1) * BLOCK))
            if len(self._blocks) >= MAX_BLOCKS:
                self._blocks.clear()
            self._blocks[number] = block
        return block
