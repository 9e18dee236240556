"""Who is looking: the signed-in person of a request, their rights, their name in commands."""

from __future__ import annotations

from django.http import HttpRequest

from otklik.journal.record import Actor
from otklik.people.models import Person
from otklik.tickets import access


def person(request: HttpRequest) -> Person:
    """The signed-in person; pages that are not public have one."""
    found: Person | None = request.person  # type: ignore[attr-defined]  # set by people.middleware.Visit
    if found is None:
        raise PermissionError("a page for signed-in people was asked for without one")
    return found


def viewer(request: HttpRequest) -> access.Viewer:
    """The person of this request and what they may see, as the middleware read it."""
    return access.Viewer(person(request), request.rights)  # type: ignore[attr-defined]  # set by people.middleware.Visit


def actor(request: HttpRequest) -> Actor:
    """The signed-in person as the actor of a command."""
    found: Actor = request.actor  # type: ignore[attr-defined]  # set by people.middleware.Visit
    return found
