"""PURE: ``apply(state, fact, at) → state``, the fold that the gate, replay, history and verify share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otklik.tickets import events as e


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketState:
    """Everything that the journal says of a ticket; names are the columns of ``Ticket``."""

    number: int = 0
    type: str = "incident"
    origin: str = "human"
    subject: str = ""
    status: str = "new"
    pending_reason: str = ""
    pending_data: dict[str, Any] = field(default_factory=dict)
    pending_since: datetime | None = None
    requester: int | None = None
    affected_person: int | None = None
    reporter: str = ""
    contact: dict[str, str] = field(default_factory=dict)
    organisation: int | None = None
    service: int | None = None
    impact: int = 3
    urgency: int = 3
    raised_by: tuple[str, ...] = ()
    priority_computed: str = "P4"
    priority_override: str = ""
    priority: str = "P4"
    channel: str = "portal"
    team: int | None = None
    assignee: int | None = None
    visibility: str = "participants"
    place: int | None = None
    device: str = ""
    deadline_text: str = ""
    error_text: str = ""
    alert_key: str = ""
    tags: tuple[str, ...] = ()
    participants: frozenset[tuple[int, str]] = frozenset()  # (person, role)
    opened_at: datetime | None = None
    acknowledged_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    service_restored_at: datetime | None = None
    promised_until: datetime | None = None
    customer_waiting_since: datetime | None = None
    last_customer_at: datetime | None = None
    last_staff_at: datetime | None = None
    public_status: str = ""
    resolution_code: str = ""
    cause_code: str = ""
    cancel_reason: str = ""
    reopen_count: int = 0
    before_reopen: tuple[Any, ...] = ()  # (resolved_at, resolution_code) while a reopening may still be voided
    before_cancel: tuple[Any, ...] = ()  # (status, pending_reason, pending_data, pending_since)


def instant(text: str) -> datetime:
    """An instant of a payload as an aware datetime in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def replay(facts: Iterable[tuple[Any, datetime, str]]) -> TicketState:
    """Fold a whole history of (fact, effective time, actor as text), oldest first, voided ones left out."""
    state = TicketState()
    for fact, at, actor in facts:
        state = apply(state, fact, at, actor)
    return state


def apply(state: TicketState, fact: Any, at: datetime, actor: str = "") -> TicketState:
    """The state after one fact; facts that tell nothing about the ticket's own fields leave it as it is."""
    step = _STEPS.get(fact.kind)
    return state if step is None else step(state, fact, at, actor)


def _created(state: TicketState, fact: e.TicketCreated, at: datetime, actor: str) -> TicketState:
    opened = instant(fact.opened_at)
    return replace(
        state,
        number=fact.number,
        type=fact.type,
        origin=fact.origin,
        subject=fact.subject,
        status="new",
        requester=fact.requester,
        affected_person=fact.affected_person or fact.requester,
        reporter=fact.reporter,
        contact=dict(fact.contact),
        organisation=fact.organisation,
        service=fact.service,
        impact=fact.impact,
        urgency=fact.urgency,
        raised_by=tuple(fact.raised_by),
        priority_computed=fact.priority_computed,
        priority=fact.priority_computed,
        channel=fact.channel,
        team=fact.team,
        visibility=fact.visibility,
        place=fact.place,
        device=fact.device,
        deadline_text=fact.deadline_text,
        error_text=fact.error_text,
        alert_key=fact.alert_key,
        tags=tuple(fact.tags),
        participants=frozenset((person, "cc") for person in fact.cc),
        opened_at=opened,
        first_response_at=opened if fact.live_contact else None,
    )


def _field(state: TicketState, fact: e.FieldChanged, at: datetime, actor: str) -> TicketState:
    new = tuple(fact.new) if fact.field == "tags" else fact.new
    if fact.field == "opened_at":
        new = instant(fact.new)
    changed: dict[str, Any] = {fact.field: new}
    return replace(state, **changed)


def _type(state: TicketState, fact: e.TypeChanged, at: datetime, actor: str) -> TicketState:
    return replace(
        state, type=fact.new, priority_computed=fact.computed, priority=state.priority_override or fact.computed
    )


def _priority(state: TicketState, fact: e.PriorityChanged, at: datetime, actor: str) -> TicketState:
    return replace(
        state,
        impact=fact.impact[1],
        urgency=fact.urgency[1],
        raised_by=tuple(fact.raised_by),
        priority_computed=fact.computed,
        priority_override=fact.override,
        priority=fact.new,
    )


def _moved(state: TicketState, fact: e.StateChanged, at: datetime, actor: str) -> TicketState:
    if fact.transition == "T12":
        status, reason, data, since = state.before_cancel or ("open", "", {}, None)
        return replace(
            state,
            status=status,
            pending_reason=reason,
            pending_data=data,
            pending_since=since,
            cancelled_at=None,
            cancel_reason="",
            before_cancel=(),
        )
    state = replace(state, status=fact.to)
    if fact.was == "new" and fact.to in {"open", "pending", "resolved"} and state.acknowledged_at is None:
        state = replace(state, acknowledged_at=at)
    if fact.to == "pending":
        state = replace(state, pending_reason=fact.pending_reason, pending_data=dict(fact.data), pending_since=at)
        if fact.pending_reason == "requester":
            state = replace(state, customer_waiting_since=None)
    elif fact.to != "cancelled":
        state = replace(state, pending_reason="", pending_data={}, pending_since=None)
    return _ended(state, fact, at)


def _ended(state: TicketState, fact: e.StateChanged, at: datetime) -> TicketState:
    if fact.to == "resolved":
        if fact.transition == "T9" and state.before_reopen:
            at = state.before_reopen[0]
            state = replace(state, resolution_code=state.before_reopen[1], before_reopen=())
        return replace(state, resolved_at=at, promised_until=None, customer_waiting_since=None)
    if fact.to == "closed":
        return replace(state, closed_at=at)
    if fact.to == "cancelled":
        before = (fact.was, state.pending_reason, state.pending_data, state.pending_since)
        return replace(
            state,
            cancelled_at=at,
            cancel_reason=fact.reason,
            promised_until=None,
            pending_reason="",
            pending_data={},
            pending_since=None,
            before_cancel=before,
        )
    if fact.transition in {"T8", "T13"}:
        solved = (state.resolved_at, state.resolution_code)
        return replace(state, resolved_at=None, closed_at=None, resolution_code="", before_reopen=solved)
    return state


def _public(state: TicketState, fact: e.MessagePublic, at: datetime, actor: str) -> TicketState:
    if fact.author_kind != "human":
        return state
    if fact.side == "customer":
        if fact.description or fact.is_gratitude:
            return replace(state, last_customer_at=at)
        waiting = state.customer_waiting_since or at
        return replace(state, last_customer_at=at, customer_waiting_since=waiting)
    if fact.side == "staff":
        state = _answered(state, at, actor)
        return (
            state if state.promised_until is None or at > state.promised_until else replace(state, promised_until=None)
        )
    return state


def _answered(state: TicketState, at: datetime, actor: str) -> TicketState:
    """A qualifying response (§4.4): by staff who are neither requester nor affected person, never by a mere program."""
    if actor.startswith("client:") or actor in {f"person:{state.requester}", f"person:{state.affected_person}"}:
        return state
    first = state.first_response_at or (at if state.requester is not None else None)
    return replace(state, first_response_at=first, last_staff_at=at, customer_waiting_since=None)


def _called(state: TicketState, fact: e.CallLogged, at: datetime, actor: str) -> TicketState:
    return _answered(state, at, actor) if fact.reached else state


def _assigned(state: TicketState, fact: e.AssignmentChanged, at: datetime, actor: str) -> TicketState:
    return replace(state, team=fact.team, assignee=fact.assignee)


def _joined(state: TicketState, fact: e.ParticipantAdded, at: datetime, actor: str) -> TicketState:
    return replace(state, participants=state.participants | {(fact.person, fact.role)})


def _left(state: TicketState, fact: e.ParticipantRemoved, at: datetime, actor: str) -> TicketState:
    return replace(state, participants=state.participants - {(fact.person, fact.role)})


def _promised(state: TicketState, fact: e.UpdatePromised, at: datetime, actor: str) -> TicketState:
    return replace(state, promised_until=None if fact.until is None else instant(fact.until))


def _status_text(state: TicketState, fact: e.PublicStatusSet, at: datetime, actor: str) -> TicketState:
    return replace(state, public_status=fact.text)


def _solved(state: TicketState, fact: e.SolutionRecorded, at: datetime, actor: str) -> TicketState:
    state = replace(state, resolution_code=fact.code, cause_code=fact.cause_code or state.cause_code)
    return _answered(state, at, actor) if actor.startswith("person:") and fact.message else state


def _reopened(state: TicketState, fact: e.ReopenDone, at: datetime, actor: str) -> TicketState:
    return replace(state, reopen_count=state.reopen_count + 1)


def _reopen_voided(state: TicketState, fact: e.ReopenVoided, at: datetime, actor: str) -> TicketState:
    return replace(state, reopen_count=max(0, state.reopen_count - 1), customer_waiting_since=None)


def _restored(state: TicketState, fact: e.ServiceRestored, at: datetime, actor: str) -> TicketState:
    return replace(state, service_restored_at=instant(fact.as_of))


def _recovered(state: TicketState, fact: e.AlertRecovered, at: datetime, actor: str) -> TicketState:
    return state if state.service_restored_at else replace(state, service_restored_at=at)


def _not_needed(state: TicketState, fact: e.ResponseNotNeeded, at: datetime, actor: str) -> TicketState:
    return replace(state, customer_waiting_since=None)


def _merged(state: TicketState, fact: e.MergeDone, at: datetime, actor: str) -> TicketState:
    if fact.waiting_since is None:
        return state
    since = instant(fact.waiting_since)
    return replace(state, customer_waiting_since=min(since, state.customer_waiting_since or since))


def _merge_voided(state: TicketState, fact: e.MergeVoided, at: datetime, actor: str) -> TicketState:
    return replace(state, customer_waiting_since=None if fact.waiting_since is None else instant(fact.waiting_since))


def _split(state: TicketState, fact: e.SplitDone, at: datetime, actor: str) -> TicketState:
    """What was said before the split counts where it is shown now."""
    for key, moment, side, kind, gratitude, author in fact.said:
        if kind != "human":
            continue
        at = instant(moment)
        if side == "staff" and author is not None:
            state = _answered(state, at, f"person:{author}")
        elif side == "customer":
            waits = state.customer_waiting_since or (None if gratitude or key == fact.opening else at)
            state = replace(state, last_customer_at=at, customer_waiting_since=waits)
    return state


_STEPS: dict[str, Any] = {
    "ticket.created": _created,
    "ticket.field_changed": _field,
    "ticket.type_changed": _type,
    "ticket.priority_changed": _priority,
    "ticket.state_changed": _moved,
    "message.public": _public,
    "call.logged": _called,
    "assignment.changed": _assigned,
    "participant.added": _joined,
    "participant.removed": _left,
    "update.promised": _promised,
    "public_status.set": _status_text,
    "solution.recorded": _solved,
    "reopen.done": _reopened,
    "reopen.voided": _reopen_voided,
    "service.restored": _restored,
    "alert.recovered": _recovered,
    "response.not_needed": _not_needed,
    "merge.done": _merged,
    "merge.voided": _merge_voided,
    "split.done": _split,
}
