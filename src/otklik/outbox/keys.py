"""The versions of the key that signs reply addresses and Message-IDs."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q

from otklik import clock
from otklik.outbox.addressing import Keys
from otklik.outbox.models import SigningKey
from otklik.outbox.vault import seal, unseal

VALID_AFTER_RETIREMENT = timedelta(days=2 * 366)  # domain.md §10.3: old versions stay valid for two years
_FIRST_KEY_LOCK = 0x6B657973


def signing_keys() -> Keys:
    """The keys that verify today, the newest of which signs; the first is made when it is first needed."""
    alive = Q(retired_at=None) | Q(retired_at__gt=clock.now() - VALID_AFTER_RETIREMENT)
    rows = list(SigningKey.objects.filter(alive).order_by("pk")) or [_first()]
    return Keys(current=rows[-1].pk, secrets={row.pk: bytes.fromhex(unseal(row.secret)) for row in rows})


def rotate() -> Keys:
    """Sign with a new key from now on."""
    with transaction.atomic():
        SigningKey.objects.filter(retired_at=None).update(retired_at=clock.now())
        _make()
        return signing_keys()


def _first() -> SigningKey:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_FIRST_KEY_LOCK,))
        return SigningKey.objects.order_by("-pk").first() or _make()


def _make() -> SigningKey:
    return SigningKey.objects.create(secret=seal(secrets.token_hex(32)))
