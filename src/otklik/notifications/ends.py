"""Merges and splits: whoever is on the other ticket may learn its number; whoever is not, does not."""

from __future__ import annotations

from typing import Any

from otklik.tickets import access
from otklik.tickets.events import SplitDone
from otklik.tickets.models import Ticket


def of_merge(ticket: Ticket) -> dict[str, Any] | None:
    """Facts for word of a ticket that was merged into another one; None where that was taken back meanwhile."""
    target = access.merged_into(ticket)
    if target is None:
        return None
    letter = "merged" if ticket.requester is None or _inside(ticket, target) else "merged_out"
    return {"other": target.number, "letter": letter}


def of_split(ticket: Ticket, split: SplitDone) -> dict[str, Any]:
    """Facts for word of a ticket that was split off; those whose words stood there otherwise do not learn where."""
    letter = "split" if _inside(ticket, Ticket.objects.get(pk=split.source)) else "split_apart"
    return {"former": split.source_number, "letter": letter}


def asks_in(split: SplitDone) -> set[int]:
    """Who asks in the ticket that was split off, and hears of it there."""
    found = Ticket.objects.filter(pk=split.ticket).values_list("requester", flat=True)
    return {person for person in found if person is not None}


def _inside(ticket: Ticket, other: Ticket) -> bool:
    return ticket.requester is not None and access.is_customer_side(ticket.requester, other)
