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
    person = int(actor.id) if actor.kind == "person" else None
    return unknown(names, where, person=person)


def unknown(names: Iterable[str], where: str, *, person: int | None) -> UnknownFields:
    """The same for a caller whose person is known; what cannot be printed (NUL, half a surrogate pair) is replaced."""
    shown = sorted({_printable(name)[:60] for name in names})[:MAX_NAMES]
    return UnknownFields(person=person, network=network.get(), names=shown, where=_printable(where)[:200])


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
