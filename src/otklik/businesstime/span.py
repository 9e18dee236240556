"""Half-open intervals of time ``[a, b)`` as pairs of whole microseconds since 1970, and the algebra of sets of them.

Integers keep every sum exact, so additivity holds to the microsecond and not only to the rounding of a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Instant: TypeAlias = int  # microseconds since 1970-01-01T00:00Z
Span: TypeAlias = tuple[Instant, Instant]

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
FOREVER = 1 << 62  # later than any instant a datetime can hold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def to_instant(moment: datetime) -> Instant:
    """Microseconds since 1970 of an aware datetime.

    Raises ValueError for a naive datetime: a wall time without a zone is not an instant.
    """
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs a zone, this has none: {moment.isoformat()}")
    return (moment - _EPOCH) // _TICK


def to_moment(instant: Instant) -> datetime:
    """Aware datetime in UTC; raises OverflowError outside the years 1–9999."""
    return _EPOCH + timedelta(microseconds=instant)


def to_ticks(seconds: float) -> int:
    """Microseconds of a number of seconds."""
    return seconds * SECOND if isinstance(seconds, int) else round(seconds * SECOND)


def to_seconds(ticks: int) -> int | float:
    """Seconds of a number of microseconds: an int where they are whole, else a float."""
    return ticks // SECOND if ticks % SECOND == 0 else ticks / SECOND


def union(*sets: Iterable[Span]) -> list[Span]:
    """Instants that lie in any of the sets, as sorted, disjoint, joined spans; empty and reversed spans vanish."""
    joined: list[Span] = []
    for start, end in sorted(span for spans in sets for span in spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def intersection(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Instants that lie in both sets; both must be sorted and disjoint, and so is the result."""
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            shared.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared


def difference(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Instants of the first set that the second does not hold; both sorted and disjoint, and so is the result."""
    rest: list[Span] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if right[k][0] > start:
                rest.append((start, right[k][0]))
            start = max(start, right[k][1])
            k += 1
        if start < end:
            rest.append((start, end))
    return rest


def clipped(spans: Iterable[Span], start: Instant, end: Instant) -> list[Span]:
    """The part of sorted spans inside ``[start, end)``."""
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start and max(a, start) < min(b, end)]


def length(spans: Iterable[Span]) -> int:
    """Total length λ in microseconds."""
    return sum(end - start for start, end in spans)
