"""What was promised on a ticket, as the pages show it; None where nothing is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.tickets.models import Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One promise: ``metric`` 'first_response' or 'resolution', its clock time, and when it was kept, if it was."""

    metric: str
    due: datetime
    kept_at: datetime | None = None
    paused: bool = False
    target: float | None = None  # seconds of working time

    def is_broken(self, now: datetime) -> bool:
        """Kept too late, or not yet and the time has passed."""
        return not self.paused and (self.kept_at or now) > self.due


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """All promises of one ticket, the earliest first."""

    lines: Sequence[Line]
    was_due: datetime | None = None  # the first time given for the solution, where it moved
    shifted: float = 0.0  # seconds by which it moved
    track: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    hours: str = ""  # when the service is supported, in words

    def of(self, metric: str) -> Line | None:
        """The promise of one kind."""
        return next((line for line in self.lines if line.metric == metric), None)


def of(ticket: Ticket) -> Promises | None:
    """What was promised on this ticket."""
    return None


def nearest(tickets: Iterable[Ticket]) -> dict[Any, datetime]:
    """The nearest promise still running for each ticket that has one, in one question."""
    return {}


def beforehand(**what: Any) -> Promises | None:
    """What would be promised if the ticket were opened now."""
    return None


def next_word(ticket: Ticket, running: datetime | None) -> datetime | None:
    """When the requester hears from us next: the explicit promise, else the nearest running one (domain.md §2.1)."""
    if ticket.status not in {"new", "open", "pending"}:
        return None
    return ticket.promised_until or running
