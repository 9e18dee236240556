"""Who held the ticket for how long: sums for teams (OLA) and suppliers (UC), which explain a clock (domain §4.8)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from otklik.businesstime import Timetable, ticks
from otklik.businesstime.span import (
    FOREVER,
    SECOND,
    Span,
    clipped,
    difference,
    to_instant,
    to_moment,
    to_seconds,
    union,
)
from otklik.sla.history import Pause


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a team, or a supplier, had the ticket; half-open, ``until`` None while it lasts."""

    holder: Hashable
    since: datetime
    until: datetime | None
    calendar: Timetable


def held(spells: Iterable[Spell], pauses: Iterable[Pause], now: datetime) -> dict[Hashable, int | float]:
    """Seconds held per team over all its spells: ``Σ W_team(spell ∩ A)``, A without the pauses given."""
    rests = union(_span(pause.since, pause.until, now) for pause in pauses)
    sums: dict[Hashable, int] = {}
    for spell in spells:
        active = difference(union([_span(spell.since, spell.until, now)]), rests)
        open_time = sum(ticks.elapsed(spell.calendar, a, b) for a, b in active)
        sums[spell.holder] = sums.get(spell.holder, 0) + open_time
    return {holder: to_seconds(amount) for holder, amount in sums.items()}


def overdue(
    calendar: Timetable, pendings: Iterable[tuple[datetime, datetime | None]], target: int, now: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Parts of a supplier's pending times that lie after the supplier's own due of a target in seconds."""
    spans = union(_span(since, until, now) for since, until in pendings)
    left = target * SECOND
    for number, (start, end) in enumerate(spans):
        here = ticks.elapsed(calendar, start, end)
        if here > left:
            due = ticks.add(calendar, start, left, end - start) if left else start
            late: list[Span] = clipped(spans[number:], due, FOREVER)
            return tuple((to_moment(a), to_moment(b)) for a, b in late)
        left -= here
    return ()


def _span(since: datetime, until: datetime | None, now: datetime) -> Span:
    return to_instant(since), to_instant(until if until and until <= now else now)
