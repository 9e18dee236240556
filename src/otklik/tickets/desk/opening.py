"""Opening a ticket: every channel ends here, and makes exactly one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from otklik import clock, database
from otklik.catalogue.models import Service
from otklik.journal import once
from otklik.journal.config import current
from otklik.journal.questions import Question
from otklik.journal.record import Actor, Event
from otklik.people.models import Organisation, Person, Place, Team
from otklik.tickets import priority
from otklik.tickets._gate import Change, opening
from otklik.tickets.desk.content import Content, public_fact, store
from otklik.tickets.desk.recording import link_facts
from otklik.tickets.events import FollowUpCreated, TicketCreated
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.policy import MATRIX_NAME
from otklik.tickets.refusal import Refused
from otklik.tickets.teams import Newcomer, by_rule

MAX_SET_BACK = timedelta(hours=24)
_DEFAULT_TEAM = Question(lambda: Team.objects.filter(is_active=True).order_by("-is_default", "pk")[:1], slots=0)


def next_number() -> int:
    """The next ticket number: one sequence for every type, gaps allowed, never reused."""
    return int(database.rows("select nextval('ticket_number')")[0][0])


def reserve_numbers(count: int) -> int:
    """The first of so many numbers in a row, for an import that must give the same numbers when it goes on."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "select min(n), max(n) from (select nextval('ticket_number') n from generate_series(1, %s)) _", [count]
            )
            first, last = cursor.fetchone()
            if first is None or last - first + 1 == count:  # nobody took one in between
                return int(first or 0)


def contact_of(person: Person | None, changes: Mapping[str, str] = {}) -> dict[str, str]:  # never written to
    """Snapshot of how to reach the person, with what they said this time."""
    snapshot = {"name": "", "email": "", "phone": "", "preferred": "", "room": "", "window": ""}
    if person is not None:
        snapshot |= {"name": person.name, "email": person.email or "", "phone": person.phone}
        snapshot["room"] = str(person.place) if person.place_id and person.place else ""
    return snapshot | {name: str(value) for name, value in changes.items() if value}


def default_team(service: Service | None) -> Team | None:
    """Support team of the service, else the service desk (domain.md §6.2)."""
    if service is not None and service.team_id and service.team and service.team.is_active:
        return service.team
    return _DEFAULT_TEAM.first()


def judged(
    *,
    ticket_type: str,
    impact: int,
    urgency: int,
    requester: Person | None,
    place: Place | None,
    service: Service | None,
) -> tuple[priority.Raised, str]:
    """Urgency after the automatic step, and the priority by the matrix in force (§2.2); also asked by the form."""
    step = priority.raised(
        urgency,
        vip=bool(requester and requester.is_vip),
        critical_place=bool(place and place.is_critical),
        critical_service=bool(service and service.is_critical),
    )
    return step, priority.computed(ticket_type, impact, step.urgency, current(MATRIX_NAME).data["matrix"])


@transaction.atomic
def open_ticket(
    *,
    subject: str,
    content: Content,
    requester: Person | None,
    channel: str,
    type: str = "incident",
    impact: int = 3,
    urgency: int = 3,
    service: Service | None = None,
    team: Team | None = None,
    organisation: Organisation | None = None,
    affected_person: Person | None = None,
    place: Place | None = None,
    device: str = "",
    contact: Mapping[str, str] = {},  # never written to
    cc: Sequence[Person] = (),
    visibility: str = "participants",
    origin: str = "human",
    alert_key: str = "",
    deadline_text: str = "",
    tags: Sequence[str] = (),
    opened_at: datetime | None = None,
    set_back_reason: str = "",
    live_contact: bool = False,
    automatic: bool = False,
    further: Sequence[Event] = (),
    key: str = "",
    actor: Actor,
) -> Ticket:
    """Register a ticket and its description; returns it, or the one that the same ``key`` made before.

    ``opened_at`` is when the customer turned to us (mailbox receipt; a phone call set back by at most 24 h with a
    reason); ``live_contact`` marks a phone call or a walk-in, whose first response is met at once; ``further`` are
    facts to record along (how the mail came). Raises ``Refused``.
    """
    scope = f"ticket.open {actor}"
    if key and (answer := once.first_answer(scope, key)):
        return Ticket.objects.get(pk=answer["ticket"])
    subject = " ".join(subject.split())[:200]
    _check(subject, content, requester, origin, channel, opened_at, set_back_reason)
    place = place or (requester.place if requester else None)
    step, computed = judged(
        ticket_type=type, impact=impact, urgency=urgency, requester=requester, place=place, service=service
    )
    affected = affected_person or requester
    fact = TicketCreated(
        number=next_number(),
        type=type,
        origin=origin,
        subject=subject,
        opened_at=min(opened_at or clock.now(), clock.now()).isoformat(),
        channel=channel,
        requester=requester.pk if requester else None,
        affected_person=affected.pk if affected else None,
        reporter=str(actor),
        contact=contact_of(requester, contact),
        service=service.pk if service else None,
        impact=impact,
        urgency=step.urgency,
        stated_urgency=urgency,
        raised_by=list(step.reasons),
        priority_computed=computed,
        visibility=visibility,
        **_whereabouts(requester, service, team, organisation, place, device, (type, channel, alert_key)),
        deadline_text=deadline_text[:200],
        error_text=content.error_text,
        alert_key=alert_key,
        live_contact=live_contact,
        cc=[person.pk for person in dict.fromkeys(cc) if requester is None or person.pk != requester.pk],
        tags=[tag.lower() for tag in tags],
        set_back_reason=set_back_reason,
    )
    return _write(
        fact, content, requester=requester, automatic=automatic, further=further, scope=scope, key=key, actor=actor
    )


def _whereabouts(
    requester: Person | None,
    service: Service | None,
    team: Team | None,
    organisation: Organisation | None,
    place: Place | None,
    device: str,
    how: tuple[str, str, str],
) -> dict[str, Any]:
    """Team, organisation, place and device: as given, else by rule, or as the service and the requester have them."""
    organisation = organisation or (requester.organisation if requester else None)
    team = team or by_rule(Newcomer(service, how[0], organisation, place, *how[1:])) or default_team(service)
    return {
        "team": team.pk if team else None,
        "organisation": organisation.pk if organisation else None,
        "place": place.pk if place else None,
        "device": (device or (requester.device if requester else ""))[:120],
    }


def _check(
    subject: str,
    content: Content,
    requester: Person | None,
    origin: str,
    channel: str,
    opened_at: datetime | None,
    set_back_reason: str,
) -> None:
    missing = []
    if not subject:
        missing.append(Missing("subject"))
    if requester is None and origin == "human" and channel not in {"email", "api"}:
        missing.append(Missing("requester"))
    if opened_at is not None and channel in {"phone", "walk_in"}:
        behind = clock.now() - opened_at
        if behind > MAX_SET_BACK or (behind > timedelta(minutes=1) and not set_back_reason.strip()):
            missing.append(Missing("set_back"))
    if missing:
        raise Refused(*missing)
    if origin == "human" and channel != "email":
        content.check()


def _write(
    fact: TicketCreated,
    content: Content,
    *,
    requester: Person | None,
    automatic: bool,
    further: Sequence[Event],
    scope: str,
    key: str,
    actor: Actor,
) -> Ticket:
    row = Ticket()
    with opening(row, actor=actor, at=None) as change:
        change.record(fact)
        _describe(change, fact, content, requester, automatic)
        change.record(*further)
        if key:
            once.remember(scope, key, {"ticket": str(row.pk)})
    clock.faultpoint("desk.opened")
    return row


def _describe(change: Change, fact: TicketCreated, content: Content, requester: Person | None, automatic: bool) -> None:
    """The description is the first public message; its key to the ticket is checked at the end, when the row exists."""
    alert = fact.origin == "alert"
    message = store(
        change.ticket,
        content,
        at=change.moment,
        audience="public",
        side="system" if alert else "customer",
        channel=fact.channel,
        author=requester,
        kind="description",
        author_kind="auto" if alert or automatic else "human",
    )
    change.ticket.described_by = message
    change.record(public_fact(message, content, description=True))


@transaction.atomic
def follow_up(
    former: Ticket, *, subject: str, content: Content, author: Person | None, actor: Actor, **more: Any
) -> Ticket:
    """A message after closure: a new ticket that copies organisation, service, type, team and cc (domain.md §2.5)."""
    cc = Person.objects.filter(watches__ticket=former, watches__role="cc", is_active=True)
    ticket = open_ticket(
        subject=subject or former.subject,
        content=content,
        requester=author or former.requester,
        type=former.type,
        impact=former.impact,
        service=former.service,
        team=former.team,
        organisation=former.organisation,
        place=former.place,
        device=former.device,
        visibility=former.visibility,
        cc=list(cc),
        actor=actor,
        **more,
    )
    told = FollowUpCreated(ticket=str(ticket.pk), number=ticket.number)
    link_facts(ticket, "follow_up_of", former, told_there=told, actor=actor)
    return ticket
