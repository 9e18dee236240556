"""The demo's own pages: who to look as, how far the telling has got. Nothing here answers outside of the demo."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from otklik.ops.demo import telling
from otklik.ops.demo.material import Look, looks
from otklik.people import signin
from otklik.people.doors import own_path, public
from otklik.people.models import Person

Page = Callable[..., HttpResponse]
START = {"admin": "/settings", "service_manager": "/queue"}  # others begin at the start page
MANY = 6  # shown large; the others below them


def only_in_demo(page: Page) -> Page:
    """To everybody else there is no such page."""

    @wraps(page)
    def opened(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return page(request, *args, **keywords)

    return opened


@public
@only_in_demo
@require_http_methods(["GET", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """«Кем посмотреть?»: a person in one click, without a password; only into the demo's own data."""
    going = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST":
        return _enter(request, request.POST.get("as", ""), going)
    here = {person.email: person for person in Person.objects.filter(email__in=[one.address for one in looks()])}
    cards = [{"look": look, "person": here.get(look.address), "line": line_of(look.what)} for look in looks()]
    context = {"cards": cards, "next": going, "progress": telling.progress(), "told_at": telling.told_at()}
    return render(request, "ops/demo_who.html", context, using="jinja2")


@public
@only_in_demo
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the telling has got, for the page that waits for it; when it is over, the page is loaded anew."""
    now = telling.progress()
    response = render(request, "ops/_demo_progress.html", {"progress": now}, using="jinja2")
    if now.over:
        response["HX-Refresh"] = "true"
    return response


def _enter(request: HttpRequest, what: str, going: str) -> HttpResponse:
    chosen = next((one for one in looks() if one.what == what), None)
    person = _person(chosen)
    if person is None:
        raise Http404
    signin.enter(request, person, how="demo")
    return HttpResponseRedirect(own_path(going) if going else START.get(what, "/"), status=303)


def _person(look: Look | None) -> Person | None:
    if look is None or not telling.is_here():
        return None
    return Person.objects.filter(email=look.address, is_active=True).first()


def line_of(what: str) -> str:
    """What one sees as this person."""
    return {
        "nurse": _("Nurse. Reports a problem"),
        "agent": _("Agent. Works on the tickets"),
        "lead": _("Leads the first line"),
        "service_manager": _("Service manager. Sets promises and services"),
        "admin": _("Administrator. People, mail, settings"),
        "english": "Coordinator, sees the English version",
        "org_manager": _("Head nurse. Sees the requests of her departments"),
        "dispatcher": _("Dispatcher. Routes tickets to teams"),
        "auditor": _("Auditor. Reads, changes nothing"),
    }[what]
