"""Facts about tickets (domain.md §3). Ids of people, teams and services are numbers; instants are ISO text in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from otklik.journal.record import INTERNAL, PUBLIC, RESTRICTED, Event


@dataclass(frozen=True, kw_only=True)
class TicketCreated(Event):
    """All initial fields of a ticket; ``opened_at`` is when the customer turned to us, the anchor of every promise."""

    kind = "ticket.created"
    audience = PUBLIC
    number: int
    type: str
    origin: str
    subject: str
    opened_at: str
    channel: str
    requester: int | None = None
    affected_person: int | None = None
    reporter: str = ""
    contact: dict[str, str] = field(default_factory=dict)
    organisation: int | None = None
    service: int | None = None
    impact: int = 3
    urgency: int = 3
    stated_urgency: int = 3
    raised_by: list[str] = field(default_factory=list)
    priority_computed: str = "P4"
    team: int | None = None
    visibility: str = "participants"
    place: int | None = None
    device: str = ""
    deadline_text: str = ""
    error_text: str = ""
    alert_key: str = ""
    live_contact: bool = False
    cc: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    set_back_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldChanged(Event):
    """One field, old and new: subject, service, contact, place, device, organisation, visibility, tags, …"""

    kind = "ticket.field_changed"
    field: str
    old: Any
    new: Any
    reason: str = ""

    def seen_by(self) -> str:
        return PUBLIC if self.field in {"subject", "service", "contact"} else INTERNAL


@dataclass(frozen=True, kw_only=True)
class TypeChanged(Event):
    """Incident, service request or question."""

    kind = "ticket.type_changed"
    audience = PUBLIC
    old: str
    new: str
    computed: str


@dataclass(frozen=True, kw_only=True)
class PriorityChanged(Event):
    """Impact, urgency or an override changed; ``computed`` is by the matrix, ``new`` is what counts."""

    kind = "ticket.priority_changed"
    audience = PUBLIC
    old: str
    new: str
    computed: str
    impact: list[int]
    urgency: list[int]
    raised_by: list[str] = field(default_factory=list)
    override: str = ""
    reason_code: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """A step of the lifecycle; ``transition`` is its number in domain.md §2.4."""

    kind = "ticket.state_changed"
    audience = PUBLIC
    was: str
    to: str
    transition: str
    pending_reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    cause: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessageFact(Event):
    """Common part of messages: the content lives in ``Message``, here stand its id and a salted commitment."""

    message: str
    commitment: str
    side: str  # customer, staff or system
    author_kind: str = "human"
    channel: str = "portal"
    attachments: int = 0


@dataclass(frozen=True, kw_only=True)
class MessagePublic(MessageFact):
    """A message that the requester sees. ``question`` marks the one with which the ticket was put on hold."""

    kind = "message.public"
    audience = PUBLIC
    is_gratitude: bool = False
    question: bool = False
    description: bool = False
    recipients: list[int] | None = None  # people it goes to by mail; None: everybody concerned
    broadcast_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageInternal(MessageFact):
    """A note among staff. The requester never learns that it exists."""

    kind = "message.internal"
    mentions: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class MessageWaiting(MessageFact):
    """A message of a sender who is no participant: it waits inside the ticket until somebody confirms it."""

    kind = "mail.quarantined"
    sender: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageAccepted(Event):
    """A waiting message was confirmed and is public from now on."""

    kind = "mail.accepted"
    message: str
    person: int | None = None


@dataclass(frozen=True, kw_only=True)
class MailReceived(Event):
    """How a mail came here: what it was matched by and what is known of its sender.

    ``answer`` says whether an automatic answer may go back: 'known' person with a verified address, 'stranger' (rarely,
    and without a word of theirs), 'loop' (a machine is suspected), 'never' (it asked for none, or carries a code).
    """

    kind = "mail.received"
    bumps_version = False
    ledger: int
    message_id: str = ""
    sender: str = ""
    verdict: str = "unverified"
    matched_by: str = ""
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageDelivery(Event):
    """What became of a letter of ours: queued, sent, failed, bounced or unknown."""

    kind = "message.delivery"
    bumps_version = False
    delivery: int
    recipient: str
    status: str
    detail: str = ""
    message: str = ""
    certain: bool = True  # False where a report named no letter of ours, so that anybody may have written it


@dataclass(frozen=True, kw_only=True)
class CallLogged(Event):
    """A phone call."""

    kind = "call.logged"
    direction: str
    reached: bool
    minutes: int = 0
    note: str = ""

    def seen_by(self) -> str:
        return PUBLIC if self.reached else INTERNAL


@dataclass(frozen=True, kw_only=True)
class AssignmentChanged(Event):
    """Who is on it: team and assignee, before and after, how and why."""

    kind = "assignment.changed"
    audience = PUBLIC
    team: int | None
    assignee: int | None
    old_team: int | None = None
    old_assignee: int | None = None
    mode: str = "manual"
    reason_code: str = ""
    text: str = ""
    because: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ParticipantAdded(Event):
    """Somebody joins: role 'cc' (customer side), 'watcher' (staff) or 'granted' (may see a restricted ticket)."""

    kind = "participant.added"
    person: int
    role: str
    source: str = ""

    def seen_by(self) -> str:
        return PUBLIC if self.role == "cc" else INTERNAL


@dataclass(frozen=True, kw_only=True)
class ParticipantRemoved(ParticipantAdded):
    """Somebody leaves."""

    kind = "participant.removed"


@dataclass(frozen=True, kw_only=True)
class LinkAdded(Event):
    """A link to another record; it is public only where both ends are (decided when shown)."""

    kind = "link.added"
    link: str
    other_kind: str
    other: str
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class LinkRemoved(LinkAdded):
    """The link is gone."""

    kind = "link.removed"


@dataclass(frozen=True, kw_only=True)
class FollowUpCreated(Event):
    """A message to a closed ticket opened a new one."""

    kind = "follow_up.created"
    audience = PUBLIC
    ticket: str
    number: int


@dataclass(frozen=True, kw_only=True)
class MergeDone(Event):
    """Another ticket went up in this one (domain.md §2.7): its messages are shown here from now on.

    ``counts``: both are of one organisation and type, so that its waiting counts for the promises (§4.8). ``people``
    and ``tags`` are what it brought along, ``waiting_since`` since when its customer side waits for an answer.
    """

    kind = "merge.done"
    source: str
    number: int
    counts: bool
    people: list[list[Any]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    waiting_since: str | None = None


@dataclass(frozen=True, kw_only=True)
class MergeVoided(Event):
    """The other ticket stands by itself again; ``waiting_since`` is what holds here without it."""

    kind = "merge.voided"
    source: str
    number: int
    waiting_since: str | None = None


@dataclass(frozen=True, kw_only=True)
class SplitDone(Event):
    """Messages of one ticket began another one, which shows them too (domain.md §2.8); recorded at both ends.

    ``said`` stands at the new end only: what its clocks need of each word since the ``opening`` one, as
    [message, instant, side, author_kind, is_gratitude, author].
    """

    kind = "split.done"
    source: str
    source_number: int
    ticket: str
    number: int
    messages: list[str]
    opening: str
    said: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class UpdatePromised(Event):
    """«Напишем до …»: the explicit promise of the next word; ``until`` None takes it back."""

    kind = "update.promised"
    audience = PUBLIC
    until: str | None


@dataclass(frozen=True, kw_only=True)
class UpdateMissed(Event):
    """A promised word was not given in time; recorded once per promise."""

    kind = "update.missed"
    bumps_version = False
    until: str


@dataclass(frozen=True, kw_only=True)
class PublicStatusSet(Event):
    """At most 140 characters for the requester about where things stand."""

    kind = "public_status.set"
    audience = PUBLIC
    text: str


@dataclass(frozen=True, kw_only=True)
class SolutionRecorded(Event):
    """The solution: its text and instructions are the content of ``message``; the cause is for staff."""

    kind = "solution.recorded"
    audience = PUBLIC
    code: str
    message: str = ""
    commitment: str = ""
    cause_code: str = ""
    kb_action: str = "not_needed"


@dataclass(frozen=True, kw_only=True)
class ReopenDone(Event):
    """Back to work after a solution, and by whose word."""

    kind = "reopen.done"
    audience = PUBLIC
    cause: str
    message: str = ""
    as_of: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ReopenVoided(Event):
    """The reopening is treated as never having happened."""

    kind = "reopen.voided"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ServiceRestored(Event):
    """The service works again, though the ticket may go on."""

    kind = "service.restored"
    audience = PUBLIC
    as_of: str


@dataclass(frozen=True, kw_only=True)
class ResponseNotNeeded(Event):
    """The customer's last message needs no answer: this cycle of ``next_response`` is cancelled."""

    kind = "response.not_needed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReminderDue(Event):
    """A reminder to the requester, or to the agent where a supplier should be asked again; once per ``step``."""

    kind = "reminder.due"
    what: str
    step: str


@dataclass(frozen=True, kw_only=True)
class WorkLogged(Event):
    """Minutes of work."""

    kind = "work.logged"
    minutes: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AlertRepeated(Event):
    """The monitor said the same again."""

    kind = "alert.repeated"
    summary: str


@dataclass(frozen=True, kw_only=True)
class AlertRecovered(Event):
    """The monitor says it is over."""

    kind = "alert.recovered"
    summary: str


@dataclass(frozen=True, kw_only=True)
class RestrictedViewed(Event):
    """Somebody opened a ticket of restricted visibility."""

    kind = "access.viewed_restricted"
    audience = RESTRICTED
    bumps_version = False
    how: str = "page"
