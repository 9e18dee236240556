"""Ending a ticket: solution, confirmation, reopening, closing, cancelling."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from otklik.businesstime import add_days
from otklik.journal.record import Actor
from otklik.journal.timeline import entries
from otklik.people.access import person_of
from otklik.tickets._gate import Change, changing, subject_of
from otklik.tickets.desk.content import Content, author_kind_of, internal_fact, public_fact, store
from otklik.tickets.desk.conversation import claim
from otklik.tickets.events import ReopenDone, ReopenVoided, SolutionRecorded, StateChanged
from otklik.tickets.lifecycle import (
    CANCEL_REASONS,
    LIVE,
    SILENT_CANCELS,
    VOID_REASONS,
    Missing,
    lawful,
    may_resolve,
)
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Refused
from otklik.tickets.worktime import working_calendar

UNCANCEL_WITHIN = timedelta(days=7)
UNCLOSE_WITHIN = timedelta(hours=24)


@transaction.atomic
def resolve(
    ticket: Ticket,
    *,
    code: str,
    content: Content,
    cause_code: str = "",
    kb_action: str = "not_needed",
    internal_note: str = "",
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """T5: propose the solution. ``content.text`` tells what was done, ``.instructions`` what the person should do.

    Raises ``Refused`` naming everything that is missing: code, text of 20 characters, service, a cause for P1 and P2.
    Nobody on it yet → the resolver is.
    """
    with changing(ticket, actor=actor, verb="resolve", expect=expect) as change:
        _may_resolve(change, code=code, text=content.text, cause_code=cause_code)
        _resolve(change, code=code, content=content, cause_code=cause_code, kb_action=kb_action)
        if internal_note.strip():
            _side_note(change, internal_note)
    return change.ticket


def _may_resolve(change: Change, *, code: str, text: str, cause_code: str) -> None:
    state = change.state
    if wrong := lawful("T5", state.status):
        raise Refused(wrong)
    missing = may_resolve(
        code=code,
        text=text,
        has_service=state.service is not None,
        priority=state.priority,
        ticket_type=state.type,
        cause_code=cause_code or state.cause_code,
        by_requester=False,
    )
    if missing:
        raise Refused(*missing)


def _resolve(
    change: Change, *, code: str, content: Content, cause_code: str, kb_action: str, transition: str = "T5"
) -> None:
    person = person_of(change.actor)
    message = store(
        change.ticket,
        content,
        at=change.moment,
        audience="public",
        side="staff" if person else "system",
        channel="portal",
        author=person,
        kind="solution",
        author_kind="human" if person else "auto",
    )
    claim(change)
    was = change.state.status
    change.record(
        SolutionRecorded(
            code=code,
            message=str(message.pk),
            commitment=message.commitment(),
            cause_code=cause_code,
            kb_action=kb_action,
        ),
        StateChanged(was=was, to="resolved", transition=transition, reason=code),
    )


def _side_note(change: Change, text: str) -> None:
    content = Content(text=text)
    message = store(
        change.ticket,
        content,
        at=change.moment,
        audience="internal",
        side="staff",
        channel="portal",
        author=person_of(change.actor),
    )
    change.record(internal_fact(message, content))


def give_up_waiting(ticket: Ticket, *, text: str, actor: Actor) -> bool:
    """T6: nobody answered our question for so long. Never for P1 and P2, never where the customer spoke last."""
    with changing(ticket, actor=actor, verb="resolve") as change:
        state = change.state
        waiting = state.status == "pending" and state.pending_reason == "requester"
        spoke_last = bool(
            state.last_customer_at and state.pending_since and state.last_customer_at > state.pending_since
        )
        if not waiting or spoke_last or state.priority in {"P1", "P2"}:
            return False
        _resolve(
            change,
            code="no_response",
            content=Content(text=text),
            cause_code="",
            kb_action="not_needed",
            transition="T6",
        )
    return True


def confirm(ticket: Ticket, *, key: str = "", actor: Actor) -> Ticket:
    """«Да, решено»: closes a solved ticket (T7); a live one is solved by the requester's own word first (T5, T7)."""
    with changing(ticket, actor=actor, verb="confirm") as change:
        was = change.state.status
        if was == "closed":
            return change.ticket
        if was in LIVE:
            change.record(SolutionRecorded(code="resolved_by_requester"))
            change.record(StateChanged(was=was, to="resolved", transition="T5", reason="resolved_by_requester"))
        elif wrong := lawful("T7", was):
            raise Refused(wrong)
        change.record(StateChanged(was="resolved", to="closed", transition="T7", reason="confirmed"))
    return change.ticket


def close(ticket: Ticket, *, reason: str = "time", actor: Actor) -> Ticket:
    """T7 by the house after the agreed working days, or by the service manager."""
    with changing(ticket, actor=actor, verb="close") as change:
        if wrong := lawful("T7", change.state.status):
            raise Refused(wrong)
        change.record(StateChanged(was="resolved", to="closed", transition="T7", reason=reason))
    return change.ticket


@transaction.atomic
def reopen(
    ticket: Ticket,
    *,
    cause: str,
    content: Content | None = None,
    reason: str = "",
    as_of: datetime | None = None,
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """T8: back to work. ``cause`` is 'not_solved' (requester: their words in ``content``), 'agent' (with ``reason``),
    'gratitude' (a stored word turned out to be a complaint: ``as_of`` its instant) or 'alert'. T13 for a ticket closed
    by mistake within 24 h, by the service manager.
    """
    verb = "reopen_closed" if ticket.status == "closed" else "reopen"
    with changing(ticket, actor=actor, verb=verb, expect=expect) as change:
        state = change.state
        transition = "T13" if state.status == "closed" else "T8"
        if wrong := lawful(transition, state.status):
            raise Refused(wrong)
        if cause == "agent" and not reason.strip():
            raise Refused(Missing("reason"))
        if transition == "T13" and state.closed_at and change.moment - state.closed_at > UNCLOSE_WITHIN:
            raise Refused(Missing("too_late"))
        message = ""
        if content is not None and (content.text.strip() or content.files):
            stored = store(
                change.ticket,
                content,
                at=change.moment,
                audience="public",
                side="customer",
                channel="portal",
                author=person_of(actor),
            )
            message = str(stored.pk)
            change.record(public_fact(stored, content))
        instant = as_of.isoformat() if as_of else ""
        change.record(ReopenDone(cause=cause, message=message, as_of=instant, reason=reason))
        change.record(StateChanged(was=state.status, to="open", transition=transition, reason=cause))
    return change.ticket


def void_reopen(ticket: Ticket, *, reason: str, actor: Actor) -> Ticket:
    """T9: the reopening was none («спасибо», an autoresponder, another subject). Within one working day, and only while
    nobody has answered or worked since.
    """
    if reason not in VOID_REASONS:
        raise Refused(Missing("reason"))
    with changing(ticket, actor=actor, verb="resolve") as change:
        if wrong := lawful("T9", change.state.status):
            raise Refused(wrong)
        told = entries(subject_of(change.ticket))
        last = next((one for one in reversed(told) if isinstance(one.fact, ReopenDone)), None)
        if last is None:
            raise Refused(Missing("state", change.state.status))
        since = [one for one in told if one.seq > last.seq]
        worked = any(one.kind in {"message.public", "work.logged", "call.logged"} for one in since)
        if worked or change.moment > add_days(working_calendar(change.ticket), last.at, 1):
            raise Refused(Missing("too_late"))
        change.record(ReopenVoided(reason=reason))
        change.record(StateChanged(was="open", to="resolved", transition="T9", reason=reason))
    return change.ticket


def withdraw(ticket: Ticket, *, actor: Actor) -> Ticket:
    """T10: the requester takes a ticket back that nobody has taken into work yet."""
    with changing(ticket, actor=actor, verb="withdraw") as change:
        if wrong := lawful("T10", change.state.status):
            raise Refused(wrong)
        change.record(StateChanged(was="new", to="cancelled", transition="T10", reason="withdrawn"))
    return change.ticket


@transaction.atomic
def cancel(ticket: Ticket, *, reason: str, text: str = "", expect: int | None = None, actor: Actor) -> Ticket:
    """T11: not to be worked on. The requester is told why, except for spam and tests."""
    with changing(ticket, actor=actor, verb="cancel", expect=expect) as change:
        was = change.state.status
        if wrong := lawful("T11", was):
            raise Refused(wrong)
        if reason not in CANCEL_REASONS:
            raise Refused(Missing("cancel_reason"))
        if reason not in SILENT_CANCELS:
            if not text.strip():
                raise Refused(Missing("cancel_text"))
            content = Content(text=text)
            message = store(
                change.ticket,
                content,
                at=change.moment,
                audience="public",
                side="staff",
                channel="portal",
                author=person_of(actor),
                author_kind=author_kind_of(actor),
            )
            change.record(public_fact(message, content))
        change.record(StateChanged(was=was, to="cancelled", transition="T11", reason=reason))
    return change.ticket


def uncancel(ticket: Ticket, *, reason: str, actor: Actor) -> Ticket:
    """T12: back to where it was, by the team lead within seven days; the time between is a pause."""
    if not reason.strip():
        raise Refused(Missing("reason"))
    with changing(ticket, actor=actor, verb="uncancel") as change:
        state = change.state
        if wrong := lawful("T12", state.status):
            raise Refused(wrong)
        if state.cancel_reason == "merged":
            raise Refused(Missing("unmerge"))
        if state.cancelled_at and change.moment - state.cancelled_at > UNCANCEL_WITHIN:
            raise Refused(Missing("too_late"))
        told = entries(subject_of(change.ticket), kinds=[StateChanged.kind])
        before = next(
            one.fact.was for one in reversed(told) if isinstance(one.fact, StateChanged) and one.fact.to == "cancelled"
        )
        change.record(StateChanged(was="cancelled", to=before, transition="T12", reason=reason))
    return change.ticket
