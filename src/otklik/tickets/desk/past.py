"""The side door for history: importers, the demo and the benchmark tell what already happened elsewhere.

Guards are off, but every unlawful step is marked ``irregular``; effective times come from the source; clocks are
computed once at the end; nobody reacts. One transaction for all that comes at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from otklik.journal import beats
from otklik.journal.chronicle import Chronicle, write
from otklik.journal.record import Actor, Event, Fresh
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
    (a solution's ``code`` comes in ``fact``). ``irregular`` marks a step that the source has in another form;
    ``provenance`` says where this very thing stands in the source.
    """

    at: datetime
    actor: Actor
    fact: Event | None = None
    content: Content | None = None
    side: str = "customer"
    kind: str = "message"
    author: Person | None = None
    channel: str = "portal"
    irregular: bool = False
    provenance: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Tale:
    """A ticket with its whole history; ``created.number`` 0 takes the next number."""

    created: TicketCreated
    past: Sequence[Past]
    at: datetime
    actor: Actor
    provenance: Mapping[str, Any]


def history(
    created: TicketCreated, past: Sequence[Past], *, at: datetime, actor: Actor, provenance: Mapping[str, Any]
) -> Ticket:
    """Write a ticket with its whole history and return it; ``created.number`` 0 takes the next number."""
    return histories([Tale(created=created, past=past, at=at, actor=actor, provenance=provenance)])[0]


@transaction.atomic
def histories(tales: Sequence[Tale]) -> list[Ticket]:
    """Write many tickets with their histories, a few statements for all of them; all or none."""
    rows, states, chronicles = [], [], []
    for tale in tales:
        row = Ticket()
        chronicle = Chronicle(_gate.subject_of(row), tale.actor)
        states.append(_told(row, tale, chronicle))
        rows.append(row)
        chronicles.append(chronicle)
    _gate.write_new(rows, states, [one.told[-1].at for one in chronicles])
    beats.rebuild("ticket", chronicles)
    write(chronicles)
    return rows


def _told(row: Ticket, tale: Tale, chronicle: Chronicle) -> TicketState:
    """Fold a tale into a chronicle; its words are stored on the way."""
    created, at = tale.created, tale.at
    if not created.number:
        created = replace(created, number=next_number())
    chronicle.append(Fresh(fact=created, at=at, provenance=tale.provenance))
    state = projection.apply(TicketState(), created, at, tale.actor.voice)
    moment, version = at, 1
    for one in tale.past:
        moment = max(moment, one.at)
        for fact in _facts(row, one, moment):
            lawful = not isinstance(fact, StateChanged) or (fact.was == state.status and lawful_step(fact.was, fact.to))
            state = projection.apply(state, fact, moment, one.actor.voice)
            version += fact.bumps_version
            chronicle.append(
                Fresh(
                    fact=fact,
                    at=moment,
                    actor=one.actor,
                    irregular=one.irregular or not lawful,
                    provenance=one.provenance or tale.provenance,
                )
            )
    row.version = version
    return state


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
