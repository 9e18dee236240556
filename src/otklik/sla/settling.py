"""What people settle about a clock: a date agreed with the requester, a breach that is waived (domain §4.6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.journal.record import Actor, Subject
from otklik.people.access import Rights, person_of, rights_of
from otklik.sla.clocks import keep
from otklik.sla.events import SlaFact, SlaNegotiated, SlaWaived, SlaWaiverWithdrawn
from otklik.sla.reading import Clock, clocks_of, story_of
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Forbidden, Refused

MAX_NEGOTIATIONS = 2  # per ticket
WAIVERS = frozenset({"service_manager"})


def may_waive(rights: Rights) -> bool:
    """Whether somebody with these rights may waive breaches."""
    return bool(WAIVERS & rights.roles)


@transaction.atomic
def negotiate(ticket: Ticket, *, until: datetime, evidence: UUID, actor: Actor) -> Ticket:
    """Record the date of the solution that the requester agreed to in a public message.

    Before the breach only, at most twice per ticket, later than now. The target and what is spent of it go on and stay
    in sight. Raises Refused or Forbidden.
    """
    if not access.may(actor, "promise", ticket):
        raise Forbidden("promise")
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    now = clock.now().replace(microsecond=0)
    story = story_of(_subject(ticket))
    solution = next((one for one in reversed(clocks_of(story, now)) if one.metric == "resolution"), None)
    said = Message.objects.filter(pk__in=access.shown_in(ticket), audience="public", side="customer")
    agreed = said.filter(pk=evidence).exists()
    missing = []
    if solution is None or solution.reading.state in {"stopped", "cancelled"} or solution.reading.breached_at:
        missing.append(Missing("state", ticket.status))
    if story.negotiations >= MAX_NEGOTIATIONS or not agreed:
        missing.append(Missing("evidence"))
    if until <= now:
        missing.append(Missing("until"))
    if missing:
        raise Refused(*missing)
    fact = SlaNegotiated(metric="resolution", until=until.isoformat(), evidence=str(evidence))
    return _settled(ticket, fact, actor)


@transaction.atomic
def waive(ticket: Ticket, *, metric: str, cycle: int = 1, reason: str, actor: Actor) -> Ticket:
    """Waive a breach, with a reason, as service manager; it is listed and counted apart. Raises Refused, Forbidden."""
    ticket, found = _judged(ticket, (metric, cycle), reason, actor)
    if found is None or found.reading.breached_at is None or found.reading.outcome == "waived":
        raise Refused(Missing("state", ticket.status))
    fact = SlaWaived(metric=metric, cycle=cycle, reason=reason.strip(), approver=str(actor))
    return _settled(ticket, fact, actor)


@transaction.atomic
def withdraw_waiver(ticket: Ticket, *, metric: str, cycle: int = 1, reason: str, actor: Actor) -> Ticket:
    """Take a waiver back, with a reason, as service manager: the breach counts again. Raises Refused, Forbidden."""
    ticket, found = _judged(ticket, (metric, cycle), reason, actor)
    if found is None or found.reading.outcome != "waived":
        raise Refused(Missing("state", ticket.status))
    fact = SlaWaiverWithdrawn(metric=metric, cycle=cycle, reason=reason.strip(), approver=str(actor))
    return _settled(ticket, fact, actor)


def _judged(ticket: Ticket, key: tuple[str, int], reason: str, actor: Actor) -> tuple[Ticket, Clock | None]:
    """The ticket, locked, and the clock that a service manager wants to judge with a reason."""
    person = person_of(actor)
    if person is None or not may_waive(rights_of(person)):
        raise Forbidden("waive")
    if not reason.strip():
        raise Refused(Missing("reason"))
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    found = (one for one in clocks_of(story_of(_subject(ticket)), clock.now()) if one.key == key)
    return ticket, next(found, None)


def _settled(ticket: Ticket, fact: SlaFact, actor: Actor) -> Ticket:
    moved = desk.move_on(ticket, fact, actor=actor)
    keep(ticket.pk, story_of(_subject(ticket)))
    return moved


def _subject(ticket: Ticket) -> Subject:
    return Subject(kind="ticket", id=str(ticket.pk))
