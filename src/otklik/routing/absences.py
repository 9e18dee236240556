"""The assignee is away: tickets proposed to the deputy, and those that cannot wait come back to the queue (§6.6)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from otklik import clock
from otklik.businesstime import count_days
from otklik.journal.record import SYSTEM, Actor
from otklik.people import duty
from otklik.people.access import rights_of
from otklik.people.models import Membership, Person
from otklik.people.rota import Absence
from otklik.routing.events import AssignmentReturned, HandOverProposed
from otklik.routing.models import HandOver
from otklik.tickets import desk
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.tickets.worktime import working_calendar

URGENT = ("P1", "P2")


def begun() -> list[Absence]:
    """Absences that hold now."""
    now = clock.now()
    rows = Absence.objects.filter(starts_at__lte=now, ends_at__gt=now, cancelled_at=None, person__is_active=True)
    return list(rows.select_related("person", "deputy").order_by("starts_at", "pk"))


def propose_all() -> int:
    """Propose the tickets of everybody who is away; how many proposals are new."""
    return sum(propose(one) for one in begun())


@transaction.atomic
def propose(absence: Absence) -> int:
    """P1, P2 and what is due before the return are proposed to the deputy; everything else stays."""
    due = Q(promise__due_at__lt=absence.ends_at) | Q(promise__solution_due_at__lt=absence.ends_at)
    rows = Ticket.objects.filter(Q(priority__in=URGENT) | due, assignee=absence.person, status__in=sorted(LIVE))
    known = set(HandOver.objects.filter(absence=absence).values_list("ticket_id", flat=True))
    made = 0
    for ticket in rows.order_by("number"):
        if ticket.pk in known:
            continue
        HandOver.objects.create(
            absence=absence, ticket=ticket, person=absence.person, deputy=absence.deputy, made_at=clock.now()
        )
        fact = HandOverProposed(person=absence.person_id, deputy=absence.deputy_id, until=absence.ends_at.isoformat())
        desk.move_on(ticket, fact, actor=SYSTEM)
        made += 1
    return made


def standing_for(team_ids: frozenset[int]) -> list[HandOver]:
    """Proposals of these teams that nobody decided yet."""
    rows = HandOver.objects.filter(state="proposed", ticket__team__in=team_ids, absence__ends_at__gt=clock.now())
    return list(rows.select_related("ticket", "person", "deputy", "absence").order_by("person_id", "ticket__number"))


def concerns(person: Person, decider: Person) -> bool:
    """May somebody decide any of the proposals about a person: the person, a deputy, a lead, a service manager?"""
    rows = HandOver.objects.filter(state="proposed", person=person)
    rights = rights_of(decider)
    if decider.pk == person.pk or "service_manager" in rights.roles:
        return rows.exists()
    return rows.filter(Q(deputy=decider) | Q(ticket__team__in=rights.leads)).exists()


def hand_over(person: Person, *, actor: Actor, decider: Person) -> tuple[int, list[str]]:
    """One click: every proposed ticket of somebody away goes to the deputy, or to the queue of its team.

    One ticket per transaction; returns how many went and why others did not, by number. Tickets that the decider has no
    say in (neither deputy nor lead of the team nor service manager) stay proposed.
    """
    rows = list(
        HandOver.objects.filter(state="proposed", person=person).select_related("ticket", "deputy").order_by("ticket")
    )
    rights = rights_of(decider)
    done, failed = 0, []
    for one in rows:
        ticket = one.ticket
        if not (
            decider.pk in (one.deputy_id, person.pk)
            or ticket.team_id in rights.leads
            or "service_manager" in rights.roles
        ):
            continue
        try:
            desk.assign(ticket, to=_deputy_in(ticket, one.deputy), mode="hand_over", reason_code="absence", actor=actor)
            done += 1
        except (Refused, Forbidden) as refused:
            failed.append(f"{ticket.number}: {refused}")
    return done, failed


def _deputy_in(ticket: Ticket, deputy: Person | None) -> Person | None:
    if deputy is None or not deputy.is_active:
        return None
    return deputy if Membership.objects.filter(team=ticket.team, person=deputy).exists() else None


@transaction.atomic
def return_to_queue(key: UUID) -> bool:
    """The customer wrote to somebody who is away for more than a working day: the ticket looks for another (§6.6)."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    if ticket.assignee_id is None or not ticket.is_live:
        return False
    now = clock.now()
    there = duty.on_duty([ticket.assignee_id], now).get(ticket.assignee_id)
    if there is None or there.absence is None:
        return False
    if count_days(working_calendar(ticket), now, there.absence.until) < 1:
        return False
    fact = AssignmentReturned(
        person=ticket.assignee_id, deputy=there.absence.deputy_id, until=there.absence.until.isoformat()
    )
    desk.move_on(ticket, fact, actor=SYSTEM)
    desk.assign(ticket, to=None, mode="returned", reason_code="absence", actor=SYSTEM)
    return True
