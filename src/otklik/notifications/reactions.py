"""Event → who hears it: each fact that somebody should hear of, and by which row of the table (domain.md §10.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from otklik.channels.events import LetterTooLarge
from otklik.journal.beats import BOOK, TELL, reacts
from otklik.journal.config import current
from otklik.journal.models import Entry
from otklik.journal.questions import Question
from otklik.journal.record import PUBLIC, Event, Recorded, read
from otklik.outbox import posting
from otklik.outbox.models import Delivery
from otklik.people.access import person_of
from otklik.people.models import Person
from otklik.routing.events import (
    AssignmentFlagged,
    AssignmentReturned,
    AssignmentUnavailable,
    HandOverProposed,
    PersonPaged,
)
from otklik.sla.events import SlaBreached, SlaEscalated, SlaRebound, SlaWarned, TicketsUnwatched
from otklik.tickets.events import (
    AssignmentChanged,
    MailReceived,
    MergeDone,
    MessageAccepted,
    MessageDelivery,
    MessageInternal,
    MessagePublic,
    MessageWaiting,
    PriorityChanged,
    ReminderDue,
    ServiceRestored,
    SolutionRecorded,
    SplitDone,
    StateChanged,
    TicketCreated,
    UpdateMissed,
)
from otklik.tickets.lifecycle import SILENT_CANCELS
from otklik.tickets.models import Link, Message, Ticket
from otklik.tickets.policy import TIMERS_NAME

from . import ends, ladder, oversized, policy, suppression, thread
from .dispatch import tell, tell_admins, tell_people
from .events import ReceiptWithheld
from .matrix import CUSTOMER
from .recipients import Hearer

STAFF_ROLES = frozenset({"assignee", "team", "watcher", "lead", "manager", "mentioned"})
UNDELIVERED = frozenset({"failed", "unknown", "bounced", "complaint"})
_TICKET = Question(
    lambda key: Ticket.objects.select_related(
        "requester", "affected_person", "assignee", "team", "service", "place"
    ).filter(pk=key)
)
_ACT = Question(
    lambda kind, subject, correlation, at: Entry.objects.filter(
        subject_kind=kind, subject_id=subject, correlation=correlation, recorded_at=at
    ).order_by("seq"),
    slots=4,
)
_FORMER = Question(
    lambda ticket: (
        Link.objects.filter(ticket=ticket, kind="follow_up_of", other_kind="ticket")
        .order_by("pk")
        .values_list("other", flat=True)[:1]
    )
)


def ticket_of(recorded: Recorded) -> Ticket:
    """The ticket as it is now."""
    return _TICKET.one(recorded.subject.id)


def same_act(recorded: Recorded) -> list[Any]:
    """The facts recorded in the same breath: changes of one action are one message."""
    subject = recorded.subject
    return [read(row).fact for row in _ACT.all(subject.kind, subject.id, recorded.correlation, recorded.recorded_at)]


def first(facts: list[Any], kind: type[Any]) -> Any | None:
    """The first fact of a type."""
    return next((fact for fact in facts if isinstance(fact, kind)), None)


# -- opening -------------------------------------------------------------------------------------------------------
@reacts(to=TicketCreated, beat=TELL)
def created(recorded: Recorded) -> None:
    """The receipt at once; the team by the bell; a ticket of priority P1 is told of as urgent."""
    ticket, facts = ticket_of(recorded), same_act(recorded)
    urgent = ticket.priority == "P1"
    without = {"team"} if urgent else ()
    if (split := first(facts, SplitDone)) is not None:
        told = ends.of_split(ticket, split)
        heard = tell(recorded, ticket, "split", facts=told, actor_too=True, without=without)
    else:
        heard = _received(recorded, ticket, facts, without)
    if urgent:
        never = [one.person.pk for one in heard]
        tell(recorded, ticket, "urgent", facts={"priority": "P1"}, without=CUSTOMER, never=never)


def _received(recorded: Recorded, ticket: Ticket, facts: list[Any], without: Iterable[str]) -> list[Hearer]:
    description = first(facts, MessagePublic)
    told = {"answer": _answer(recorded, ticket, facts), "letter": "receipt"}
    former = _FORMER.first(ticket.pk)
    if told["answer"] in {"stranger", "loop"}:
        told["letter"] = "stranger"
    elif former is not None:
        number = Ticket.objects.filter(pk=former).values_list("number", flat=True).first()
        told |= {"letter": "follow_up", "former": str(number)}
    key = description.message if description is not None else ""
    return tell(recorded, ticket, "created", facts=told, message=key, actor_too=True, without=without)


def _answer(recorded: Recorded, ticket: Ticket, facts: list[Any]) -> str:
    """Whether we may answer: by what intake says of a letter, else by who opened the ticket."""
    came = first(facts, MailReceived)
    if came is not None:
        return came.answer or ("known" if came.verdict == "verified" else "stranger")
    description = first(facts, MessagePublic)
    if ticket.origin != "human" or (description is not None and description.author_kind != "human"):
        return "never"
    if person_of(recorded.actor) is not None or ticket.requester is None:
        return "known"
    return "known" if ticket.requester.last_login or ticket.requester.has_usable_password() else "stranger"


# -- who is on it --------------------------------------------------------------------------------------------------
@reacts(to=AssignmentChanged, beat=TELL)
def assigned(recorded: Recorded) -> None:
    """The new assignee by mail; the requester by the bell, unless the same act says more; a new team by the bell."""
    fact, ticket, facts = recorded.fact, ticket_of(recorded), same_act(recorded)
    assert isinstance(fact, AssignmentChanged)
    if fact.assignee is None:
        if fact.team != fact.old_team:
            tell(recorded, ticket, "handed")
        return
    if fact.assignee == fact.old_assignee:
        return
    to = Person.objects.filter(pk=fact.assignee).first()
    told = {"to": to.name if to else "", "to_person": fact.assignee}
    said_otherwise = first(facts, StateChanged) or first(facts, MessagePublic)
    tell(recorded, ticket, "assigned", facts=told, without=CUSTOMER if said_otherwise else ())


# -- words ---------------------------------------------------------------------------------------------------------
@reacts(to=MessagePublic, beat=TELL, when=lambda fact: not fact.description)
def said(recorded: Recorded) -> None:
    """An answer, a question, a word of the customer side."""
    fact, ticket, facts = recorded.fact, ticket_of(recorded), same_act(recorded)
    assert isinstance(fact, MessagePublic)
    moved = [one for one in facts if isinstance(one, StateChanged)]
    if fact.side == "staff":
        if any(one.transition == "T11" for one in moved):
            tell(recorded, ticket, "cancelled", message=fact.message)
        else:
            what = "asked" if fact.question else "replied"
            tell(recorded, ticket, what, message=fact.message, only=fact.recipients)
    elif fact.side == "customer":
        _customer_said(recorded, ticket, fact, reopened=any(one.transition in {"T8", "T13"} for one in moved))


def _customer_said(recorded: Recorded, ticket: Ticket, fact: MessagePublic, *, reopened: bool) -> None:
    if fact.author_kind != "human" or (fact.is_gratitude and ticket.status == "resolved"):
        tell(recorded, ticket, "auto_wrote" if fact.author_kind != "human" else "thanked", message=fact.message)
        return
    without = STAFF_ROLES if reopened else {"team"} if ticket.assignee_id else set()
    author = Message.objects.filter(pk=fact.message).values_list("author_id", "author_name").first()
    never = {author[0]} if author and author[0] else set()
    told = {"who": author[1]} if author else {}
    tell(recorded, ticket, "customer_wrote", facts=told, message=fact.message, without=without, never=never)


@reacts(to=MessageAccepted, beat=TELL)
def accepted(recorded: Recorded) -> None:
    """A word that waited is public now: the others of the customer side hear of it."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, MessageAccepted)
    never = {fact.person} if fact.person else set()
    tell(recorded, ticket, "customer_wrote", message=fact.message, without={"team"}, never=never)


@reacts(to=MessageInternal, beat=TELL)
def noted(recorded: Recorded) -> None:
    """A note: those named in it by mail, the assignee and the watchers by the bell."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, MessageInternal)
    named = set(fact.mentions)
    if named:
        tell(recorded, ticket, "mentioned", message=fact.message, mentioned=named)
    tell(recorded, ticket, "noted", never=named)


@reacts(to=MessageWaiting, beat=TELL)
def waits(recorded: Recorded) -> None:
    """A stranger's word waits for somebody's decision."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, MessageWaiting)
    tell(
        recorded, ticket, "sender_waits", facts={"sender": fact.sender}, without={"team"} if ticket.assignee_id else ()
    )


# -- the lifecycle -------------------------------------------------------------------------------------------------
@reacts(to=StateChanged, beat=TELL)
def moved(recorded: Recorded) -> None:
    """Steps of the lifecycle (domain.md §2.4, column Notifies)."""
    fact = recorded.fact
    assert isinstance(fact, StateChanged)
    step = _STEPS.get(fact.transition)
    if step is not None:
        step(recorded, ticket_of(recorded), fact, same_act(recorded))


def _taken(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if first(facts, MessagePublic) is not None:
        return  # the answer itself says who is on it
    tell(
        recorded,
        ticket,
        "taken",
        only=None if policy.sends("taken") else (),
        without={"watcher"} if first(facts, AssignmentChanged) else (),
    )


def _paused(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if fact.pending_reason != "requester":
        tell(recorded, ticket, "paused", facts={"reason": fact.pending_reason})


def _resumed(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if fact.reason != "answered":
        tell(recorded, ticket, "resumed")


def _solved(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if fact.reason == "resolved_by_requester":
        return  # the confirmation follows in the same breath
    solution = first(facts, SolutionRecorded)
    tell(recorded, ticket, "solved", message=solution.message if solution is not None else "")


def _closed(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if fact.reason == "confirmed":
        tell(recorded, ticket, "confirmed")
    else:
        tell(recorded, ticket, "closed", only=None if policy.sends("closed") else ())


def _reopened(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    by_customer = fact.reason in {"message", "not_solved", "gratitude"}
    words = first(facts, MessagePublic)
    tell(
        recorded,
        ticket,
        "reopened",
        message=words.message if by_customer and words is not None else "",
        only=() if by_customer else None,
        without={"team"} if ticket.assignee_id else (),
    )
    if fact.transition == "T8" and ticket.reopen_count >= 2:
        tell(recorded, ticket, "reopened_again", facts={"times": ticket.reopen_count})


def _withdrawn(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    tell(recorded, ticket, "withdrawn", without={"team"} if ticket.assignee_id else ())


def _cancelled(recorded: Recorded, ticket: Ticket, fact: StateChanged, facts: list[Any]) -> None:
    if fact.reason == "merged":
        if (told := ends.of_merge(ticket)) is not None:
            tell(recorded, ticket, "merged", facts=told)
    elif fact.reason not in SILENT_CANCELS and first(facts, MessagePublic) is None:
        tell(recorded, ticket, "cancelled")


@reacts(to=MergeDone, beat=TELL)
def merged_here(recorded: Recorded) -> None:
    """Whoever is on the target learns that it has become two."""
    fact = recorded.fact
    assert isinstance(fact, MergeDone)
    tell(recorded, ticket_of(recorded), "merged_here", facts={"other": fact.number})


@reacts(to=SplitDone, beat=TELL, when=lambda fact: not fact.said)
def split_off(recorded: Recorded) -> None:
    """Whoever is on the ticket that it came from; the person who asks in the new one hears of it there."""
    fact = recorded.fact
    assert isinstance(fact, SplitDone)
    tell(recorded, ticket_of(recorded), "split_off", facts={"other": fact.number}, never=ends.asks_in(fact))


_STEPS = {
    "T2": _taken,
    "T3": _paused,
    "T4": _resumed,
    "T5": _solved,
    "T6": _solved,
    "T7": _closed,
    "T8": _reopened,
    "T10": _withdrawn,
    "T11": _cancelled,
    "T12": _reopened,
    "T13": _reopened,
}


# -- time and importance -------------------------------------------------------------------------------------------
@reacts(to=PriorityChanged, beat=TELL, when=lambda fact: fact.old != fact.new)
def judged_anew(recorded: Recorded) -> None:
    """The importance changed; what has become P1 is urgent and told at once."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, PriorityChanged)
    if fact.new == "P1":
        tell(recorded, ticket, "urgent", facts={"priority": "P1"}, only=None if policy.sends("urgent") else ())
        return
    told = {"what": "priority", "old": fact.old, "new": fact.new}
    tell(recorded, ticket, "changed", facts=told, merge=f"priority:{ticket.number}")


@reacts(to=ReminderDue, beat=TELL)
def reminded(recorded: Recorded) -> None:
    """Our question is not answered, a solution will close by itself, a supplier should be asked again."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, ReminderDue)
    if fact.what == "question" and ticket.status == "pending":
        last = fact.step.endswith(f"#{len(current(TIMERS_NAME).data['reminders_bd'])}")
        tell(recorded, ticket, "reminded", facts={"letter": "last_reminder" if last else "reminder"})
    elif fact.what == "close" and ticket.status == "resolved":
        tell(recorded, ticket, "closing")
    elif fact.what == "supplier" and ticket.status == "pending":
        tell(recorded, ticket, "supplier_due")


@reacts(to=UpdateMissed, beat=TELL)
def word_missed(recorded: Recorded) -> None:
    """A promised word was not given: the assignee and the lead hear of it."""
    fact = recorded.fact
    assert isinstance(fact, UpdateMissed)
    tell(recorded, ticket_of(recorded), "update_missed", facts={"until": fact.until})


@reacts(to=ServiceRestored, beat=TELL)
def restored(recorded: Recorded) -> None:
    """The service works again, though the ticket may go on."""
    tell(recorded, ticket_of(recorded), "restored")


# -- letters of ours -----------------------------------------------------------------------------------------------
@reacts(to=MessageDelivery, beat=TELL, when=lambda fact: fact.status in UNDELIVERED)
def undelivered(recorded: Recorded) -> None:
    """A letter failed, came back or may not have arrived: somebody must look; a dead address is not written to."""
    fact = recorded.fact
    assert isinstance(fact, MessageDelivery)
    if fact.certain and suppression.is_final(fact.status, fact.detail):
        suppression.suppress(fact.recipient, because=fact.status, detail=fact.detail)
    kind = Delivery.objects.filter(pk=fact.delivery).values_list("kind", flat=True).first() or ""
    what = "undelivered_to_staff" if kind.startswith(thread.STAFF) else "undelivered"
    tell(recorded, ticket_of(recorded), what, facts={"address": fact.recipient, "status": fact.status})


@reacts(to=MailReceived, beat=BOOK, when=lambda fact: fact.verdict != "failed" and bool(fact.sender))
def heard_from(recorded: Recorded) -> None:
    """An address that writes to us can be written to again."""
    fact = recorded.fact
    assert isinstance(fact, MailReceived)
    suppression.lift(fact.sender)


@reacts(to=ReceiptWithheld, beat=TELL, when=lambda fact: fact.alarm)
def silenced(recorded: Recorded) -> None:
    """We have gone silent towards an address: the administrators hear of it."""
    fact = recorded.fact
    assert isinstance(fact, ReceiptWithheld)
    what = "loop" if fact.reason == "loop" else "silence"
    tell_admins("mail_alarm", {"what": what, "address": fact.address}, entry=recorded.entry)


# -- promises ------------------------------------------------------------------------------------------------------
@reacts(to=SlaWarned, beat=TELL)
def promise_in_danger(recorded: Recorded) -> None:
    """A promise runs out, is broken, or is broken for so long that the next step of the ladder is due."""
    fact = recorded.fact
    assert isinstance(fact, SlaWarned)
    what = "breached" if isinstance(fact, SlaBreached | SlaEscalated) else "warned"
    ticket, told = ticket_of(recorded), {"due": fact.due or "", "metric": fact.metric}
    names = fact.step.get("tell")
    without = {"assignee", "team"} if isinstance(fact, SlaEscalated) and names is None else ()
    rung = ladder.rung(what, ticket, names)
    tell(recorded, ticket, what, facts=told, without=without, row=rung.row, mentioned=rung.named)


@reacts(to=SlaRebound, beat=TELL)
def promise_moved(recorded: Recorded) -> None:
    """The time promised is another one; requesters hear of what was promised to them."""
    fact, ticket = recorded.fact, ticket_of(recorded)
    assert isinstance(fact, SlaRebound)
    if all(old == new for old, new in fact.dues.values()):
        return
    did = Entry.objects.filter(correlation=recorded.correlation, actor_kind="person").values_list("actor_id", flat=True)
    never = [int(key) for key in set(did)]
    without = () if fact.seen_by() == PUBLIC else CUSTOMER
    tell(recorded, ticket, "changed", facts={"what": "due"}, without=without, never=never, merge=f"due:{ticket.number}")


@reacts(to=TicketsUnwatched, beat=TELL)
def unwatched(recorded: Recorded) -> None:
    """Tickets without anybody's eye: the daily word to the lead of their team."""
    fact = recorded.fact
    assert isinstance(fact, TicketsUnwatched)
    leads = Person.objects.filter(memberships__team=int(recorded.subject.id), memberships__role="lead", is_active=True)
    numbers = ", ".join(f"№ {number}" for number in fact.numbers)
    tell_people(leads, "unwatched", {"count": fact.count, "numbers": numbers}, role="lead", entry=recorded.entry)


# -- letters that nobody could read --------------------------------------------------------------------------------
@reacts(to=LetterTooLarge, beat=TELL)
def too_large(recorded: Recorded) -> None:
    """Its sender hears what to do instead; who is told at all is the channel's decision."""
    fact = recorded.fact
    assert isinstance(fact, LetterTooLarge)
    person = Person.objects.filter(pk=fact.person, is_active=True).first()
    if person is not None and person.email and not suppression.of(person.email):
        posting.post(oversized.letter(person, limit=fact.limit, answers=fact.message_id, entry=recorded.entry))


# -- facts of rooms above this one ---------------------------------------------------------------------------------
_FROM_ABOVE = {"csat.review_asked": ("rated_low", ("score",)), "complaint.made": ("complained", ())}


@reacts(to=Event, beat=TELL, when=lambda fact: fact.kind in _FROM_ABOVE)
def from_above(recorded: Recorded) -> None:
    """Low ratings, complaints."""
    what, names = _FROM_ABOVE[recorded.kind]
    payload = recorded.fact.payload()
    tell(recorded, ticket_of(recorded), what, facts={name: payload[name] for name in names if name in payload})


@reacts(to=Event, beat=TELL, when=lambda fact: fact.kind in ("mail.alarm", "sender.alarm"))
def mail_alarm(recorded: Recorded) -> None:
    """Something about mail that the administrators must hear of."""
    payload = recorded.fact.payload()
    tell_admins("mail_alarm", {name: payload.get(name, "") for name in ("what", "address")}, entry=recorded.entry)


# -- who is looked for ---------------------------------------------------------------------------------------------
@reacts(to=PersonPaged, beat=TELL)
def called(recorded: Recorded) -> None:
    """Somebody is called outside working hours: at once, whatever the hour."""
    fact = recorded.fact
    assert isinstance(fact, PersonPaged)
    tell(recorded, ticket_of(recorded), "called", mentioned={fact.person})


@reacts(to=AssignmentReturned, beat=TELL)
def returned(recorded: Recorded) -> None:
    """A customer wrote to somebody who is away: the deputy hears of it."""
    fact = recorded.fact
    assert isinstance(fact, AssignmentReturned)
    if fact.deputy is not None:
        tell(recorded, ticket_of(recorded), "returned", facts=_absent(fact.person), mentioned={fact.deputy})


@reacts(to=HandOverProposed, beat=TELL)
def hand_over(recorded: Recorded) -> None:
    """A ticket of somebody away is proposed to the deputy."""
    fact = recorded.fact
    assert isinstance(fact, HandOverProposed)
    if fact.deputy is not None:
        tell(recorded, ticket_of(recorded), "hand_over", facts=_absent(fact.person), mentioned={fact.deputy})


def _absent(key: int) -> dict[str, str]:
    return {"absent": Person.objects.filter(pk=key).values_list("name", flat=True).first() or ""}


@reacts(to=AssignmentUnavailable, beat=TELL, when=lambda fact: fact.lead)
def nobody(recorded: Recorded) -> None:
    """Nobody may get a ticket, and nothing helped: the lead hears of it."""
    tell(recorded, ticket_of(recorded), "nobody")


@reacts(to=AssignmentFlagged, beat=TELL)
def bouncing(recorded: Recorded) -> None:
    """A ticket goes to and fro between teams."""
    tell(recorded, ticket_of(recorded), "bouncing")
