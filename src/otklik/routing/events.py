"""Facts of routing (domain.md §3, §6): all bookkeeping, so that nobody's page gets stale by them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class RoutingFact(Event):
    """Common part."""

    bumps_version = False


@dataclass(frozen=True, kw_only=True)
class AssignmentScored(RoutingFact):
    """The choice named somebody. ``inputs`` is the SHA-256 of the frozen inputs, which the decision keeps whole."""

    kind = "assignment.scored"
    decision: int
    mode: str
    team: int
    winner: int
    best: list[dict[str, Any]]  # the first three: id, score and the five components
    inputs: str
    weights_version: int
    step: str = ""
    below_level: bool = False


@dataclass(frozen=True, kw_only=True)
class AssignmentUnavailable(RoutingFact):
    """Nobody may get it: each member with the first condition that failed. ``lead`` is told once nothing helps."""

    kind = "assignment.unavailable"
    decision: int
    team: int
    refused: list[dict[str, Any]]
    inputs: str
    step: str = ""
    lead: bool = False


@dataclass(frozen=True, kw_only=True)
class AssignmentOverridden(RoutingFact):
    """Somebody else than proposed was put on it, with the reason where one was given."""

    kind = "assignment.overridden"
    decision: int
    proposed: int
    assignee: int
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentDeclined(RoutingFact):
    """The assignee gave it back within 30 minutes."""

    kind = "assignment.declined"
    person: int
    reason: str
    reason_code: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentSkipped(RoutingFact):
    """Somebody asked for the next one and passed this one over."""

    kind = "assignment.skipped"
    person: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignmentFlagged(RoutingFact):
    """It bounces: A→B→A, or three moves between teams. ``path`` is every team in order."""

    kind = "assignment.flagged"
    flag: str
    path: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AssignmentReturned(RoutingFact):
    """The customer wrote to somebody who is away: back to the queue; the deputy is told."""

    kind = "assignment.returned"
    person: int
    deputy: int | None = None
    until: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonPaged(RoutingFact):
    """Somebody is called outside working hours; ``step`` says as whom, ``order`` is the place in the ladder."""

    kind = "assignment.paged"
    person: int
    step: str
    order: int


@dataclass(frozen=True, kw_only=True)
class PageAcknowledged(RoutingFact):
    """Somebody answered the call."""

    kind = "assignment.page_acknowledged"
    person: int
    order: int


@dataclass(frozen=True, kw_only=True)
class HandOverProposed(RoutingFact):
    """The assignee is away: the ticket is proposed to the deputy."""

    kind = "assignment.hand_over_proposed"
    person: int
    deputy: int | None = None
    until: str = ""
