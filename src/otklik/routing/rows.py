"""PURE: facts about people as they were read, put together into candidates; the simulated year feeds the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from otklik.businesstime import Timetable, local_date, open_on
from otklik.routing.choice import Candidate, Wanted

FAIR_DAYS = 5  # business days of the fairness figure


@dataclass(frozen=True, slots=True)
class Points:
    """Weights of tickets in points of capacity, by priority (domain.md §6.1)."""

    by_priority: Mapping[str, int]

    def of(self, priority: str, *, pending: bool = False) -> int:
        """Points of one ticket; a pending one weighs a quarter, rounded up, each by itself."""
        whole = self.by_priority[priority]
        return -(-whole // 4) if pending else whole

    def load(self, tickets: Iterable[tuple[str, bool, int]]) -> int:
        """Sum over (priority, pending, how many)."""
        return sum(self.of(priority, pending=pending) * count for priority, pending, count in tickets)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team, or of its partner."""

    id: int
    capacity: int = 40
    accepts: bool = True
    partner: bool = False
    sees: bool = True


@dataclass(frozen=True, slots=True)
class Presence:
    """When somebody is there: from ``people.duty``, without the reason of an absence."""

    on_shift: bool
    ends_at: datetime | None = None
    next_at: datetime | None = None
    absent: bool = False
    absent_until: datetime | None = None
    away: bool = False


@dataclass(slots=True)
class Rows:
    """Everything the choice may know of these people at one moment, by id; what is missing counts as nothing."""

    members: Sequence[Member]
    presence: Mapping[int, Presence] = field(default_factory=dict)
    on_call: Mapping[int, datetime] = field(default_factory=dict)  # until when
    levels: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    loads: Mapping[int, int] = field(default_factory=dict)  # points of live tickets
    points: Mapping[int, int] = field(default_factory=dict)  # auto-assigned in the last five business days
    minutes: Mapping[int, int] = field(default_factory=dict)  # on shift in them
    last_at: Mapping[int, datetime] = field(default_factory=dict)
    continuity: Mapping[int, str] = field(default_factory=dict)
    declined: frozenset[int] = frozenset()


NOWHERE = Presence(on_shift=False)


def candidates(rows: Rows, skills: Sequence[Wanted]) -> list[Candidate]:
    """One candidate per member; of skills only those that were asked are taken along, so that no more is frozen."""
    asked = {wanted.skill for wanted in skills}
    found = []
    for one in rows.members:
        there = rows.presence.get(one.id, NOWHERE)
        levels = rows.levels.get(one.id, {})
        called = rows.on_call.get(one.id)
        found.append(
            Candidate(
                id=one.id,
                accepts=one.accepts,
                on_shift=there.on_shift,
                on_call=called is not None,
                absent=there.absent,
                away=there.away,
                sees=one.sees,
                declined=one.id in rows.declined,
                levels={skill: level for skill, level in levels.items() if skill in asked},
                load=rows.loads.get(one.id, 0),
                capacity=one.capacity,
                continuity=rows.continuity.get(one.id, ""),
                points=rows.points.get(one.id, 0),
                minutes=rows.minutes.get(one.id, 0),
                last_at=rows.last_at.get(one.id),
                ends_at=there.ends_at if there.on_shift else called,
                next_at=there.next_at,
                absent_until=there.absent_until,
                partner=one.partner,
            )
        )
    return found


def fair_since(calendar: Timetable, now: datetime) -> datetime:
    """Opening of the fifth working date before today's, by a calendar."""
    return _since(calendar, local_date(calendar, now))


@lru_cache(maxsize=256)
def _since(calendar: Timetable, today: date) -> datetime:
    left, day = FAIR_DAYS, today
    for _step in range(60):
        day -= timedelta(days=1)
        if spans := open_on(calendar, day):
            left -= 1
            if left == 0:
                return spans[0][0]
    return datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=7)
