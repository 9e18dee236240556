"""What was promised on a ticket, as the pages ask it of ``sla``; None where no agreement fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from otklik.sla import due
from otklik.sla.due import Preview, Promises
from otklik.sla.models import Promise
from otklik.tickets.models import Ticket

ORDER_COLUMNS = ("promise__standing", "promise__due_at", "promise__breach_at", "promise__metric")
__all__ = ["Preview", "Promises", "at_risk", "beforehand", "by_nearest", "nearest", "next_word", "of", "of_row"]
_RUNNING, _PAUSED = Promise.Standing.RUNNING, Promise.Standing.PAUSED


def of(ticket: Ticket) -> Promises | None:
    """What was promised on this ticket."""
    return due.for_ticket(ticket)


def nearest(tickets: Iterable[Ticket]) -> dict[Any, datetime]:
    """The nearest promise still running for each ticket that has one, in one question."""
    return {pk: one.due_at for pk, one in due.with_clocks(tickets).items() if one.due_at is not None}


def beforehand(**what: Any) -> Preview | None:
    """What would be promised if the ticket were opened now; takes what ``sla.due.preview`` takes."""
    return due.preview(**what)


def next_word(ticket: Ticket, running: datetime | None) -> datetime | None:
    """When the requester hears from us next: the explicit promise, else the nearest running one (domain.md §2.1)."""
    if ticket.status not in {"new", "open", "pending"}:
        return None
    return ticket.promised_until or running


# -- lists -----------------------------------------------------------------------------------------------------------
def at_risk(now: datetime) -> Q:
    """Tickets whose nearest running promise has passed or passes within the hour."""
    return Q(promise__standing=_RUNNING, promise__due_at__lt=now + timedelta(hours=1))


def by_nearest(rows: QuerySet[Ticket], after: str) -> QuerySet[Ticket]:
    """Rows by their nearest promise, then the paused, then those without; ``after`` is the ticket before the page."""
    rows = rows.order_by("promise__standing", F("promise__due_at").asc(nulls_last=True), "pk")
    try:
        last = Promise.objects.filter(ticket=UUID(after)).first() if after else None
    except ValueError:
        last = None
    return due.following(rows, last) if last is not None else rows


def of_row(columns: Sequence[Any], status: str, reason: str) -> tuple[datetime | None, str, str, bool]:
    """Due, metric, pause and lateness of a row with ``ORDER_COLUMNS``; lateness is asked by the caller's ``now``."""
    standing, due_at, _breach_at, metric = columns
    if standing == _PAUSED or (status == "pending" and standing != _RUNNING):
        return None, "", reason or "paused", False
    return (due_at if standing == _RUNNING else None), metric or "", "", standing == _RUNNING
