"""Who is looking: the signed-in person of a request with the rights read once for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from otklik.journal.record import Actor
from otklik.people.access import as_actor
from otklik.people.models import Person
from otklik.tickets import access

SIGN_IN = "/sign-in"
View = Callable[..., HttpResponse]


def viewer(request: HttpRequest) -> access.Viewer:
    """The person of this request and what they may see; read from the database once a request."""
    known = getattr(request, "ticket_viewer", None)
    if known is None:
        known = access.viewer(person(request))
        request.ticket_viewer = known  # type: ignore[attr-defined]  # our own slot on the request
    return known


def person(request: HttpRequest) -> Person:
    """The signed-in person; only behind ``signed_in``."""
    if not isinstance(request.user, Person):
        raise PermissionError("a page for signed-in people was asked for without one")
    return request.user


def actor(request: HttpRequest) -> Actor:
    """The signed-in person as the actor of a command."""
    return as_actor(person(request))


def signed_in(view: View) -> View:
    """Let only signed-in people pass; others are sent to the sign-in page and come back here afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = SIGN_IN
            return response
        target = request.get_full_path() if request.method == "GET" else "/"
        return HttpResponseRedirect(f"{SIGN_IN}?{urlencode({'next': target})}")

    return guarded
