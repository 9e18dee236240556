"""The front door: ``tell`` leaves word for everybody concerned; the carrier puts due notices into letters.

What keeps quiet follows the fixed order of domain.md §10.2: never the actor, one mail per person and event, changes of
one action together, live readers, digests, quiet hours, at most three an hour, suppressed addresses, personal switches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from otklik import clock
from otklik.journal.questions import Question
from otklik.journal.record import SYSTEM, Actor, Recorded
from otklik.outbox import limits, notices, posting
from otklik.outbox.models import Delivery, Notice
from otklik.people.access import person_of
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket

from . import bell, digests, preferences, presence, suppression, thread, writing
from .events import ReceiptWithheld
from .matrix import CUSTOMER, TABLE, Row
from .recipients import Hearer, admins, hearers, may_hear

WAY = "mail"
MAX_AN_HOUR = 3  # letters of one kind to one person about one ticket, then they are gathered
HOUR = timedelta(hours=1)
_TICKET = Question(
    lambda number: Ticket.objects.select_related(
        "requester", "affected_person", "assignee", "team", "service", "place"
    ).filter(number=number)
)
_MESSAGE = Question(lambda key, ticket: Message.objects.filter(pk=key, ticket=ticket), slots=2)


# -- leaving word --------------------------------------------------------------------------------------------------
def tell(
    recorded: Recorded,
    ticket: Ticket,
    what: str,
    *,
    facts: Mapping[str, Any] | None = None,
    message: str = "",
    mentioned: Iterable[int] = (),
    only: Iterable[int] | None = None,
    actor_too: bool = False,
    without: Iterable[str] = (),
    never: Iterable[int] = (),
    merge: str = "",
    row: Row | None = None,
) -> list[Hearer]:
    """Leave word of one thing for everybody who hears of it by the table; whom.

    ``message`` is the key of the message it carries; ``only`` whom of the customer side a letter goes to; ``actor_too``
    for the receipt, which goes to whoever asked; ``without`` roles, and ``never`` people, that hear of it otherwise;
    ``row`` stands in the place of the table's.
    """
    row = row or TABLE[what]
    actor = _known_on(ticket, recorded.actor) or person_of(recorded.actor)
    silent = set(never) | (set() if actor_too or actor is None else {actor.pk})
    heard = hearers(ticket, row, never=silent, mentioned=mentioned, only=only, without=without)
    known = {"who": actor.name if actor else "", **(facts or {})}
    for customer in (True, False):
        side = [one.person for one in heard if one.is_customer is customer and "bell" in one.ways]
        told = known | {"side": "customer" if customer else "staff", "shown": not customer}
        bell.ring(side, what=what, number=ticket.number, facts=told, entry=recorded.entry, merge=merge)
    for one in heard:
        if "mail" in one.ways and one.person.email:
            leave_letter(one, ticket.number, what, known, message=message, entry=recorded.entry, loud=row.loud)
        elif "bell" in one.ways and one.role in row.digest:
            _gather(one, ticket.number, what, known, entry=recorded.entry)
    return heard


def _known_on(ticket: Ticket, actor: Actor) -> Person | None:
    """The actor, where the ticket was read with that very person."""
    return ticket.requester if ticket.requester is not None and actor.voice == f"person:{ticket.requester_id}" else None


def leave_letter(
    hearer: Hearer,
    number: int | None,
    what: str,
    facts: Mapping[str, Any],
    *,
    message: str = "",
    entry: int | None,
    loud: bool = False,
) -> Notice:
    """Leave one notice that will become a letter, not before quiet hours end and a live reader has had a minute."""
    row, person = TABLE[what], hearer.person
    due: datetime | None = None
    if not (loud or row.loud) and not row.kept and hearer.role not in CUSTOMER:
        now = clock.now()
        due = preferences.quiet_until(preferences.of(person), now, writing.zone_of(person))
        if due is None and number and presence.has_seen(person.pk, number, now - presence.READS_LIVE):
            due = now + presence.READS_LIVE
    return notices.leave(
        way=WAY,
        kind=what,
        person=person.pk,
        about=("ticket", number) if number else None,
        facts={**facts, "role": hearer.role, "message": message},
        not_before=due,
        entry=entry,
    )


def _gather(hearer: Hearer, number: int, what: str, facts: Mapping[str, Any], *, entry: int) -> None:
    """For a person who asked for a digest: what came by the bell comes gathered by mail too."""
    chosen = preferences.of(hearer.person)
    if chosen.digest and hearer.person.email:
        digests.leave(hearer.person, number, what, facts, role=hearer.role, entry=entry, how_often=chosen.digest)


# -- carrying ------------------------------------------------------------------------------------------------------
def carry(group: Sequence[Notice]) -> None:
    """Carrier of the way "mail": each due notice becomes a letter, or is dropped with its reason."""
    for notice in group:
        reason = _carry(notice)
        if reason:
            notices.drop(notice, reason)


def _carry(notice: Notice) -> str:
    ticket = None
    if notice.subject_id is not None:
        ticket = _TICKET.one(notice.subject_id)
    if ticket is not None and ticket.requester_id == notice.person:
        person = ticket.requester
    else:
        person = Person.objects.filter(pk=notice.person or 0).first()
    if person is None or not person.is_active or not person.email:
        return "nobody to write to"
    row, role = TABLE[notice.kind], str(notice.facts["role"])
    if ticket is None:
        return _carry_of_the_house(notice, person)
    if not may_hear(person, role, ticket):
        return "may not see it"
    if suppression.of(person.email):
        desk.note_delivery(
            ticket, delivery=0, recipient=person.email, status="suppressed", detail=notice.kind, actor=SYSTEM
        )
        return "suppressed address"
    if reason := _kept_quiet(notice, row, role, person, ticket):
        return reason
    if notice.kind == "created" and (reason := _receipt_refused(notice, person, ticket)):
        return reason
    posting.post(writing.compose(_order(notice, person, ticket)))
    return ""


def _order(notice: Notice, person: Person, ticket: Ticket) -> writing.Order:
    key = notice.facts.get("message")
    message = _MESSAGE.first(key, ticket.pk) if key else None
    return writing.Order(
        what=notice.kind,
        person=person,
        role=str(notice.facts["role"]),
        ticket=ticket,
        entry=notice.entry,
        message=message,
        facts=notice.facts,
    )


def _kept_quiet(notice: Notice, row: Row, role: str, person: Person, ticket: Ticket) -> str:
    """Why a letter that may wait or be left out is not sent now."""
    if row.kept:
        return ""
    if role not in CUSTOMER and not row.loud and presence.has_seen(person.pk, ticket.number, notice.created_at):
        return "read live"
    if not row.loud and notice.kind in preferences.of(person).off:
        return "switched off"
    if row.asked or row.loud:
        return ""
    if _lately(notice.kind, role, person, ticket) >= MAX_AN_HOUR:
        digests.leave(
            person, ticket.number, notice.kind, notice.facts, role=role, entry=notice.entry, how_often="hourly"
        )
        return "gathered"
    return ""


def _lately(what: str, role: str, person: Person, ticket: Ticket) -> int:
    kind = writing.OF_CUSTOMERS[what] if role in CUSTOMER else f"{thread.STAFF}{what}"
    since = clock.now() - HOUR
    rows = Delivery.objects.about("ticket", ticket.number).filter(recipient_person=person.pk, kind=kind)
    return rows.filter(created_at__gt=since).count()


def _receipt_refused(notice: Notice, person: Person, ticket: Ticket) -> str:
    """The limits on our own answers, asked in the transaction that posts the receipt (domain.md §10.4)."""
    how = str(notice.facts.get("answer") or "known")
    if how == "never":
        return "asked for no answer"
    verdict = _verdict(person.email or "", how)
    if verdict.allowed:
        return ""
    desk.move_on(
        ticket,
        ReceiptWithheld(address=person.email or "", reason=verdict.reason, alarm=verdict.alarm),
        actor=SYSTEM,
    )
    return f"limit: {verdict.reason}"


def _verdict(address: str, how: str) -> limits.Verdict:
    """Where a machine is suspected: two letters, then silence for a day, with an alarm."""
    if how != "loop":
        return limits.may_answer(address, known=how == "known")
    answered = Delivery.objects.filter(
        recipient__iexact=address, kind=limits.RECEIPT, created_at__gt=clock.now() - limits.DAY
    )
    if answered.count() >= limits.IN_A_LOOP:
        return limits.Verdict(False, "loop", alarm=True)
    return limits.may_answer(address, known=True, loop_suspected=True)


# -- the house itself ----------------------------------------------------------------------------------------------
def tell_admins(what: str, facts: Mapping[str, Any], *, entry: int | None = None, by_mail: bool = True) -> int:
    """Word for the administrators about the house itself, one letter an hour for each thing at most; how many."""
    people = Person.objects.filter(pk__in=admins(), is_active=True)
    lately = Notice.objects.filter(way=WAY, kind=what, created_at__gt=clock.now() - HOUR, dropped_because="")
    told = lately.filter(facts__what=facts.get("what", "")).exists()
    return tell_people(people, what, facts, role="admin", entry=entry, by_mail=by_mail and not told)


def tell_people(
    people: Iterable[Person],
    what: str,
    facts: Mapping[str, Any],
    *,
    role: str,
    entry: int | None = None,
    by_mail: bool = True,
) -> int:
    """Word for these people about something that is no ticket; how many."""
    known = {person.pk: person for person in people}
    merge = f"{what}:{facts.get('what', '')}"
    bell.ring(known.values(), what=what, number=None, facts={**facts, "side": "staff"}, entry=entry, merge=merge)
    for person in known.values():
        if by_mail and person.email:
            hearer = Hearer(person, role, frozenset({"mail"}))
            leave_letter(hearer, None, what, {"what": "", **facts}, entry=entry)
    return len(known)


def _carry_of_the_house(notice: Notice, person: Person) -> str:
    if suppression.of(person.email or ""):
        return "suppressed address"
    posting.post(digests.letter(person, [notice]))
    return ""


def register() -> None:
    """Tell the outbox who carries notices by mail."""
    notices.carriers[WAY] = carry
    notices.carriers[digests.WAY] = digests.carry
