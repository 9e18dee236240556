<<<<<<< HEAD
"""The keys that sign reply addresses and Message-IDs: versions stored encrypted, the newest signs, two years verify."""

from __future__ import annotations

import base64
import secrets
import time
from datetime import timedelta

from django.db import connection, transaction
=======
"""The versions of the key that signs reply addresses and Message-IDs."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
>>>>>>> main

from otklik import clock
from otklik.outbox.addressing import Keys
from otklik.outbox.models import SigningKey
from otklik.outbox.vault import seal, unseal

<<<<<<< HEAD
VALID = timedelta(days=731)  # how long a retired version goes on verifying (domain.md §10.3)
KEPT = 60.0  # seconds for which one process trusts what it read
_read: tuple[float, str, Keys] | None = None  # (monotonic, database, keys)


def current() -> Keys:
    """The keys in force; the first one is made at the first call.

    Raises cryptography.fernet.InvalidToken where the master secret beside the data is another one than before.
    """
    global _read
    database = str(connection.settings_dict["NAME"])
    if _read is None or time.monotonic() - _read[0] > KEPT or _read[1] != database:
        _read = (time.monotonic(), database, _load())
    return _read[2]


def forget() -> None:
    """Read the keys anew at the next call (after a rotation, and between tests)."""
    global _read
    _read = None


@transaction.atomic
def rotate() -> Keys:
    """Add a version that signs from now on; earlier ones verify for two years more."""
    _alone()
    SigningKey.objects.filter(retired_at=None).update(retired_at=clock.now())
    _make()
    forget()
    return current()


def _load() -> Keys:
    rows = _rows()
    if not rows:
        with transaction.atomic():
            _alone()
            rows = _rows() or [_make()]
    opened = {row.pk: base64.b64decode(unseal(row.secret)) for row in rows}
    return Keys(current=rows[-1].pk, secrets=opened)


def _rows() -> list[SigningKey]:
    """Valid versions, the one that signs last."""
    rows = SigningKey.objects.order_by("pk")
    return [row for row in rows if row.retired_at is None or row.retired_at > clock.now() - VALID]


def _make() -> SigningKey:
    return SigningKey.objects.create(secret=seal(base64.b64encode(secrets.token_bytes(32)).decode()))


def _alone() -> None:
    """Two processes that start together make one key."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('outbox.signing_key', 0))")
=======
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
>>>>>>> main
