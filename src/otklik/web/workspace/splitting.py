"""Splitting on the page of a ticket: first which messages and what becomes of them, then the act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from otklik.catalogue.models import Service
from otklik.journal.record import Recorded
from otklik.tickets import access, desk
from otklik.tickets.events import ReopenDone
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import Link, Ticket
from otklik.web.portal.reporting import as_uuid
from otklik.web.visit import actor, viewer
from otklik.web.workspace.acts import done, guarded

NEW_TOPIC = "new_topic"  # value of ?split= that takes the reopening back too
_LEVELS = frozenset({"1", "2", "3"})


@guarded("split")
def splitting(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Open a ticket out of the chosen messages; before it is confirmed it is shown what it becomes and who is told."""
    chosen = _chosen(request)
    made = desk.proposal(ticket, chosen, actor=actor(request))
    if request.POST.get("confirmed") != mark(made):
        from otklik.web.workspace import ticket as page

        return page.shown(request, ticket, typed=request.POST.dict(), dialog="split", split_as=made)
    version = request.POST.get("version", "")
    fresh = desk.split(
        ticket,
        chosen,
        subject=request.POST.get("subject", ""),
        type=kind if (kind := request.POST.get("type", "")) in Ticket.TYPES else "",
        service=_service(request),
        impact=_level(request, "impact"),
        urgency=_level(request, "urgency"),
        new_topic=request.POST.get(NEW_TOPIC) == "1",
        expect=int(version) if version.isdigit() else None,
        key=request.POST.get("key", ""),
        actor=actor(request),
    )
    done(request, _("No. %(number)s was split off from No. %(source)s") % _numbers(fresh, ticket))
    return HttpResponseRedirect(reverse("workspace:ticket", args=[fresh.number]))


def mark(made: desk.Proposal) -> str:
    """What was confirmed: other messages are shown anew before they go."""
    return ",".join(str(one.pk) for one in made.messages)


def shown_with(
    request: HttpRequest, ticket: Ticket, told: Sequence[Recorded], links: Sequence[tuple[Link, Ticket | None]]
) -> dict[str, Any]:
    """What the page needs for its dialog: which messages are chosen, and which began other tickets before."""
    asked = request.GET.get("split", "")
    new_topic = asked == NEW_TOPIC or request.POST.get(NEW_TOPIC) == "1"
    chosen = [str(key) for key in _chosen(request)]
    if asked == NEW_TOPIC:
        last = next((one.fact for one in reversed(told) if isinstance(one.fact, ReopenDone)), None)
        chosen += [last.message] if last is not None and last.message else []
    any_split = any(link.kind == "split_from_back" for link, _end in links)
    off = access.split_off(viewer(request), ticket) if any_split else {}
    return {
        "split_chosen": chosen,
        "split_new_topic": new_topic,
        "split_off": {str(key): numbers for key, numbers in off.items()},
    }


def may_split(who: access.Viewer, ticket: Ticket) -> bool:
    """Whether the act stands on the page."""
    return ticket.status in LIVE | {"resolved"} and access.allowed(who, "split", ticket)


def _chosen(request: HttpRequest) -> list[UUID]:
    found = (as_uuid(text) for text in request.POST.getlist("messages"))
    return list(dict.fromkeys(key for key in found if key is not None))


def _service(request: HttpRequest) -> Service | None:
    key = request.POST.get("service", "")
    return Service.objects.filter(pk=int(key), is_active=True).first() if key.isdigit() else None


def _level(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value in _LEVELS else 0


def _numbers(fresh: Ticket, source: Ticket) -> dict[str, int]:
    return {"number": fresh.number, "source": source.number}
