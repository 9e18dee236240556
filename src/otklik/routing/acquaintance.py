"""How much sooner tickets are over in the hands of somebody who knows the person, measured in a ServiceNow log.

A ticket counts as one of an acquaintance where whoever resolved it had resolved another of the same caller within the
thirty days before it came. Compared are logarithms of the time from opening to solution, inside cells of equal group,
priority, category and resolver, and whether the caller had anything solved lately at all (whose troubles come again may
have easier ones): a regression with the cells as fixed effects.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

LATELY = timedelta(days=30)


class Measure(NamedTuple):
    """Time for acquaintances as a share of that for others, with the ends of its 95 per cent interval."""

    share: float
    low: float
    high: float
    tickets: int


class _Solved(NamedTuple):
    at: datetime
    opened: datetime
    by: str
    caller: str
    kind: tuple[str, ...]  # group, priority, category


def read(log: Path) -> str:
    """The text of a log, compressed or not."""
    return (lzma.decompress(log.read_bytes()) if log.suffix == ".xz" else log.read_bytes()).decode()


def measure(log: Path) -> Measure:
    """The regression over all solved tickets of the log UCI 498."""
    cells: dict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
    by_both: dict[tuple[str, str], datetime] = {}
    by_caller: dict[str, datetime] = {}
    for one in sorted(_solved(log)):
        before, ever = by_both.get((one.by, one.caller)), by_caller.get(one.caller)
        knows, lately = (_within(moment, one.opened) for moment in (before, ever))
        cells[*one.kind, one.by, lately].append((math.log((one.at - one.opened).total_seconds()), knows))
        by_both[one.by, one.caller] = by_caller[one.caller] = one.at
    pairs = [pair for rows in cells.values() if len(rows) > 1 for pair in _centred(rows)]
    square = sum(x * x for _y, x in pairs)
    slope = sum(x * y for y, x in pairs) / square
    free = len(pairs) - sum(len(rows) > 1 for rows in cells.values()) - 1
    error = math.sqrt(sum((y - slope * x) ** 2 for y, x in pairs) / free / square)
    share, low, high = (math.exp(slope + factor * error) for factor in (0.0, -1.96, 1.96))
    return Measure(share, low, high, len(pairs))


def _within(before: datetime | None, opened: datetime) -> bool:
    return before is not None and before < opened and opened - before <= LATELY


def _centred(rows: list[tuple[float, int]]) -> Iterator[tuple[float, float]]:
    y_mean, x_mean = (sum(row[place] for row in rows) / len(rows) for place in (0, 1))
    for y, x in rows:
        yield y - y_mean, x - x_mean


def _solved(log: Path) -> Iterator[_Solved]:
    """The last row of every ticket that says when and by whom it was resolved."""
    rows = csv.reader(io.StringIO(read(log)))
    head = next(rows)
    names = ("number", "opened_at", "resolved_at", "resolved_by", "caller_id", "assignment_group", "priority")
    place = [head.index(name) for name in (*names, "category")]  # the first of two columns of this name
    last = {row[place[0]]: [row[number] for number in place[1:]] for row in rows}
    for opened, resolved, by, caller, *kind in last.values():
        if resolved != "?" and by != "?" and (at := _at(resolved)) > (came := _at(opened)):
            yield _Solved(at, came, by, caller, tuple(kind))


def _at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
