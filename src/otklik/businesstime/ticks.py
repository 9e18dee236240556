"""The arithmetic of open time on whole microseconds (domain §4.2); :mod:`arithmetic` speaks datetimes."""

from __future__ import annotations

from collections.abc import Iterator

from otklik.businesstime.span import DAY, Instant, Span
from otklik.businesstime.timetable import BLOCK, HORIZON, Timetable, Unreachable


def elapsed(calendar: Timetable, a: Instant, b: Instant) -> int:
    """Open time in ``[a, b)``; negative when reversed."""
    if b < a:
        return -elapsed(calendar, b, a)
    first, last = a // BLOCK, b // BLOCK
    head = calendar.block(first)
    if first == last:
        return head.until(b) - head.until(a)
    middle = sum(calendar.block(number).total for number in range(first + 1, last))
    return head.total - head.until(a) + middle + calendar.block(last).until(b)


def add(calendar: Timetable, a: Instant, amount: int, horizon: int = HORIZON) -> Instant:
    """``inf{ t ≥ a : elapsed(a, t) ≥ amount }``, or the mirror for a negative amount; raises Unreachable."""
    if amount == 0:
        return a
    return _ahead(calendar, a, amount, horizon, strictly=False) if amount > 0 else _back(calendar, a, -amount, horizon)


def last(calendar: Timetable, a: Instant, amount: int, horizon: int = HORIZON) -> Instant:
    """``sup{ t : elapsed(a, t) ≤ amount }``; raises Unreachable."""
    return _ahead(calendar, a, amount, horizon, strictly=True) if amount >= 0 else _back(calendar, a, -amount, horizon)


def limits(calendar: Timetable, a: Instant, amount: int) -> tuple[Instant, Instant] | None:
    """``(add, last)`` of a positive amount in one search; None where each must be asked for itself."""
    first = a // BLOCK
    due = calendar.block(first).until(a) + amount
    for number in range(first, (a + HORIZON) // BLOCK + 1):
        block = calendar.block(number)
        if due < block.total:
            found = block.reached(due), block.exceeded(due)
            return found if found[1] - a <= HORIZON else None
        if due == block.total:
            return None
        due -= block.total
    return None


def _ahead(calendar: Timetable, a: Instant, amount: int, horizon: int, *, strictly: bool) -> Instant:
    first = a // BLOCK
    due = calendar.block(first).until(a) + amount
    for number in range(first, (a + horizon) // BLOCK + 1):
        block = calendar.block(number)
        if due < block.total or (due == block.total and not strictly):
            instant = block.exceeded(due) if strictly else block.reached(due)
            if instant - a > horizon:
                break
            return instant
        due -= block.total
    raise Unreachable(f"not reached within {horizon // DAY} days")


def _back(calendar: Timetable, a: Instant, amount: int, horizon: int) -> Instant:
    first = a // BLOCK
    left = calendar.block(first).until(a) - amount
    for number in range(first, (a - horizon) // BLOCK - 1, -1):
        if left >= 0:
            instant = calendar.block(number).exceeded(left)
            if a - instant > horizon:
                break
            return instant
        left += calendar.block(number - 1).total
    raise Unreachable(f"not reached within {horizon // DAY} days")


def is_open(calendar: Timetable, t: Instant) -> bool:
    """Whether the instant belongs to the open set."""
    block = calendar.block(t // BLOCK)
    return block.until(t + 1) > block.until(t)


def spans(calendar: Timetable, a: Instant, b: Instant) -> Iterator[Span]:
    """Open spans inside ``[a, b)`` in order, joined across blocks."""
    held: Span | None = None
    for number in range(a // BLOCK, -(-b // BLOCK)):
        block = calendar.block(number)
        for start, end in zip(block.starts, block.ends, strict=True):
            if end <= a or start >= b:
                continue
            start, end = max(start, a), min(end, b)
            if held and held[1] == start:
                held = held[0], end
            else:
                if held:
                    yield held
                held = start, end
    if held:
        yield held


def next_close(calendar: Timetable, t: Instant) -> Instant:
    """First closing after t, from the next opening if t is closed; raises Unreachable."""
    opening = last(calendar, t, 0)
    for _, closing in spans(calendar, opening, opening + HORIZON + 1):
        if closing > opening + HORIZON:
            break
        return closing
    raise Unreachable(f"does not close within {HORIZON // DAY} days")


def prev_close(calendar: Timetable, t: Instant) -> Instant:
    """t itself when the moment before it is open, else the last closing before; raises Unreachable."""
    first = t // BLOCK
    for number in range(first, (t - HORIZON) // BLOCK - 1, -1):
        block = calendar.block(number)
        for start, end in zip(reversed(block.starts), reversed(block.ends), strict=True):
            if start < t:
                return min(end, t)
    raise Unreachable(f"no closing within {HORIZON // DAY} days before")
