"""Secrets at rest: encrypted with a key that lies beside the data, not in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet
from django.conf import settings

from otklik.settings import kept_secret


@cache
def _master() -> bytes:
    return kept_secret(settings.HOME / "mail.key").encode()


@cache
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"fernet:" + _master()).digest()))


def seal(secret: str) -> str:
    """The secret, encrypted for a database column; empty stays empty."""
    return _fernet().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """The secret again; raises cryptography.fernet.InvalidToken if the key is another one."""
    return _fernet().decrypt(sealed.encode()).decode() if sealed else ""


def mark(text: str) -> str:
    """A short HMAC by which this instance recognises its own mail when it comes back."""
    return hmac.new(b"mark:" + _master(), text.encode(), hashlib.sha256).hexdigest()[:32]


def is_marked(text: str, value: str) -> bool:
    """True if ``value`` is this instance's mark for the text."""
    return hmac.compare_digest(mark(text), value.strip())
