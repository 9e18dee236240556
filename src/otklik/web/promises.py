"""What was promised on a ticket, as the pages show it; None where nothing is promised.

The one place where pages ask for promises. The names are those of ``sla.due``, so that its answers can be passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.tickets.models import Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of the promise line: ``kind`` as the macro names it, ``weight`` in minutes."""

    kind: str
    weight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One promise: ``metric`` 'first_response', 'next_response', 'periodic_update' or 'resolution'; how it stands in
    ``words``; ``kind`` is its face: calm, warn, crit, pause or met; ``kept_at`` when its clock stopped, if it did.
    """

    metric: str
    due_at: datetime | None
    kept_at: datetime | None = None
    words: str = ""
    kind: str = "calm"
    within: str = ""
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """All promises of one ticket."""

    lines: Sequence[Line]
    was_due: datetime | None = None  # the first time given for the solution, where it moved
    shifted: float = 0.0  # seconds by which it moved
    hours: str = ""  # when the service is supported, in words
    next_word: datetime | None = None
    rests: Sequence[Any] = field(default_factory=tuple)

    def of(self, metric: str) -> Line | None:
        """The promise of one kind."""
        return next((line for line in reversed(self.lines) if line.metric == metric), None)


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
