"""Idempotency: a write asked for twice under one key happens once, and both get the same answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from otklik import clock
from otklik.journal.models import IdempotencyKey

KEPT = timedelta(hours=48)


class KeyReused(ValueError):
    """The key was used before for a different request."""


def first_answer(scope: str, key: str, request_digest: str = "") -> Any | None:
    """Claim a key inside the caller's transaction; None for the first caller, else the answer that was remembered.

    A second caller waits for the first one's transaction. Raises ``KeyReused`` where the same key came with a
    different request.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journal_idempotencykey (scope, key, request_digest, created_at) values (%s, %s, %s, %s)"
            " on conflict (scope, key) do nothing returning id",
            (scope[:80], key[:200], request_digest, clock.now()),
        )
        if cursor.fetchone():
            return None
    row = IdempotencyKey.objects.get(scope=scope[:80], key=key[:200])
    if row.request_digest and request_digest and row.request_digest != request_digest:
        raise KeyReused(key)
    return row.answer


def remember(scope: str, key: str, answer: Any) -> None:
    """Keep the answer of the write that claimed the key, in the same transaction."""
    IdempotencyKey.objects.filter(scope=scope[:80], key=key[:200]).update(answer=answer)


def sweep() -> int:
    """Forget keys older than 48 h; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
