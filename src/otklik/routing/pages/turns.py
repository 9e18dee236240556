"""«Взять следующую»: the one ticket that is next, with why; take it, or pass it over with a reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.people.doors import needs
from otklik.routing import pulling
from otklik.routing.pages.acts import viewer
from otklik.tickets import access
from otklik.tickets.refusal import Refused
from otklik.ui.sidebar import frame


@needs("tickets.work")
@require_http_methods(["GET", "POST"])
def turn(request: HttpRequest) -> HttpResponse:
    """The next ticket; POST takes it (``number``: only if it is still the one that was shown)."""
    if request.method == "POST":
        number = request.POST.get("number", "")
        try:
            taken = pulling.take_next(actor=request.actor, number=int(number) if number.isdigit() else None)  # type: ignore[attr-defined]  # set by the middleware
        except Refused:
            messages.error(request, _("Somebody else has taken it meanwhile; this one is next now"))
            return HttpResponseRedirect(reverse("routing:next"), status=303)
        if taken is not None:
            messages.success(request, _("No. %(number)s is yours") % {"number": taken.number})
            return HttpResponseRedirect(reverse("workspace:ticket", args=[taken.number]), status=303)
    waiting = pulling.queue(request.person)  # type: ignore[attr-defined]  # set by the middleware
    context = frame(request) | {"turn": waiting[0] if waiting else None, "more": len(waiting) - 1, "sections": []}
    return render(request, "routing/next.html", context, using="jinja2")


@needs("tickets.work")
@require_POST
def passed_over(request: HttpRequest, number: int) -> HttpResponse:
    """Pass this one over."""
    ticket = access.ticket_for(viewer(request), number)
    try:
        pulling.skip(ticket, reason=request.POST.get("reason", ""), actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    except Refused as refused:
        for text in refused.texts:
            messages.error(request, text)
    return HttpResponseRedirect(reverse("routing:next"), status=303)
