"""Dead letters: what was given up, who is told, and how a person gives one a new life."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from otklik.jobs import statements as sql

log = logging.getLogger("otklik.jobs")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that used up its attempts."""

    id: int
    task: str
    key: str | None
    args: dict[str, Any]
    error: str


on_dead: list[
    Callable[[DeadLetter], None]
] = []  # called in the transaction of the burial; the top room raises the alert


def dead_letters(limit: int = 200) -> list[DeadLetter]:
    """The newest dead letters first."""
    with connection.cursor() as cursor:
        cursor.execute(sql.LETTERS, (limit,))
        return [letter(row) for row in cursor.fetchall()]


def revive(dead_id: int) -> bool:
    """Give a dead letter a new life, with a new place in its key; False if it is no longer there."""
    with connection.cursor() as cursor:
        cursor.execute(sql.REVIVE, (dead_id,))
        return bool(cursor.rowcount == 1)


def letter(row: tuple[Any, ...]) -> DeadLetter:
    """A dead letter from the columns that DEAD, BURY and LETTERS return."""
    return DeadLetter(row[0], row[1], row[2], json.loads(row[3]), row[4] or "")


def announce(dead: DeadLetter) -> None:
    """Tell everybody who asked; a listener that fails must not keep the letter alive."""
    log.error("dead letter %s %s key=%s: %s", dead.id, dead.task, dead.key, dead.error.strip().splitlines()[-1:])
    for listener in on_dead:
        try:
            with transaction.atomic():
                listener(dead)
        except Exception:
            log.exception("a listener failed on dead letter %s", dead.id)
