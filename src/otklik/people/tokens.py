"""Keys of API clients: named, scoped, with an owner and an end; the secret is shown once and only its digest kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import Actor
from otklik.people import keeping, limits
from otklik.people.models import ApiToken, Organisation, Person
from otklik.people.refusal import Refused
from otklik.people.scopes import SCOPES

LONGEST = timedelta(days=366)
PREFIX = "otk_"


@keeping.noted
def issue(
    *,
    name: str,
    owner: Person,
    scopes: Sequence[str],
    expires_at: datetime,
    actor: Actor,
    organisation: Organisation | None = None,
) -> tuple[ApiToken, str]:
    """Make a token; returns it with its secret, which nobody can read again. Raises `Refused`."""
    now = clock.now()
    if strangers := set(scopes) - set(SCOPES):
        raise Refused(_("There is no scope “%(name)s”") % {"name": sorted(strangers)[0]}, field="scopes")
    if not scopes:
        raise Refused(_("Choose at least one thing the client may do"), field="scopes")
    if not now < expires_at <= now + LONGEST:
        raise Refused(_("A token ends within a year"), field="expires_at")
    if not owner.is_active:
        raise Refused(_("%(name)s is not active") % {"name": owner.name}, field="owner")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name, digest=limits.digest(secret), owner=owner, scopes=sorted(scopes), organisation=organisation
    )
    token.created_at, token.expires_at = now, expires_at
    token.save()
    values = {"name": name, "owner": owner.pk, "scopes": sorted(scopes), "expires_at": expires_at.isoformat()}
    keeping.tell_added(token, values, actor=actor)
    return token, secret


@keeping.noted
def revoke(token: ApiToken, *, actor: Actor) -> None:
    """End a token at once."""
    now = clock.now()
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        keeping.tell(token, {"revoked_at": [None, now.isoformat()]}, actor=actor)
