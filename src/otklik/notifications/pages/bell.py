"""The bell: what happened that I should know, newest first, and its number beside the bell."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from otklik.notifications import bell
from otklik.people.models import Person


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The lines of the bell; a POST says that all of them were seen, a look alone does not."""
    person = _person(request)
    if request.method == "POST":
        bell.mark_seen(person)
        return HttpResponseRedirect("/me/bell", status=303)
    lines = bell.bell_for(person)
    context = {
        "lines": lines,
        "unseen": sum(not line.seen for line in lines),
        "me": _me(request),
        "events_url": "/events",
    }
    return render(request, "notifications/bell.html", context, using="jinja2")


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """The bell alone, for a page that stays open."""
    unseen = {"unseen": bell.unseen(_person(request))}
    return render(request, "notifications/_bell.html", unseen, using="jinja2")


def _me(request: HttpRequest) -> dict[str, Any]:
    me: dict[str, Any] = request.me  # type: ignore[attr-defined]  # set by the middleware
    return me


def _person(request: HttpRequest) -> Person:
    person = request.user
    assert isinstance(person, Person)
    return person
