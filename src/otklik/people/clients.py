"""Clients of the API: what a token may be used for, how one is issued, recognised and read back from an actor."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from otklik import clock
from otklik.journal.events import RecordAdded
from otklik.journal.record import Actor, Subject, record
from otklik.people import secondfactor, standing
from otklik.people.access import rights_of
from otklik.people.models import ApiToken, Organisation, Person

PREFIX = "otk_"  # makes a leaked secret easy to find by a scanner
MAX_LIFE = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)  # how often the time of last use is written

SCOPES = {
    "tickets.read": _("Read tickets"),
    "tickets.internal": _("Read and write internal notes"),
    "tickets.create": _("Open tickets"),
    "tickets.reply": _("Write messages"),
    "tickets.confirm": _("Confirm, withdraw and reopen"),
    "tickets.work": _("Work on tickets: take, put on hold, solve, edit"),
    "tickets.assign": _("Assign tickets"),
    "people.read": _("Look people up"),
    "relay": _("Speak in the name of other people"),
}


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


@transaction.atomic
def issue(
    *,
    name: str,
    owner: Person,
    scopes: Iterable[str],
    expires_at: datetime,
    organisation: Organisation | None = None,
    actor: Actor,
) -> tuple[ApiToken, str]:
    """Make a token; returns the row and its secret, which is shown this once: only its SHA-256 is kept.

    Raises ``ValueError`` for unknown scopes and for a life that is over or longer than ``MAX_LIFE``.
    """
    wanted, now = sorted(set(scopes)), clock.now()
    if unknown := set(wanted) - SCOPES.keys():
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
    if not now < expires_at <= now + MAX_LIFE:
        raise ValueError("a token lives a year at most")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        name=name[:120],
        digest=digest_of(secret),
        owner=owner,
        scopes=wanted,
        organisation=organisation,
        created_at=now,
        expires_at=expires_at,
    )
    values = {"name": row.name, "owner": owner.pk, "scopes": wanted, "expires_at": expires_at.isoformat()}
    values |= {"organisation": organisation.pk if organisation else None}
    record(Subject(kind="api_token", id=str(row.pk)), RecordAdded(values=values), actor=actor)
    return row, secret


def digest_of(secret: str) -> str:
    """SHA-256 of a secret, hexadecimal; the secret has 256 bits of chance, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recognise(secret: str) -> Client | None:
    """The client that holds this secret, while the token is alive and its owner active; None otherwise."""
    row = _alive().filter(digest=digest_of(secret)).first()
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
