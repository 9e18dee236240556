"""Secrets that travel in letters: random, kept as digests only (safety.md A9, A10)."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 20  # 160 bits; 128 are demanded


def new_secret() -> str:
    """A secret fit for an address."""
    return secrets.token_urlsafe(BYTES)


def digest_of(secret: str) -> str:
    """What is kept of it: SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
