"""«Как считаем»: every clock of a ticket added up in words, and what people may settle about it (domain.md §4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from otklik.sla import explain, settling
from otklik.tickets import access
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.web.visit import actor, viewer
from otklik.web.workspace.acts import done, guarded, moment
from otklik.web.workspace.frame import for_workers, show

OFFERED = 10  # newest words of the requester that may hold the agreement


@require_GET
@for_workers
def clocks(request: HttpRequest, number: int) -> HttpResponse:
    """The explanation: the inside of the dialog for the script, a page of its own without one."""
    who = viewer(request)
    ticket = access.ticket_for(who, number, at_least=access.INTERNAL)
    explained, judges = explain.of(ticket), settling.may_waive(who.rights)
    context = {
        "ticket": ticket,
        "clocks": explained,
        "waivable": [one for one in explained if one.outcome == "breached"] if judges else [],
        "waived": [one for one in explained if one.outcome == "waived"] if judges else [],
        "words_of_requester": _agreements(ticket, explained) if access.allowed(who, "promise", ticket) else [],
    }
    if request.headers.get("HX-Request"):
        return render(request, "web/workspace/_clocks.html", context, using="jinja2")
    return show(request, "web/workspace/clocks.html", context, current="queue:")


def _agreements(ticket: Ticket, explained: Sequence[explain.Explained]) -> list[Message]:
    """Messages in which the requester may have agreed to a date; none where the solution's clock has ended or broke."""
    solution = next((one for one in reversed(explained) if one.metric == "resolution"), None)
    if solution is None or solution.outcome:
        return []
    rows = Message.objects.filter(pk__in=access.shown_in(ticket), audience="public", side="customer")
    return list(rows.order_by("-created_at")[:OFFERED])


@guarded()
def waiver(request: HttpRequest, ticket: Ticket) -> None:
    """The service manager waives a breach, with a reason; it stays on record and is counted apart."""
    metric, cycle, reason = _judgement(request, ticket)
    settling.waive(ticket, metric=metric, cycle=cycle, reason=reason, actor=actor(request))
    done(request, _("The breach is waived; it is listed apart in the report"))


@guarded()
def waiver_withdrawal(request: HttpRequest, ticket: Ticket) -> None:
    """The service manager takes a waiver back, with a reason: the breach counts again."""
    metric, cycle, reason = _judgement(request, ticket)
    settling.withdraw_waiver(ticket, metric=metric, cycle=cycle, reason=reason, actor=actor(request))
    done(request, _("The waiver is withdrawn; the breach counts again"))


def _judgement(request: HttpRequest, ticket: Ticket) -> tuple[str, int, str]:
    """Which clock is judged, by metric and cycle, and why."""
    if access.level(viewer(request), ticket) != access.INTERNAL:
        raise Forbidden("waive")
    metric, _dot, cycle = request.POST.get("clock", "").rpartition(".")
    if not (cycle.isascii() and cycle.isdigit() and len(cycle) < 5):
        raise Refused(Missing("state", ticket.status))
    return metric, int(cycle), request.POST.get("reason", "")[:1000]


@guarded()
def agreed_date(request: HttpRequest, ticket: Ticket) -> None:
    """The date of the solution to which the requester agreed in one of their messages."""
    until = moment(request.POST.get("until", ""))
    if until is None:
        raise Refused(Missing("until"))
    try:
        evidence = UUID(request.POST.get("evidence", ""))
    except ValueError as error:
        raise Refused(Missing("evidence")) from error
    settling.negotiate(ticket, until=until, evidence=evidence, actor=actor(request))
    done(request, _("The solution is now judged by the agreed date; the requester sees it"))
