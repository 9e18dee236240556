"""Facts about promises (domain.md §3): bound, bound anew, warned, breached, escalated, waived, negotiated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from otklik.journal.record import INTERNAL, PUBLIC, Event


@dataclass(frozen=True, kw_only=True)
class SlaFact(Event):
    """Common part: bookkeeping, so that nobody's page gets stale by it."""

    bumps_version = False


@dataclass(frozen=True, kw_only=True)
class SlaBound(SlaFact):
    """Targets that hold for the ticket from an instant on; ``since`` may lie before the entry (history).

    Each of ``bindings`` is ``{"metric", "target", "version", "value", "unit", "calendar", "mode", "why"}``: ids of the
    target, of the agreement's and of the calendar's version; a target of None means that none fits any more.
    """

    kind = "sla.bound"
    since: str
    bindings: list[dict[str, Any]]
    cause: str = "opened"


@dataclass(frozen=True, kw_only=True)
class SlaRebound(SlaBound):
    """Another target or calendar holds from now on; ``dues`` says for each metric what was due and what becomes due."""

    kind = "sla.rebound"
    dues: dict[str, list[str | None]] = field(default_factory=dict)

    def seen_by(self) -> str:
        """The requester sees moved dates of what was promised to them, and nothing else."""
        told = {"first_response", "resolution"} & self.dues.keys()
        return PUBLIC if any(self.dues[name][0] != self.dues[name][1] for name in told) else INTERNAL


@dataclass(frozen=True, kw_only=True)
class SlaMerged(SlaFact):
    """What a ticket that was merged into this one brings to its clocks (domain.md §4.8).

    ``rests`` are [reason, since, until]; ``said`` maps a message to [at, staff, human, gratitude].
    """

    kind = "sla.merged"
    source: str
    opened_at: str
    rests: list[list[Any]] = field(default_factory=list)
    said: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SlaWarned(SlaFact):
    """A threshold was reached; once per instance, threshold and binding."""

    kind = "sla.warned"
    metric: str
    cycle: int
    threshold: str
    binding: int
    at: str
    due: str | None = None
    elapsed: float = 0
    step: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SlaBreached(SlaWarned):
    """The limit is exceeded; ``at`` is the instant of the breach, however late somebody looked."""

    kind = "sla.breached"
    cause: str = "work"


@dataclass(frozen=True, kw_only=True)
class SlaEscalated(SlaWarned):
    """A step of the ladder past the breach."""

    kind = "sla.escalated"


@dataclass(frozen=True, kw_only=True)
class SlaWaived(SlaFact):
    """The service manager waives a breach, with a reason; the contract's outcome stays on record."""

    kind = "sla.waived"
    metric: str
    cycle: int
    reason: str
    approver: str


@dataclass(frozen=True, kw_only=True)
class SlaWaiverWithdrawn(SlaFact):
    """A waiver is taken back, with a reason; the breach counts again, and both stay on record."""

    kind = "sla.waiver_withdrawn"
    metric: str
    cycle: int
    reason: str
    approver: str


@dataclass(frozen=True, kw_only=True)
class SlaNegotiated(SlaFact):
    """A date that the requester agreed to in a public message; the clock is then judged by it."""

    kind = "sla.negotiated"
    audience = PUBLIC
    metric: str
    until: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class TicketsUnwatched(SlaFact):
    """Tickets of a team that nobody watches: the daily word to its lead; the subject is the team."""

    kind = "sla.unwatched"
    day: str
    count: int
    numbers: list[int]


@dataclass(frozen=True, kw_only=True)
class AgreementAccepted(Event):
    """The customer's side accepts a version; the subject is the agreement, ids as in their tables."""

    kind = "agreement.accepted"
    version: int
    number: int
    organisation: int
    person: int
