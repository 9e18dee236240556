"""Clients of the API: what a token may be used for, how one is recognised and read back from an actor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q, QuerySet

from otklik import clock
from otklik.journal.record import Actor
from otklik.people import limits, secondfactor, standing
from otklik.people.access import rights_of
from otklik.people.models import ApiToken, Person

USED_EVERY = timedelta(minutes=1)  # how often the time of last use is written


@dataclass(frozen=True, slots=True)
class Client:
    """A program that acts with a token: never beyond its scopes, its owner's rights and its organisation."""

    token: int
    owner: Person
    scopes: frozenset[str]
    organisation: int | None = None

    def holds(self, scope: str) -> bool:
        """True where the token was issued for this."""
        return scope in self.scopes

    def reaches(self, organisation: int | None) -> bool:
        """True where records of this organisation lie within the token's limit."""
        return self.organisation is None or organisation == self.organisation


def recognise(secret: str) -> Client | None:
    """The client that holds this secret, while the token is alive and its owner active; None otherwise."""
    row = _alive().filter(digest=limits.digest(secret)).first()
    if row is None:
        return None
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return _client(row)


def client_of(actor: Actor) -> Client | None:
    """The client behind an actor, read anew: None once the token is revoked, over, or its owner inactive."""
    if actor.kind != "client":
        return None
    row = _alive().filter(pk=int(actor.id)).first()
    return None if row is None else _client(row)


def as_client(client: Client, *, on_behalf_of: Person | None = None) -> Actor:
    """The client as the actor of a command, in the name of somebody where it speaks for them."""
    voice = f"person:{on_behalf_of.pk}" if on_behalf_of else ""
    return Actor(kind="client", id=str(client.token), on_behalf_of=voice, who=on_behalf_of)


def _alive() -> QuerySet[ApiToken]:
    """Neither revoked nor over, its owner active, and not older than the owner's second factor (safety.md S-27)."""
    proven = Q(owner__second_factor=None) | Q(owner__second_factor__created_at__lte=F("created_at"))
    alive = ApiToken.objects.filter(proven, revoked_at=None, expires_at__gt=clock.now(), owner__is_active=True)
    return alive.select_related("owner")


def _client(row: ApiToken) -> Client | None:
    """None where the desk demands a second factor of staff and the owner has none: a token is no way around it."""
    if standing.desk().second_factor_for_staff and not secondfactor.on(row.owner) and rights_of(row.owner).staff:
        return None
    return Client(row.pk, row.owner, frozenset(row.scopes), row.organisation_id)
