"""Who looks at a ticket right now, and who writes: a heartbeat each 20 s, gone after 45 s (DESIGN.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from otklik import clock
from otklik.tickets import access
from otklik.web.models import Presence
from otklik.web.visit import person, viewer

GONE = timedelta(seconds=45)


@require_POST
def beat(request: HttpRequest, number: int) -> HttpResponse:
    """Say «I am here»; ``verb`` is looking or writing."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    verb = "writing" if request.POST.get("verb") == "writing" else "looking"
    Presence.objects.update_or_create(
        ticket=ticket, person=person(request), defaults={"verb": verb, "seen_at": clock.now()}
    )
    return HttpResponse(status=204)


def at(ticket: Any, *, except_for: int) -> list[dict[str, Any]]:
    """People at this ticket now, without the one who asks."""
    rows = Presence.objects.filter(ticket=ticket, seen_at__gt=clock.now() - GONE).exclude(person=except_for)
    return [_said(row) for row in rows.select_related("person").order_by("person__name")]


def in_queue(tickets: Iterable[Any], *, except_for: int) -> dict[Any, dict[str, Any]]:
    """Who is at each of these tickets, in one question; the one who writes goes first."""
    rows = Presence.objects.filter(ticket__in=list(tickets), seen_at__gt=clock.now() - GONE)
    rows = rows.exclude(person=except_for).select_related("person").order_by("-verb")
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.ticket_id, _said(row))
    return found


def _said(row: Presence) -> dict[str, Any]:
    verb = _("is writing") if row.verb == "writing" else _("is looking")
    return {"id": row.person_id, "name": row.person.name, "verb": verb}


def is_reading(person_id: int, ticket: Any) -> bool:
    """Whether somebody has the ticket open right now: such a person needs no mail about it for a minute."""
    return Presence.objects.filter(ticket=ticket, person=person_id, seen_at__gt=clock.now() - GONE).exists()


def has_seen(person_id: int, number: int, since: datetime) -> bool:
    """Whether somebody has had the ticket of this number open since then (asked by ``notifications``)."""
    return Presence.objects.filter(ticket__number=number, person=person_id, seen_at__gte=since).exists()
