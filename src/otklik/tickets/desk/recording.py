"""Keeping the record right: fields, type, priority, links, participants, delivery notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.catalogue.models import Service
from otklik.journal.config import current
from otklik.journal.record import Actor, Event
from otklik.people.models import Organisation, Person, Place
from otklik.tickets import access, priority
from otklik.tickets._gate import Change, append_all, changing, changing_all
from otklik.tickets.events import (
    FieldChanged,
    LinkAdded,
    LinkRemoved,
    MessageDelivery,
    ParticipantAdded,
    ParticipantRemoved,
    PriorityChanged,
    TypeChanged,
)
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Link, Ticket
from otklik.tickets.policy import MATRIX_NAME
from otklik.tickets.refusal import Forbidden, Refused

EDITABLE = frozenset(
    {
        "subject",
        "service",
        "contact",
        "place",
        "device",
        "organisation",
        "visibility",
        "tags",
        "affected_person",
        "deadline_text",
    }
)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, (Service, Organisation, Place, Person)) else value


def edit(ticket: Ticket, *, reason: str = "", expect: int | None = None, actor: Actor, **changes: Any) -> Ticket:
    """Change fields of ``EDITABLE``; each becomes a fact with old and new. Equal values record nothing.

    A new service or place may raise or lower urgency by the automatic step, visible as a change of priority.
    """
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise KeyError(f"not editable: {', '.join(sorted(unknown))}")
    if "subject" in changes:
        changes["subject"] = " ".join(str(changes["subject"]).split())[:200]
        if not changes["subject"]:
            raise Refused(Missing("subject"))
    with changing(ticket, actor=actor, verb="edit", expect=expect) as change:
        touched = False
        for name, value in changes.items():
            old, new = getattr(change.state, name), _plain(value)
            if name == "tags":
                old, new = list(old), sorted({str(tag).lower() for tag in new})
            if name == "contact":
                new = old | {key: str(text) for key, text in new.items()}
            if old != new:
                change.record(FieldChanged(field=name, old=old, new=new, reason=reason))
                touched = touched or name in {"service", "place", "affected_person"}
        if touched:
            _rejudge(change)
    return change.ticket


def _stated_urgency(change: Change) -> int:
    """Urgency without the automatic step."""
    return min(3, change.state.urgency + 1) if change.state.raised_by else change.state.urgency


def _step(change: Change, urgency: int) -> priority.Raised:
    state = change.state
    requester = Person.objects.filter(pk=state.requester).first() if state.requester else None
    place = Place.objects.filter(pk=state.place).first() if state.place else None
    service = Service.objects.filter(pk=state.service).first() if state.service else None
    return priority.raised(
        urgency,
        vip=bool(requester and requester.is_vip),
        critical_place=bool(place and place.is_critical),
        critical_service=bool(service and service.is_critical),
    )


def _rejudge(change: Change) -> None:
    state = change.state
    step = _step(change, _stated_urgency(change))
    if (step.urgency, step.reasons) != (state.urgency, state.raised_by):
        _record_priority(change, state.impact, step, override=state.priority_override, reason_code="", text="")


def _record_priority(
    change: Change, impact: int, step: priority.Raised, *, override: str, reason_code: str, text: str
) -> None:
    state = change.state
    matrix = current(MATRIX_NAME).data["matrix"]
    computed = priority.computed(state.type, impact, step.urgency, matrix)
    change.record(
        PriorityChanged(
            old=state.priority,
            new=override or computed,
            computed=computed,
            impact=[state.impact, impact],
            urgency=[state.urgency, step.urgency],
            raised_by=list(step.reasons),
            override=override,
            reason_code=reason_code,
            text=text,
        )
    )


def prioritise(
    ticket: Ticket,
    *,
    impact: int | None = None,
    urgency: int | None = None,
    override: str | None = None,
    reason_code: str = "",
    text: str = "",
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """Set impact and urgency as judged at triage, or override the matrix with a reason ('' removes an override).

    An urgency chosen by hand is taken as it is: the automatic step was a proposal that this answers. An agent may
    override by one step, the lead of the team by any (domain.md §2.2).
    """
    with changing(ticket, actor=actor, verb="prioritise", expect=expect) as change:
        state = change.state
        step = priority.Raised(urgency, ()) if urgency else priority.Raised(state.urgency, state.raised_by)
        wanted = state.priority_override if override is None else override
        if override:
            if not access.may(actor, "override", change.ticket):
                raise Forbidden("override")
            if reason_code not in priority.OVERRIDE_REASONS or not text.strip():
                raise Refused(Missing("override_reason"))
            matrix = current(MATRIX_NAME).data["matrix"]
            by_matrix = priority.computed(state.type, impact or state.impact, step.urgency, matrix)
            if priority.steps(by_matrix, override) > 1 and not access.may(actor, "override_far", change.ticket):
                raise Refused(Missing("override_step"))
        same = (impact or state.impact, step.urgency, wanted) == (state.impact, state.urgency, state.priority_override)
        if not same:
            _record_priority(
                change, impact or state.impact, step, override=wanted, reason_code=reason_code, text=text.strip()
            )
    return change.ticket


def change_type(ticket: Ticket, *, to: str, actor: Actor) -> Ticket:
    """Incident, service request or question; the clocks bind anew."""
    if to not in Ticket.TYPES:
        raise Refused(Missing("state", to))
    with changing(ticket, actor=actor, verb="type") as change:
        if to != change.state.type:
            matrix = current(MATRIX_NAME).data["matrix"]
            computed = priority.computed(to, change.state.impact, change.state.urgency, matrix)
            change.record(TypeChanged(old=change.state.type, new=to, computed=computed))
    return change.ticket


# -- participants --------------------------------------------------------------------------------------------------
def watch(ticket: Ticket, person: Person, *, role: str, source: str = "", actor: Actor) -> Ticket:
    """Add somebody in copy ('cc'), following ('watcher') or allowed to see a restricted ticket ('granted')."""
    with changing(ticket, actor=actor, verb="watch" if role != "granted" else "grant") as change:
        if (person.pk, role) not in change.state.participants:
            change.record(ParticipantAdded(person=person.pk, role=role, source=source))
    return change.ticket


def unwatch(ticket: Ticket, person: Person, *, role: str, actor: Actor) -> Ticket:
    """Remove a participant."""
    with changing(ticket, actor=actor, verb="watch") as change:
        if (person.pk, role) in change.state.participants:
            change.record(ParticipantRemoved(person=person.pk, role=role))
    return change.ticket


# -- links ---------------------------------------------------------------------------------------------------------
def link_facts(ticket: Ticket, kind: str, other: Ticket, *, told_there: Event | None = None, actor: Actor) -> None:
    """Write a link and record it at both ends; ``told_there`` replaces the plain fact at the other end."""
    from otklik.journal.record import SYSTEM

    with changing_all([ticket, other], actor=SYSTEM, verb="link") as (here, there):
        _write_link(here, kind, other)
        here.actor = there.actor = actor
        there.record(
            told_there
            or LinkAdded(link=f"{kind}_back", other_kind="ticket", other=str(ticket.pk), number=ticket.number)
        )


def _write_link(change: Change, kind: str, other: Ticket) -> None:
    Link.objects.create(ticket=change.ticket, kind=kind, other=str(other.pk), since=clock.now())
    change.record(LinkAdded(link=kind, other_kind="ticket", other=str(other.pk), number=other.number))


@transaction.atomic
def link(ticket: Ticket, other: Ticket, *, kind: str = "relates", actor: Actor) -> Ticket:
    """Link two tickets ('relates' or 'duplicates'); the actor must work on both."""
    if ticket.pk == other.pk:
        raise Refused(Missing("self_link"))
    if kind not in {"relates", "duplicates"}:
        raise Refused(Missing("unknown_link"))
    for end in (ticket, other):
        if not access.may(actor, "link", end):
            raise Forbidden("link")
    if not Link.objects.filter(ticket=ticket, kind=kind, other=str(other.pk)).exists():
        link_facts(ticket, kind, other, actor=actor)
    ticket.refresh_from_db()
    return ticket


@transaction.atomic
def unlink(ticket: Ticket, other: Ticket, *, kind: str = "relates", actor: Actor) -> Ticket:
    """Take a link back, at both ends."""
    with changing_all([ticket, other], actor=actor, verb="link") as (here, there):
        if Link.objects.filter(ticket=ticket, kind=kind, other=str(other.pk)).delete()[0]:
            fact = LinkRemoved(link=kind, other_kind="ticket", other=str(other.pk), number=other.number)
            back = LinkRemoved(link=f"{kind}_back", other_kind="ticket", other=str(ticket.pk), number=ticket.number)
            here.record(fact)
            there.record(back)
    ticket.refresh_from_db()
    return ticket


# -- bookkeeping ---------------------------------------------------------------------------------------------------
def note_delivery(
    ticket: Ticket,
    *,
    delivery: int,
    recipient: str,
    status: str,
    detail: str = "",
    message: str = "",
    certain: bool = True,
    actor: Actor,
) -> None:
    """What became of a letter; raises no version, so that nobody's page gets stale."""
    fact = MessageDelivery(
        delivery=delivery, recipient=recipient, status=status, detail=detail[:500], message=message, certain=certain
    )
    with changing(ticket, actor=actor, verb="edit") as change:
        change.record(fact)


def move_on_all(
    facts: Mapping[UUID, tuple[int, Sequence[Event]]],
    *,
    actor: Actor,
    at: datetime | None = None,
    skip_locked: bool = False,
) -> list[UUID]:
    """The same for many tickets, ``{id: (number of its newest entry, facts)}``, in the caller's transaction.

    A ticket that has a newer entry by now is left alone, with ``skip_locked`` also one that somebody else has locked;
    returns the others. Raises Forbidden.
    """
    if any(fact.bumps_version for _, each in facts.values() for fact in each):
        raise ValueError("only facts of bookkeeping")
    return append_all(facts, actor=actor, verb="edit", at=at, skip_locked=skip_locked)


def move_on(ticket: Ticket, *facts: Event, actor: Actor) -> Ticket:
    """Record facts of bookkeeping that other rooms learnt of this ticket (how a mail came, a run of automation).

    They stand or fall with the caller's transaction.
    """
    with changing(ticket, actor=actor, verb="edit", savepoint=False) as change:
        if any(fact.bumps_version for fact in facts):
            raise ValueError("only facts of bookkeeping")
        change.record(*facts)
    return change.ticket
