"""Calendars made of calendars: follow-the-sun unions and common hours, each part in its own zone."""

from __future__ import annotations

from otklik.businesstime.span import Instant, Span, intersection, union
from otklik.businesstime.timetable import Block, Timetable


class Composite(Timetable):
    """The union or the intersection of the open sets of other calendars; its dates are those of one stated zone."""

    __slots__ = ("_blocks", "common", "parts", "tz")

    def __init__(self, parts: tuple[Timetable, ...], *, common: bool, tz: str | None = None) -> None:
        """Combine at least one calendar: ``common`` = open where all are, else where any is; ``tz`` D: of the first."""
        if not parts:
            raise ValueError("a composite calendar needs at least one part")
        self.parts = parts
        self.common = common
        self.tz = tz or parts[0].tz
        self._blocks: dict[int, Block] = {}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Composite)
            and (self.common, self.tz) == (other.common, other.tz)
            and self.parts == other.parts
        )

    def __hash__(self) -> int:
        return hash((self.common, self.tz, self.parts))

    def open_spans(self, start: Instant, end: Instant) -> list[Span]:
        """Set operation on the open spans of the parts."""
        sets = [part.open_spans(start, end) for part in self.parts]
        if not self.common:
            return union(*sets)
        shared = sets[0]
        for spans in sets[1:]:
            shared = intersection(shared, spans)
        return shared


def any_of(*parts: Timetable, tz: str | None = None) -> Composite:
    """Open whenever at least one of the calendars is."""
    return Composite(parts, common=False, tz=tz)


def all_of(*parts: Timetable, tz: str | None = None) -> Composite:
    """Open only while all of the calendars are."""
    return Composite(parts, common=True, tz=tz)
