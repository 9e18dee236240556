"""The whole history of a subject that has none yet: chained in memory, written with others at once (the side door)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from otklik.journal import bulk
from otklik.journal.models import Entry, Head
from otklik.journal.record import Actor, Event, Fresh, Recorded, Subject, chain, read


class Chronicle:
    """The facts of one new subject in their order.

    ``told`` reads like a timeline, except that entries have no number before ``write``; rooms that keep rows of their
    own read it, and may ``append`` what follows from it.
    """

    def __init__(self, subject: Subject, actor: Actor) -> None:
        self.subject, self.actor = subject, actor
        self.head = Head(kind=subject.kind, subject=subject.id)
        self.entries: list[Entry] = []
        self.told: list[Recorded] = []
        self._correlation = uuid.uuid4()

    def append(self, *facts: Event | Fresh, actor: Actor | None = None, at: datetime | None = None) -> None:
        """Add facts; effective times never fall."""
        fresh = [fact if isinstance(fact, Fresh) else Fresh(fact=fact) for fact in facts]
        entries = chain(self.head, self.subject, fresh, actor or self.actor, at, self._correlation)
        self.entries += entries
        self.told += [
            read(entry, one.fact, one.actor or actor or self.actor) for entry, one in zip(entries, fresh, strict=True)
        ]


def write(chronicles: Sequence[Chronicle]) -> None:
    """Write heads and entries of new subjects, in the caller's transaction; nobody reacts."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("chronicle.write() needs the transaction of its rows")
    bulk.insert([one.head for one in chronicles])
    bulk.insert([entry for one in chronicles for entry in one.entries])
