"""What was promised on a ticket, for letters: a hook that the room of promises fills; without it, nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from otklik.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Promised:
    """Until when we reply and until when we solve, where that is promised and still to come."""

    reply: datetime | None = None
    solution: datetime | None = None


Source = Callable[[Ticket], Promised]
_source: list[Source] = []


def offer(source: Source) -> Source:
    """Register the room that knows the promises of a ticket."""
    _source[:] = [source]
    return source


def of(ticket: Ticket) -> Promised:
    """The promises of a ticket now."""
    return _source[0](ticket) if _source else Promised()
