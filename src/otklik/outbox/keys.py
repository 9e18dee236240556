"""The versions of the key that signs reply addresses and Message-IDs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from django.db import connection, transaction

from otklik import clock, database
from otklik.outbox.addressing import Keys
from otklik.outbox.models import SigningKey
from otklik.outbox.vault import seal, unseal

VALID_AFTER_RETIREMENT = timedelta(days=2 * 366)  # domain.md §10.3: old versions stay valid for two years
_FIRST_KEY_LOCK = 0x6B657973


def signing_keys() -> Keys:
    """The keys that verify today, the newest of which signs; the first is made when it is first needed."""
    oldest = clock.now() - VALID_AFTER_RETIREMENT
    stamp = database.rows(_STAMP, (oldest,))[0][0]
    return _alive(stamp) if stamp else _keys([_first()])


_STAMP = """
select coalesce(string_agg(concat_ws(':', id, xmin, ctid), ' ' order by id), '') from outbox_signingkey
 where retired_at is null or retired_at > %s"""


@lru_cache(maxsize=8)
def _alive(stamp: str) -> Keys:
    """The keys of which the stamp speaks, read once."""
    return _keys(SigningKey.objects.filter(pk__in=[int(one.partition(":")[0]) for one in stamp.split()]))


def _keys(rows: Iterable[SigningKey]) -> Keys:
    secrets_of = {row.pk: bytes.fromhex(unseal(row.secret)) for row in rows}
    return Keys(current=max(secrets_of), secrets=secrets_of)


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
