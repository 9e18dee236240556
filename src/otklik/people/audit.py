"""Writing the access log, and who is acting in the request at hand."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from django.db import transaction

from otklik import clock
from otklik.journal.record import SYSTEM, Actor, Recorded, Subject, record
from otklik.people.events import AccessFact, UnknownFields

MAX_NAMES = 20  # unknown fields named in one entry

acting: ContextVar[Actor] = ContextVar("acting", default=SYSTEM)  # set by the middleware for each request
network: ContextVar[str] = ContextVar("network", default="")


def note(fact: AccessFact, *, actor: Actor | None = None) -> Recorded:
    """Add a fact to today's access log, in a transaction of its own unless there is one."""
    with transaction.atomic():
        day = Subject(kind="access", id=clock.now().date().isoformat())
        return record(day, fact, actor=actor or acting.get())[0]


def strangers(names: Iterable[str], where: str) -> UnknownFields:
    """The fact that a form or a call carried fields it does not have (safety.md S-28)."""
    actor = acting.get()
    shown = [name[:60] for name in sorted(names)[:MAX_NAMES]]
    person = int(actor.id) if actor.kind == "person" else None
    return UnknownFields(person=person, network=network.get(), names=shown, where=where)
