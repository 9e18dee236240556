"""The clock laid out in stretches that add up to the shown figure exactly: the matter of «Как считаем»."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from otklik.businesstime import ticks
from otklik.businesstime.span import FOREVER, Instant, clipped, intersection, to_instant, to_moment, to_seconds
from otklik.businesstime.workdays import spans_on
from otklik.businesstime.zone import local_ordinal
from otklik.sla.history import History
from otklik.sla.targets import Course, Stretch, course, instances, stretches

Kind: TypeAlias = Literal["counted", "closed", "paused", "resolved", "rebound"]
_Label: TypeAlias = tuple[Instant, Instant, Kind, str]


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of the clock's life.

    Args:
        kind: ``counted`` open time, ``closed`` hours, ``paused`` and ``resolved`` rest, or ``rebound``: an instant at
            which target or calendar changed, with what that took from or gave to the sum.
        amount: what it adds to E, in seconds or working days; may be negative for ``rebound``.
        reason: of a pause.
        binding: number of the binding whose calendar counts here, or which begins here.
    """

    kind: Kind
    start: datetime
    end: datetime
    amount: int | float
    reason: str
    binding: int


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Kind
    start: Instant
    end: Instant
    amount: int  # microseconds or days
    reason: str
    binding: int


def segments(history: History, now: datetime) -> list[Segment]:
    """Stretches of the last instance from its anchor to its stop or to now; their amounts sum to E."""
    last = instances(history)[-1]
    way = course(last, now)
    laid = stretches(last, way)
    rests = _rests(last, way)
    seconds = laid[-1].binding.unit == "seconds"
    return [
        Segment(
            piece.kind,
            to_moment(piece.start),
            to_moment(piece.end),
            to_seconds(piece.amount) if seconds else piece.amount,
            piece.reason,
            piece.binding,
        )
        for piece in _pieces(way, rests, laid, len(laid) - 1, way.end)
    ]


def _pieces(way: Course, rests: list[_Label], laid: Sequence[Stretch], k: int, until: Instant) -> list[_Piece]:
    """Pieces under binding k up to an instant: its own from its base on, and before that those it was made from."""
    stretch = laid[k]
    if k == 0:
        return _counted(way, rests, stretch, k, stretch.since, until)
    if stretch.base == way.start:  # the whole wait is counted anew, by this binding's calendar
        marks = [one.since for one in laid[1 : k + 1]]
        pieces: list[_Piece] = []
        for number, (start, end) in enumerate(zip([way.start, *marks], [*marks, until], strict=True)):
            if number:
                pieces.append(_Piece("rebound", start, start, 0, "", number))
            pieces += _counted(way, rests, stretch, k, start, end)
        return pieces
    same_unit = stretch.binding.unit == laid[k - 1].binding.unit
    before = _pieces(way, rests, laid, k - 1, stretch.since) if same_unit else []
    step = stretch.head - sum(piece.amount for piece in before)
    mark = _Piece("rebound", stretch.since, stretch.since, step, "", k)
    return [*before, mark, *_counted(way, rests, stretch, k, stretch.since, until)]


def _counted(way: Course, rests: list[_Label], stretch: Stretch, k: int, start: Instant, end: Instant) -> list[_Piece]:
    if stretch.binding.unit == "bd":
        return list(_days(way, stretch, k, start, end))
    pieces = [
        _Piece(kind, max(a, start), min(b, end), 0, reason, k)
        for a, b, kind, reason in rests
        if max(a, start) < min(b, end)
    ]
    for since, until in clipped(way.active, start, end):
        cursor = since
        for opening, closing in ticks.spans(stretch.binding.calendar, since, until):
            if cursor < opening:
                pieces.append(_Piece("closed", cursor, opening, 0, "", k))
            pieces.append(_Piece("counted", opening, closing, closing - opening, "", k))
            cursor = closing
        if cursor < until:
            pieces.append(_Piece("closed", cursor, until, 0, "", k))
    return sorted(pieces, key=lambda piece: piece.start)


def _days(way: Course, stretch: Stretch, k: int, start: Instant, end: Instant) -> Iterator[_Piece]:
    """Working dates whose closing lies in ``(start, end]``, after the date of the base."""
    calendar = stretch.binding.calendar
    first = max(local_ordinal(calendar.tz, stretch.base) + 1, local_ordinal(calendar.tz, start))
    for ordinal in range(first, local_ordinal(calendar.tz, end) + 1):
        spans = spans_on(calendar, ordinal)
        if not spans or not start < spans[-1][1] <= end:
            continue
        counts = bool(intersection(spans, way.onward))
        kind: Kind = "counted" if counts else "paused"
        yield _Piece(kind, spans[0][0], spans[-1][1], int(counts), "", k)


def _rests(history: History, way: Course) -> list[_Label]:
    """Times in which the clock rests, disjoint and in order, each with its kind and reason; the earlier one names."""
    stated: list[_Label] = [
        (to_instant(pause.since), to_instant(pause.until) if pause.until else FOREVER, "paused", pause.reason)
        for pause in history.pauses
    ]
    if history.reopen != "count_all":
        stated += [(to_instant(a), to_instant(b), "resolved", "") for a, b in history.resolved]
    labelled: list[_Label] = []
    cursor = way.start
    for since, until, kind, reason in sorted(stated):
        start, end = max(since, cursor), min(until, way.end)
        if start < end:
            labelled.append((start, end, kind, reason))
            cursor = end
    return labelled
