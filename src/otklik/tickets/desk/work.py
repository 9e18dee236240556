"""Working on a ticket: who is on it, taking it, putting it on hold, going on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from otklik.businesstime import add_days
from otklik.journal.record import Actor
from otklik.journal.timeline import entries
from otklik.people.access import person_of
from otklik.people.models import Person, Team
from otklik.tickets import access
from otklik.tickets._gate import Change, changing, subject_of
from otklik.tickets.desk.content import Content, author_kind_of, public_fact, store
from otklik.tickets.desk.conversation import assign_to, claim, take_up
from otklik.tickets.events import (
    AssignmentChanged,
    ReminderDue,
    ServiceRestored,
    StateChanged,
    UpdateMissed,
)
from otklik.tickets.lifecycle import MAX_FOLLOW_UP_DAYS, MAX_SCHEDULED_DAYS, PENDING_REASONS, Missing, lawful
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.tickets.worktime import working_calendar

REASON_CODES = ("wrong_team", "needs_expertise", "load", "shift_end", "absence", "requester_wish")


def assign(
    ticket: Ticket,
    *,
    to: Person | None = None,
    team: Team | None = None,
    mode: str = "manual",
    reason_code: str = "",
    because: Sequence[str] = (),
    text: str = "",
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """Put somebody on it, or hand it to a team. Assignment alone does not leave ``new``: take-up does.

    Without ``team`` the ticket stays where it is; handing it to another team clears the assignee and needs the right
    to assign across teams. Raises ``Refused`` where the person is not of the team or may not see the ticket.
    """
    with changing(ticket, actor=actor, verb="assign", expect=expect) as change:
        state = change.state
        if state.status in {"closed", "cancelled"}:
            raise Refused(Missing("state", state.status))
        target = team.pk if team is not None else state.team
        if target != state.team and not access.may(actor, "assign_across", change.ticket):
            raise Refused(Missing("across"))
        if to is not None:
            _fits(change, to, target)
        assignee = to.pk if to is not None else None
        if (target, assignee) == (state.team, state.assignee):
            return change.ticket
        change.record(
            AssignmentChanged(
                team=target,
                assignee=assignee,
                old_team=state.team,
                old_assignee=state.assignee,
                mode=mode,
                reason_code=reason_code,
                text=text,
                because=list(because),
            )
        )
    return change.ticket


def _fits(change: Change, person: Person, team: int | None) -> None:
    if not person.is_active or not person.memberships.filter(team=team).exists():
        raise Refused(Missing("not_member", person.name))


def take(ticket: Ticket, *, expect: int | None = None, actor: Actor) -> Ticket:
    """«Взять»: the actor is on it from now on, and a new ticket is in work (T2)."""
    person = person_of(actor)
    if person is None:
        raise Forbidden("take")
    with changing(ticket, actor=actor, verb="take", expect=expect) as change:
        if change.state.status in {"resolved", "closed", "cancelled"}:
            raise Refused(Missing("state", change.state.status))
        if change.state.assignee != person.pk:
            _fits(change, person, change.state.team)
            assign_to(change, person.pk, mode="pull")
        take_up(change)
    return change.ticket


@transaction.atomic
def hold(
    ticket: Ticket,
    *,
    reason: str,
    question: Content | None = None,
    until: datetime | None = None,
    asked_by: str = "",
    supplier: str = "",
    reference: str = "",
    follow_up_at: datetime | None = None,
    recipients: Sequence[int] | None = None,
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """T3: put the ticket on hold. Every reason comes with its data (domain.md §2.3): ``requester`` with the question
    asked in the same step, ``third_party`` with supplier, reference and a date, ``scheduled`` with until and by whom.
    """
    with changing(ticket, actor=actor, verb="hold", expect=expect) as change:
        if wrong := lawful("T3", change.state.status):
            raise Refused(wrong)
        data = {
            "until": until.isoformat() if until else "",
            "asked_by": asked_by,
            "supplier": supplier.strip(),
            "reference": reference.strip(),
            "follow_up_at": follow_up_at.isoformat() if follow_up_at else "",
        }
        _complete(change, reason, data, question, until, follow_up_at)
        was = change.state.status
        if was == "new":
            claim(change)
        if question is not None and reason == "requester":
            message = store(
                change.ticket,
                question,
                at=change.moment,
                audience="public",
                side="staff",
                channel="portal",
                author=person_of(actor),
                author_kind=author_kind_of(actor),
                kind="question",
            )
            told = public_fact(
                message, question, question=True, recipients=None if recipients is None else list(recipients)
            )
            change.record(told)
        kept = {name: value for name, value in data.items() if value}
        change.record(StateChanged(was=was, to="pending", transition="T3", pending_reason=reason, data=kept))
    return change.ticket


def _complete(
    change: Change,
    reason: str,
    data: dict[str, str],
    question: Content | None,
    until: datetime | None,
    follow_up_at: datetime | None,
) -> None:
    if reason not in PENDING_REASONS:
        raise Refused(Missing("pending_reason"))
    missing = [Missing(name) for name in PENDING_REASONS[reason] if name != "question" and not data[name]]
    if reason == "requester":
        if question is None or not question.text.strip():
            missing.append(Missing("question"))
        else:
            question.check()
    if reason == "scheduled":
        if data["asked_by"] not in {"requester", "provider"} and Missing("asked_by") not in missing:
            missing.append(Missing("asked_by"))
        if until and not change.moment < until <= change.moment + timedelta(days=MAX_SCHEDULED_DAYS):
            missing.append(Missing("until"))
    if reason == "third_party" and follow_up_at:
        last = add_days(working_calendar(change.ticket), change.moment, MAX_FOLLOW_UP_DAYS)
        if not change.moment < follow_up_at <= last:
            missing.append(Missing("follow_up_at"))
    if missing:
        raise Refused(*missing)


def resume(ticket: Ticket, *, reason: str = "", expect: int | None = None, actor: Actor) -> Ticket:
    """T4: go on with a ticket that was on hold."""
    with changing(ticket, actor=actor, verb="resume", expect=expect) as change:
        if wrong := lawful("T4", change.state.status):
            raise Refused(wrong)
        change.record(StateChanged(was="pending", to="open", transition="T4", reason=reason))
    return change.ticket


def restore_service(ticket: Ticket, *, as_of: datetime, actor: Actor) -> Ticket:
    """«Услуга восстановлена»: the service works again, though the ticket may go on."""
    with changing(ticket, actor=actor, verb="restored") as change:
        if as_of > change.moment or (change.state.opened_at and as_of < change.state.opened_at - timedelta(days=30)):
            raise Refused(Missing("too_late"))
        change.record(ServiceRestored(as_of=as_of.isoformat()))
    return change.ticket


def remind(ticket: Ticket, *, what: str, step: str, actor: Actor) -> bool:
    """Record that a reminder is due, once per step; false where it was recorded before."""
    with changing(ticket, actor=actor, verb="edit") as change:
        told = entries(subject_of(change.ticket), kinds=[ReminderDue.kind])
        if any((one.fact.what, one.fact.step) == (what, step) for one in told if isinstance(one.fact, ReminderDue)):
            return False
        change.record(ReminderDue(what=what, step=step))
    return True


def miss_update(ticket: Ticket, *, actor: Actor) -> bool:
    """The promised word was not given in time: recorded once per promise; assignee and lead hear of it."""
    with changing(ticket, actor=actor, verb="edit") as change:
        until = change.state.promised_until
        if until is None or until > change.moment:
            return False
        told = entries(subject_of(change.ticket), kinds=[UpdateMissed.kind])
        if any(one.fact.until == until.isoformat() for one in told if isinstance(one.fact, UpdateMissed)):
            return False
        change.record(UpdateMissed(until=until.isoformat()))
    return True
