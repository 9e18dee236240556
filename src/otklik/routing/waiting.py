"""Tickets that want somebody: those without a decision, and those whose decision may be otherwise by now."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from otklik import clock
from otklik.routing.gather import TAKES
from otklik.routing.models import Decision, Page
from otklik.tickets.models import Ticket, TicketQuerySet

BATCH = 200
MISSED = timedelta(minutes=1)  # a prompt had its time
NOBODY, PROPOSED = timedelta(seconds=50), timedelta(minutes=5)  # how often each is looked at again


def looking() -> TicketQuerySet:
    """Tickets of active teams that nobody is on."""
    everything: TicketQuerySet = TicketQuerySet(Ticket)
    return everything.filter(status__in=TAKES, assignee=None, team__is_active=True)


def due() -> list[UUID]:
    """Tickets to decide about now, the longest waiting first.

    Everything that makes somebody available (a shift begins, somebody returns, switches back or gets unloaded) is met
    within a minute, because whoever found nobody is looked at every minute.
    """
    now = clock.now()
    standing = Decision.objects.filter(ticket=OuterRef("pk"), state__in=Decision.STANDING)
    called = Page.objects.filter(ticket=OuterRef("pk"))
    undecided = looking().filter(~Exists(standing), updated_at__lte=now - MISSED)
    missed = undecided.filter(~Q(team__mode="pull") | (Q(priority="P1") & ~Exists(called)))
    found = list(missed.order_by("updated_at").values_list("pk", flat=True)[:BATCH])
    old = Decision.objects.filter(
        Q(state=Decision.State.UNAVAILABLE, checked_at__lte=now - NOBODY)
        | Q(state=Decision.State.PROPOSED, checked_at__lte=now - PROPOSED)
    )
    found += old.order_by("checked_at").values_list("ticket_id", flat=True)[:BATCH]
    return list(dict.fromkeys(found))
