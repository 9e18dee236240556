"""The single write path of a ticket: lock, check, fold, save, record, in one transaction. Only ``desk`` opens it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.journal import bulk
from otklik.journal.models import Head
from otklik.journal.questions import Question
from otklik.journal.record import Actor, Event, Recorded, Subject, record, record_many
from otklik.journal.timeline import entries
from otklik.tickets import access, projection
from otklik.tickets.events import StateChanged
from otklik.tickets.models import Ticket, Watch, gate_is_open
from otklik.tickets.projection import TicketState
from otklik.tickets.refusal import Forbidden, Stale

_FOREIGN = {"requester", "affected_person", "organisation", "service", "team", "assignee", "place"}
_LISTS = {"raised_by", "tags"}
_NO_COLUMN = {"participants", "before_reopen", "before_cancel"}
_LOCKED = Question(lambda key: Ticket.objects.select_for_update(of=("self",)).filter(pk=key))
_LAST = Question(lambda subject: Head.objects.filter(kind="ticket", subject=subject).values_list("effective_at"))
_WATCHES = Question(lambda ticket: Watch.objects.filter(ticket=ticket).values_list("person_id", "role"))
COLUMNS = {
    field.name: f"{field.name}_id" if field.name in _FOREIGN else field.name
    for field in fields(TicketState)
    if field.name not in _NO_COLUMN
}


def subject_of(ticket: Ticket | UUID) -> Subject:
    """The ticket as a subject of the journal."""
    return Subject(kind="ticket", id=str(ticket.pk if isinstance(ticket, Ticket) else ticket))


def state_of(row: Ticket) -> TicketState:
    """The projected state as the stored row has it (what may be voided is not stored: see ``replayed``)."""
    values = {name: getattr(row, column) for name, column in COLUMNS.items()}
    values |= {name: tuple(values[name]) for name in _LISTS}
    watches = frozenset(_WATCHES.all(row.pk))
    return TicketState(**values, participants=watches)


def replayed(row: Ticket) -> TicketState:
    """The state folded anew from the journal."""
    told = entries(subject_of(row))
    voided = {one.voids for one in told if one.voids}
    return projection.replay((one.fact, one.at, one.actor.voice) for one in told if one.entry not in voided)


def write_state(row: Ticket, state: TicketState, *, before: TicketState | None, at: datetime) -> None:
    """Put a state into the row and its participants; only what differs is written."""
    changed = []
    for name, column in COLUMNS.items():
        value = getattr(state, name)
        value = list(value) if name in _LISTS else value
        if row.pk is None or before is None or getattr(before, name) != getattr(state, name):
            setattr(row, column, value)
            changed.append(name)
    row.updated_at = at
    token = gate_is_open.set(True)
    try:
        if before is None:
            bulk.add(row)
        else:
            bulk.change(row, (*changed, "version", "updated_at"))
    finally:
        gate_is_open.reset(token)
    had = before.participants if before else frozenset()
    for person, role in had - state.participants:
        Watch.objects.filter(ticket=row, person=person, role=role).delete()
    fresh = [Watch(ticket=row, person_id=person, role=role, since=at) for person, role in state.participants - had]
    if fresh:
        Watch.objects.bulk_create(fresh, ignore_conflicts=True)


def write_new(rows: Sequence[Ticket], states: Sequence[TicketState], moments: Sequence[datetime]) -> None:
    """Write new tickets as their histories left them, with their participants, at once."""
    watches = []
    for row, state, at in zip(rows, states, moments, strict=True):
        for name, column in COLUMNS.items():
            value = getattr(state, name)
            setattr(row, column, list(value) if name in _LISTS else value)
        row.updated_at = at
        watches += [Watch(ticket=row, person_id=person, role=role, since=at) for person, role in state.participants]
    bulk.insert(rows)
    bulk.insert(watches)


class Change:
    """An open change of one ticket: collects facts, folds them as they come, writes everything at the end."""

    def __init__(self, row: Ticket, actor: Actor, at: datetime | None, *, fresh: bool = False) -> None:
        self.ticket, self.actor, self.at, self.fresh = row, actor, at, fresh
        self.before = None if fresh else state_of(row)
        self.state = TicketState() if self.before is None else self.before
        self.facts: list[Event] = []
        self.told: list[Recorded] = []
        self.moment = at or clock.now()

    def record(self, *facts: Event) -> None:
        """Add facts, in order; the state moves on at once."""
        for fact in facts:
            if isinstance(fact, StateChanged) and fact.transition in {"T9", "T12"}:
                past = replayed(self.ticket)
                self.state = replace(self.state, before_reopen=past.before_reopen, before_cancel=past.before_cancel)
            self.state = projection.apply(self.state, fact, self.moment, self.actor.voice)
            self.facts.append(fact)

    def commit(self, *, reactions: bool = True) -> None:
        """Save the row, append the facts, run what must run in the same transaction."""
        if not self.facts:
            return
        self.ticket.version += any(fact.bumps_version for fact in self.facts)
        write_state(self.ticket, self.state, before=self.before, at=self.moment)
        clock.faultpoint("gate.after_save")
        self.told = record(subject_of(self.ticket), *self.facts, actor=self.actor, at=self.moment, reactions=reactions)
        clock.faultpoint("gate.before_commit")


@contextmanager
def opening(row: Ticket, *, actor: Actor, at: datetime | None) -> Iterator[Change]:
    """A change that makes a new ticket."""
    with transaction.atomic(savepoint=False):
        change = Change(row, actor, at, fresh=True)
        yield change
        change.commit()


@contextmanager
def changing(
    ticket: Ticket | UUID,
    *,
    actor: Actor,
    verb: str,
    at: datetime | None = None,
    expect: int | None = None,
    savepoint: bool = True,
) -> Iterator[Change]:
    """Lock one ticket and let the caller record facts about it.

    ``verb`` is asked of ``access.may``; ``at`` is the source's time (mailbox receipt), never earlier than what is
    already recorded; ``expect`` is the version the caller saw; without a ``savepoint`` a failure ends the caller's
    transaction too. Raises ``Forbidden``, ``Stale``.
    """
    with changing_all([ticket], actor=actor, verb=verb, at=at, expect=expect, savepoint=savepoint) as (change,):
        yield change


@contextmanager
def changing_all(
    tickets: list[Ticket | UUID],
    *,
    actor: Actor,
    verb: str,
    at: datetime | None = None,
    expect: int | None = None,
    savepoint: bool = True,
) -> Iterator[list[Change]]:
    """The same for several tickets in one transaction, locked in ascending id (link, merge)."""
    keys = [one.pk if isinstance(one, Ticket) else one for one in tickets]
    with ExitStack() as stack:
        stack.enter_context(transaction.atomic(savepoint=savepoint))
        rows: dict[Any, Ticket] = {}
        for key in sorted(set(keys)):
            rows[key] = _LOCKED.one(key)
            if not access.may(actor, verb, rows[key]):
                raise Forbidden(verb)
        if expect is not None and rows[keys[0]].version != expect:
            raise Stale(expect, rows[keys[0]].version)
        clock.faultpoint("gate.after_lock")
        changes = {key: Change(row, actor, _never_earlier(row, at)) for key, row in rows.items()}
        yield [changes[key] for key in keys]
        for key in sorted(changes):
            changes[key].commit()


def append_all(
    facts: Mapping[UUID, tuple[int, Sequence[Event]]],
    *,
    actor: Actor,
    verb: str,
    at: datetime | None = None,
    skip_locked: bool = False,
) -> list[UUID]:
    """Append facts that no column follows to many tickets, locked in ascending id; those that went on are left."""
    rows = Ticket.objects.select_for_update(of=("self",), skip_locked=skip_locked).filter(pk__in=list(facts))
    rows = rows.order_by("pk")
    if access.is_house(actor):
        mine = set(rows.values_list("pk", flat=True))
    else:
        mine = {row.pk for row in rows if access.may(actor, verb, row)}
        if not mine.issuperset(facts):
            raise Forbidden(verb)
    changes = {str(key): one for key, one in facts.items() if key in mine}
    told = record_many("ticket", changes, actor=actor, at=at, skip_locked=skip_locked)
    done = [UUID(key) for key in told]
    token = gate_is_open.set(True)
    try:
        Ticket.objects.filter(pk__in=done).update(updated_at=clock.now())
    finally:
        gate_is_open.reset(token)
    return done


def _never_earlier(row: Ticket, at: datetime | None) -> datetime:
    """Effective time as the journal will have it, so that the row and a replay agree to the microsecond."""
    last = _LAST.first(str(row.pk))
    moment = at or clock.now()
    return moment if last is None or last[0] is None else max(moment, last[0])


def differences(row: Ticket) -> dict[str, tuple[Any, Any]]:
    """Columns in which the stored row differs from a replay of its journal: {name: (stored, replayed)}."""
    stored, folded = state_of(row), replayed(row)
    names = [*COLUMNS, "participants"]
    pairs = {name: (getattr(stored, name), getattr(folded, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
