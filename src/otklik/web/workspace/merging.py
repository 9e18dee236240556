"""Merging on the page of a ticket: first who and what it is, then the act; and its undo."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from otklik import clock
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.web.visit import actor, viewer
from otklik.web.workspace import search
from otklik.web.workspace.acts import done, guarded


@guarded("merge")
def merging(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Let this ticket go up in another one; before it is confirmed the other one is shown."""
    if not access.allowed(viewer(request), "merge", ticket):
        raise Forbidden("merge")
    other = _other(request)
    if request.POST.get("confirmed") != str(other.number):
        from otklik.web.workspace import ticket as page

        return page.shown(request, ticket, typed=request.POST.dict(), dialog="merge", merge_with=other)
    expect = int(version) if (version := request.POST.get("version", "")).isdigit() else None
    desk.merge(ticket, other, requester=request.POST.get("requester", ""), expect=expect, actor=actor(request))
    undo = reverse("workspace:merging_undone", args=[ticket.number])
    done(request, _("No. %(number)s was merged into this ticket") % {"number": ticket.number}, undo)
    return HttpResponseRedirect(reverse("workspace:ticket", args=[other.number]))


@guarded()
def merging_undone(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Both stand by themselves again."""
    desk.unmerge(ticket, actor=actor(request))
    done(request, _("The merge is taken back"))
    return HttpResponseRedirect(reverse("workspace:ticket", args=[ticket.number]))


def _other(request: HttpRequest) -> Ticket:
    number = search.number_in(request.POST.get("other", ""))
    try:
        return access.ticket_for(viewer(request), number or 0, at_least=access.INTERNAL)
    except Http404 as missing:
        raise Refused(Missing("unknown_link")) from missing


def may_unmerge(who: access.Viewer, ticket: Ticket) -> bool:
    """Whether the undo stands on the page."""
    since = ticket.cancelled_at
    recent = since is not None and clock.now() - since <= desk.UNMERGE_WITHIN
    return ticket.cancel_reason == "merged" and recent and access.allowed(who, "merge", ticket)
