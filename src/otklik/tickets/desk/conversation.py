"""Talking on a ticket: answers of staff, words of the customer side, notes, promises, calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from otklik import clock
from otklik.journal import once
from otklik.journal.record import Actor, Event
from otklik.people.access import person_of
from otklik.people.models import Person
from otklik.tickets._gate import Change, changing
from otklik.tickets.desk.content import Content, author_kind_of, internal_fact, public_fact, store, waiting_fact
from otklik.tickets.desk.opening import follow_up
from otklik.tickets.events import (
    AssignmentChanged,
    CallLogged,
    MessageAccepted,
    ParticipantAdded,
    PublicStatusSet,
    ReopenDone,
    ResponseNotNeeded,
    StateChanged,
    UpdatePromised,
)
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Refused

MAX_PUBLIC_STATUS = 140


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Where a customer's message ended: 'joined' this ticket, or 'opened' a new one that follows it."""

    ticket: Ticket
    outcome: str
    message: Message | None = None


def take_up(change: Change) -> None:
    """T2: the first human deed of staff on a new ticket takes it into work; nobody on it yet → the doer is."""
    if change.state.status != "new" or (change.actor.kind == "client" and person_of(change.actor) is None):
        return
    claim(change)
    change.record(StateChanged(was="new", to="open", transition="T2"))


def claim(change: Change) -> None:
    """Where nobody is on it yet, the member of the team who acts is."""
    person = person_of(change.actor)
    if person is None or change.state.assignee is not None:
        return
    if person.memberships.filter(team=change.state.team).exists():
        assign_to(change, person.pk, mode="pull")


def assign_to(change: Change, assignee: int | None, *, mode: str, team: int | None = None, text: str = "") -> None:
    """Record who is on it from now on."""
    change.record(
        AssignmentChanged(
            team=team if team is not None else change.state.team,
            assignee=assignee,
            old_team=change.state.team,
            old_assignee=change.state.assignee,
            mode=mode,
            text=text,
        )
    )


@transaction.atomic
def reply(
    ticket: Ticket,
    content: Content,
    *,
    promise_until: datetime | None = None,
    recipients: Sequence[int] | None = None,
    channel: str = "portal",
    expect: int | None = None,
    further: Sequence[Event] = (),
    at: datetime | None = None,
    key: str = "",
    actor: Actor,
) -> Message:
    """A public answer by staff. Takes a new ticket into work; keeps state otherwise.

    ``promise_until`` is the promise of the next word given in the same step; ``recipients`` restricts who gets it by
    mail. On a solved ticket it is a plain message and reopens nothing. Raises ``Refused`` on final tickets.
    """
    content.check()
    scope = f"ticket.reply {actor}"
    if key and (answer := once.first_answer(scope, key)):
        return Message.objects.get(pk=answer["message"])
    with changing(ticket, actor=actor, verb="reply_staff", expect=expect, at=at) as change:
        _not_final(change)
        if promise_until is not None and promise_until <= change.moment:
            raise Refused(Missing("promise_past"))
        message = store(
            change.ticket,
            content,
            at=change.moment,
            audience="public",
            side="staff",
            channel=channel,
            author=person_of(actor),
            author_kind=author_kind_of(actor),
        )
        take_up(change)
        change.record(public_fact(message, content, recipients=None if recipients is None else list(recipients)))
        if promise_until is not None:
            change.record(UpdatePromised(until=promise_until.isoformat()))
        change.record(*further)
        if key:
            once.remember(scope, key, {"message": str(message.pk)})
    ticket.refresh_from_db()
    return message


def _not_final(change: Change) -> None:
    _not_merged(change.state.cancel_reason)
    if change.state.status in {"closed", "cancelled"}:
        raise Refused(Missing("state", change.state.status))


def _not_merged(cancel_reason: str) -> None:
    if cancel_reason == "merged":
        raise Refused(Missing("merged"))


@transaction.atomic
def note(
    ticket: Ticket,
    content: Content,
    *,
    mentions: Sequence[int] = (),
    channel: str = "portal",
    key: str = "",
    actor: Actor,
) -> Message:
    """An internal note: the requester never sees it. Allowed in every state, except that nothing else changes."""
    content.check()
    scope = f"ticket.note {actor}"
    if key and (answer := once.first_answer(scope, key)):
        return Message.objects.get(pk=answer["message"])
    with changing(ticket, actor=actor, verb="note") as change:
        _not_merged(change.state.cancel_reason)
        message = store(
            change.ticket,
            content,
            at=change.moment,
            audience="internal",
            side="staff",
            channel=channel,
            author=person_of(actor),
        )
        change.record(internal_fact(message, content, mentions))
        if key:
            once.remember(scope, key, {"message": str(message.pk)})
    ticket.refresh_from_db()
    return message


@transaction.atomic
def hear(
    ticket: Ticket,
    content: Content,
    *,
    author: Person | None,
    channel: str,
    automatic: bool = False,
    is_gratitude: bool = False,
    objects: bool = False,
    at: datetime | None = None,
    further: Sequence[Event] = (),
    key: str = "",
    actor: Actor,
) -> Heard:
    """A word of the customer side. It resumes a ticket that waited for it and reopens a solved one (domain.md §2.5).

    ``automatic`` mail and ``is_gratitude`` are stored without effect; ``objects`` says «не решено» and reopens whatever
    the text. On a closed or cancelled ticket a new one is opened that follows it (automatic: nothing). The author must
    be a participant; otherwise use ``wait``.
    """
    scope = f"ticket.hear {actor}"
    if key and (answer := once.first_answer(scope, key)):
        told = Message.objects.filter(pk=answer["message"]).first() if answer["message"] else None
        return Heard(ticket=Ticket.objects.get(pk=answer["ticket"]), outcome=answer["outcome"], message=told)
    current = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    _not_merged(current.cancel_reason)
    if current.status in {"closed", "cancelled"}:
        heard = _after_the_end(current, content, author, channel, automatic, further, actor)
    else:
        content.check()
        heard = _heard(current, content, author, channel, automatic, is_gratitude, objects, at, further, actor)
    if key:
        stored = {"ticket": str(heard.ticket.pk), "outcome": heard.outcome}
        once.remember(scope, key, stored | {"message": str(heard.message.pk) if heard.message else None})
    ticket.refresh_from_db()
    return heard


def _after_the_end(
    former: Ticket,
    content: Content,
    author: Person | None,
    channel: str,
    automatic: bool,
    further: Sequence[Event],
    actor: Actor,
) -> Heard:
    if automatic:
        return Heard(ticket=former, outcome="ignored")
    fresh = follow_up(
        former, subject=former.subject, content=content, author=author, channel=channel, further=further, actor=actor
    )
    return Heard(ticket=fresh, outcome="opened", message=fresh.messages.first())


def _heard(
    ticket: Ticket,
    content: Content,
    author: Person | None,
    channel: str,
    automatic: bool,
    is_gratitude: bool,
    objects: bool,
    at: datetime | None,
    further: Sequence[Event],
    actor: Actor,
) -> Heard:
    quiet = automatic or (is_gratitude and not objects and ticket.status == "resolved")
    with changing(ticket, actor=actor, verb="reply", at=at) as change:
        message = store(
            change.ticket,
            content,
            at=change.moment,
            audience="public",
            side="customer",
            channel=channel,
            author=author,
            author_kind="auto" if automatic else "human",
            is_gratitude=is_gratitude and not automatic,
        )
        change.record(public_fact(message, content))
        if not quiet:
            _wake(change, message)
        change.record(*further)
    return Heard(ticket=change.ticket, outcome="joined", message=message)


def _wake(change: Change, message: Message) -> None:
    """T4 for a ticket that waited for the requester, T8 for a solved one."""
    if change.state.status == "pending" and change.state.pending_reason == "requester":
        change.record(StateChanged(was="pending", to="open", transition="T4", reason="answered"))
    elif change.state.status == "resolved":
        change.record(ReopenDone(cause="message", message=str(message.pk)))
        change.record(StateChanged(was="resolved", to="open", transition="T8", reason="message"))


@transaction.atomic
def wait(
    ticket: Ticket,
    content: Content,
    *,
    author: Person | None,
    sender: str,
    why: str,
    channel: str,
    at: datetime | None = None,
    further: Sequence[Event] = (),
    actor: Actor,
) -> Message:
    """A word of somebody who is no participant: kept in the ticket, unseen by the customer side, until confirmed."""
    with changing(ticket, actor=actor, verb="accept", at=at) as change:
        message = store(
            change.ticket,
            content,
            at=change.moment,
            audience="waiting",
            side="customer",
            channel=channel,
            author=author,
        )
        change.record(waiting_fact(message, content, sender=sender, why=why), *further)
    ticket.refresh_from_db()
    return message


@transaction.atomic
def accept(ticket: Ticket, message: Message, *, person: Person | None, actor: Actor) -> Message:
    """Confirm a waiting message: it becomes public, its author joins in copy; it wakes the ticket like any other."""
    with changing(ticket, actor=actor, verb="accept") as change:
        row = Message.objects.select_for_update().get(pk=message.pk, ticket=change.ticket)
        if row.audience != "waiting":
            raise Refused(Missing("state", change.state.status))
        Message.objects.filter(pk=row.pk).update(audience="public", author=person)
        row.audience, row.author = "public", person
        change.record(MessageAccepted(message=str(row.pk), person=person.pk if person else None))
        if person is not None and not _takes_part(change, person):
            change.record(ParticipantAdded(person=person.pk, role="cc", source="confirmed mail"))
        if change.state.status not in {"closed", "cancelled"}:
            _wake(change, row)
    ticket.refresh_from_db()
    return row


def _takes_part(change: Change, person: Person) -> bool:
    state = change.state
    return person.pk in {state.requester, state.affected_person} or (person.pk, "cc") in state.participants


def promise(ticket: Ticket, *, until: datetime | None, actor: Actor) -> Ticket:
    """«Напишем до …»: an explicit promise of the next word; None takes it back."""
    with changing(ticket, actor=actor, verb="promise") as change:
        _not_final(change)
        if until is not None and until <= clock.now():
            raise Refused(Missing("promise_past"))
        change.record(UpdatePromised(until=until.isoformat() if until else None))
    return change.ticket


def set_public_status(ticket: Ticket, *, text: str, actor: Actor) -> Ticket:
    """One line for the requester about where things stand, at most 140 characters."""
    text = " ".join(text.split())
    if len(text) > MAX_PUBLIC_STATUS:
        raise Refused(Missing("text_long", str(MAX_PUBLIC_STATUS)))
    with changing(ticket, actor=actor, verb="status") as change:
        if text != change.state.public_status:
            change.record(PublicStatusSet(text=text))
    return change.ticket


def log_call(
    ticket: Ticket, *, direction: str, reached: bool, minutes: int = 0, text: str = "", actor: Actor
) -> Ticket:
    """A phone call about the ticket; a call that reached the person counts as a response."""
    with changing(ticket, actor=actor, verb="call") as change:
        take_up(change)
        change.record(CallLogged(direction=direction, reached=reached, minutes=minutes, note=text))
    return change.ticket


def response_not_needed(ticket: Ticket, *, reason: str, actor: Actor) -> Ticket:
    """The customer's last word needs no answer: its clock is cancelled, with the reason on record."""
    if not reason.strip():
        raise Refused(Missing("reason"))
    with changing(ticket, actor=actor, verb="not_needed") as change:
        if change.state.customer_waiting_since is not None:
            change.record(ResponseNotNeeded(reason=reason))
    return change.ticket
