"""What was promised on a ticket, for letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from otklik import clock
from otklik.journal.questions import Question
from otklik.sla import beforehand
from otklik.sla.models import Promise
from otklik.tickets.models import Ticket

_PROMISE = Question(lambda ticket: Promise.objects.filter(pk=ticket))


@dataclass(frozen=True, slots=True)
class Promised:
    """Until when we reply and until when we solve, where that is promised and still open."""

    reply: datetime | None = None
    solution: datetime | None = None


def opening(ticket: Ticket) -> datetime | None:
    """When we open, for a ticket that waits for it; None where we are there."""
    return beforehand.opening_for(ticket, clock.now())


def of(ticket: Ticket) -> Promised:
    """The promises of a ticket now; nothing where no agreement fits or a clock rests."""
    row = _PROMISE.first(ticket.pk)
    if row is None:
        return Promised()
    return Promised(None if row.first_met_at else row.first_due_at, row.solution_due_at)
