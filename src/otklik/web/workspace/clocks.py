"""«Как считаем»: every clock of a ticket added up in words, asked for by the dialog when it is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from otklik.sla import explain
from otklik.tickets import access
from otklik.web.visit import viewer
from otklik.web.workspace.frame import for_workers, show


@require_GET
@for_workers
def clocks(request: HttpRequest, number: int) -> HttpResponse:
    """The explanation: the inside of the dialog for the script, a page of its own without one."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    context = {"ticket": ticket, "clocks": explain.of(ticket)}
    if request.headers.get("HX-Request"):
        return render(request, "web/workspace/_clocks.html", context, using="jinja2")
    return show(request, "web/workspace/clocks.html", context, current="queue:")
