"""P1 while nobody of the team is on shift: call whoever is on call, then the next, the lead, the service manager.

A call that nobody answers within five minutes goes to the next of the ladder; past its end it begins anew, until
somebody acknowledges it or is on the ticket.
"""

from __future__ import annotations

from django.db import transaction

from otklik import clock
from otklik.journal.record import SYSTEM, Actor
from otklik.people import duty
from otklik.people.access import person_of
from otklik.people.models import Membership, Person, Team
from otklik.routing import callhooks
from otklik.routing.callhooks import ANSWER_IN
from otklik.routing.events import PageAcknowledged, PersonPaged
from otklik.routing.models import Page
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused

MOST = 60  # calls about one ticket: five hours of them


def ladder(team: Team) -> list[tuple[str, Person]]:
    """Who is called, in order, each person once: on call, then the leads of the team, then service managers."""
    steps = [("on_call", person) for person in duty.on_call(team, clock.now())]
    leads = Membership.objects.filter(team=team, role="lead", person__is_active=True).select_related("person")
    steps += [("lead", one.person) for one in leads.order_by("pk")]
    managers = Person.objects.filter(is_active=True, roles__contains=["service_manager"]).order_by("pk")
    steps += [("manager", one) for one in managers]
    found: dict[int, tuple[str, Person]] = {}
    for step, person in steps:
        found.setdefault(person.pk, (step, person))
    return list(found.values())


def begin(ticket: Ticket) -> Page | None:
    """Make the first call about a ticket; None where one was made already."""
    if Page.objects.filter(ticket=ticket).exists():
        return None
    return _call(ticket, 0)


def _call(ticket: Ticket, order: int) -> Page | None:
    steps = ladder(ticket.team) if ticket.team else []
    if not steps or order >= MOST:
        return None
    step, person = steps[order % len(steps)]
    page = Page.objects.create(ticket=ticket, person=person, step=step, order=order, at=clock.now())
    desk.move_on(ticket, PersonPaged(person=person.pk, step=step, order=order), actor=SYSTEM)
    callhooks.order(page)
    return page


@transaction.atomic
def go_on(page_id: int) -> Page | None:
    """Call the next of the ladder where nobody answered in time."""
    found = Page.objects.filter(pk=page_id).values_list("ticket_id", flat=True).first()
    if found is None:
        return None
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("team").get(pk=found)
    page = Page.objects.get(pk=page_id)
    if page.ended_at is not None or page.at + ANSWER_IN > clock.now():
        return None
    page.ended_at = clock.now()
    page.save(update_fields=["ended_at"])
    if ticket.assignee_id is not None or not ticket.is_live:
        return None
    return _call(ticket, page.order + 1)


def unanswered() -> list[int]:
    """Calls whose five minutes are over."""
    late = Page.objects.filter(ended_at=None, at__lte=clock.now() - ANSWER_IN)
    return list(late.order_by("at").values_list("pk", flat=True)[:200])


@transaction.atomic
def acknowledge(ticket: Ticket, *, actor: Actor) -> Ticket:
    """«Принял»: the calls stop, and a member of the team who answers is on the ticket.

    Anybody who was called about it may answer, late as well. Raises ``Refused`` for others, and where no call is open.
    """
    person = person_of(actor)
    row = Ticket.objects.select_for_update(of=("self",)).select_related("team").get(pk=ticket.pk)
    pages = list(Page.objects.filter(ticket=row).order_by("-order"))
    if person is None or not access.allowed(access.viewer(person), "take", row):
        raise Forbidden("acknowledge")
    if all(one.person_id != person.pk for one in pages) or pages[0].ended_at is not None:
        raise Refused(Missing("too_late"))
    pages[0].acknowledged_at = pages[0].ended_at = clock.now()
    pages[0].save(update_fields=["acknowledged_at", "ended_at"])
    desk.move_on(row, PageAcknowledged(person=person.pk, order=pages[0].order), actor=SYSTEM)
    if row.assignee_id is None and row.team is not None and person.memberships.filter(team=row.team).exists():
        return desk.assign(row, to=person, mode="on_call", actor=SYSTEM)
    return row
