"""The side door for history: importers, the demo and the benchmark tell what already happened elsewhere.

Guards are off, but every unlawful step is marked ``irregular``; effective times come from the source; clocks are
computed once at the end; nobody reacts. One transaction per ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from otklik.journal import beats
from otklik.journal.record import Actor, Event, Fresh, record
from otklik.people.models import Person
from otklik.tickets import _gate, projection
from otklik.tickets.desk.content import Content, internal_fact, public_fact, store
from otklik.tickets.desk.opening import next_number
from otklik.tickets.events import SolutionRecorded, StateChanged, TicketCreated
from otklik.tickets.lifecycle import lawful_step
from otklik.tickets.models import Ticket
from otklik.tickets.projection import TicketState


@dataclass(frozen=True, kw_only=True)
class Past:
    """One thing that happened: a fact, or words (``content``) whose fact is made here.

    ``side`` and ``kind`` say what the words are: ``kind`` 'description', 'message', 'question', 'note' or 'solution'
    (a solution's ``code`` comes in ``fact``).
    """

    at: datetime
    actor: Actor
    fact: Event | None = None
    content: Content | None = None
    side: str = "customer"
    kind: str = "message"
    author: Person | None = None
    channel: str = "portal"


@transaction.atomic
def history(
    created: TicketCreated, past: Sequence[Past], *, at: datetime, actor: Actor, provenance: Mapping[str, Any]
) -> Ticket:
    """Write a ticket with its whole history and return it; ``created.number`` 0 takes the next number."""
    if not created.number:
        created = replace(created, number=next_number())
    row = Ticket()
    fresh = [Fresh(fact=created, at=at, actor=actor, provenance=provenance)]
    state = projection.apply(TicketState(), created, at, actor.voice)
    _gate.write_state(row, state, before=None, at=at)
    before, moment = state, at
    for one in past:
        moment = max(moment, one.at)
        for fact in _facts(row, one, moment):
            irregular = isinstance(fact, StateChanged) and not (
                fact.was == state.status and lawful_step(fact.was, fact.to)
            )
            state = projection.apply(state, fact, moment, one.actor.voice)
            fresh.append(Fresh(fact=fact, at=moment, actor=one.actor, irregular=irregular, provenance=provenance))
    row.version = sum(one.fact.bumps_version for one in fresh)
    _gate.write_state(row, state, before=before, at=moment)
    subject = _gate.subject_of(row)
    record(subject, *fresh, actor=actor, reactions=False)
    beats.rebuild(subject)
    return row


def _facts(row: Ticket, one: Past, moment: datetime) -> list[Event]:
    if one.content is None:
        return [] if one.fact is None else [one.fact]
    message = store(
        row,
        one.content,
        at=moment,
        audience="internal" if one.kind == "note" else "public",
        side=one.side,
        channel=one.channel,
        author=one.author,
        kind="message" if one.kind == "note" else one.kind,
    )
    if one.kind == "note":
        return [internal_fact(message, one.content)]
    if one.kind == "solution" and isinstance(one.fact, SolutionRecorded):
        return [replace(one.fact, message=str(message.pk), commitment=message.commitment())]
    told = public_fact(message, one.content, description=one.kind == "description", question=one.kind == "question")
    return [told] if one.fact is None else [told, one.fact]


def differences(ticket: Ticket) -> dict[str, tuple[Any, Any]]:
    """Where the stored row differs from a replay of its journal: {column: (stored, replayed)}; empty: all is well."""
    return _gate.differences(ticket)
