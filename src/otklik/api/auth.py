"""Who calls: a client with a bearer token, or a person with the session of their browser. Never a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from otklik import settings
from otklik.journal.record import Actor
from otklik.people import standing
from otklik.people.access import as_actor, may
from otklik.people.clients import Client, as_client, recognise
from otklik.people.models import Person
from otklik.tickets.access import Viewer, client_viewer, viewer
from otklik.tickets.refusal import Forbidden

MAX_SECRET = 200  # characters; longer ones are not even digested


class NotSignedIn(Exception):
    """No token and no session, or a token that is unknown, over or revoked."""


class CrossSite(Exception):
    """A write with a session, but without the token that only our own pages know."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with the rights read for this call."""

    viewer: Viewer
    client: Client | None = None

    @property
    def person(self) -> Person:
        """The signed-in person, or the owner of the token."""
        assert self.viewer.person is not None
        return self.viewer.person

    @property
    def name(self) -> str:
        """'client:3' or 'person:5': for keys, limits and records."""
        return f"client:{self.client.token}" if self.client else f"person:{self.person.pk}"

    def needs(self, scope: str = "", act: str = "") -> None:
        """Raise ``Forbidden`` unless the token holds the scope and the person may do the act of ``people.access``."""
        if scope and self.client is not None and not self.client.holds(scope):
            raise Forbidden(scope)
        if act and not may(self.viewer.rights, act):
            raise Forbidden(act)

    def actor(self, *, voice: Person | None = None) -> Actor:
        """Who acts; a client may act in the name of ``voice`` (rights are checked when the command is given)."""
        if self.client is None:
            return as_actor(self.person)
        return as_client(self.client, on_behalf_of=voice)


class Asked(HttpRequest):
    """A request whose caller is known."""

    caller: Caller


def caller_of(request: HttpRequest) -> Caller:
    """Recognise the caller. A request that brings an Authorization header is judged by it alone.

    Raises ``NotSignedIn`` and ``CrossSite``.
    """
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        client = recognise(secret.strip()) if scheme.lower() == "bearer" and len(secret) <= MAX_SECRET else None
        if client is None:
            raise NotSignedIn
        return Caller(client_viewer(client), client)
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or not person.is_active:
        raise NotSignedIn
    if check_csrf(request) is not None:
        raise CrossSite
    who = viewer(person)
    if who.rights.staff and standing.desk().second_factor_for_staff and not request.session.get("second_factor"):
        raise NotSignedIn
    return Caller(who)


class Token(HttpBearer):
    """Declares the bearer token in the document; the caller was recognised before."""

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return getattr(request, "caller", None)


class Session(APIKeyCookie):
    """Declares the session of our own pages in the document."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return getattr(request, "caller", None)
