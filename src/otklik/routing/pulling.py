"""«Взять следующую»: the one ticket that is most due, so that nobody picks cherries silently (domain.md §6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.businesstime import count_days, elapsed
from otklik.calendars import shelf
from otklik.journal.record import Actor
from otklik.people.access import person_of
from otklik.people.models import Membership, Person
from otklik.routing import gather, policy, ruling
from otklik.routing.choice import Wanted, asked_level
from otklik.routing.events import AssignmentSkipped
from otklik.routing.models import Decline, Skip
from otklik.routing.rules import asked
from otklik.routing.waiting import looking
from otklik.sla.models import PROMISED, SlaClock
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused

SKIPPED_FOR = timedelta(hours=12)
LOOKED = 500  # tickets of one look, the oldest first


@dataclass(frozen=True, slots=True)
class Turn:
    """Why a ticket is next: late or not, how much of its promise is left in thousandths, its priority, its age."""

    ticket: Ticket
    breached: bool
    left: int  # thousandths of the promise; more than 1000 where nothing is promised

    def order(self) -> tuple[bool, int, str, datetime, int]:
        """Late ones first, then the least left, then priority, then age."""
        return not self.breached, self.left, self.ticket.priority, self.ticket.opened_at, self.ticket.number


def queue(person: Person) -> list[Turn]:
    """What this person could take next, in order: of the own teams, within the own skills, not declined or skipped."""
    now = clock.now()
    teams = Membership.objects.filter(person=person, team__is_active=True).values("team")
    passed = Decline.objects.filter(person=person).values("ticket")
    skipped = Skip.objects.filter(person=person, at__gt=now - SKIPPED_FOR).values("ticket")
    rows = looking().filter(team__in=teams).exclude(requester=person).exclude(pk__in=passed).exclude(pk__in=skipped)
    tickets = list(rows.select_related("team", "requester", "service").order_by("opened_at", "number")[:LOOKED])
    held = gather.levels([person.pk], now).get(person.pk, {})
    book = policy.book()
    able = [one for one in tickets if _can(held, _skills(one, book))]
    urgency = _urgency([one.pk for one in able], now)
    turns = [Turn(one, *urgency.get(one.pk, (False, 1001))) for one in able]
    return sorted(turns, key=Turn.order)


def _skills(ticket: Ticket, book: policy.Book) -> tuple[Wanted, ...]:
    service = book.services.get(ticket.service_id, ()) if ticket.service_id is not None else ()
    return asked(ruling.rule_behind(ticket, book), service)


def _can(held: dict[str, int], skills: tuple[Wanted, ...]) -> bool:
    return all(held.get(one.skill, 0) >= asked_level(one, 0) for one in skills if one.required)


def _urgency(keys: list[UUID], now: datetime) -> dict[UUID, tuple[bool, int]]:
    """Late or not, and the least share of a running promise that is left, by ticket."""
    found: dict[UUID, tuple[bool, int]] = {}
    for one in SlaClock.objects.filter(ticket__in=keys, metric__in=PROMISED, stopped_at=None):
        if one.due_at is None:
            continue
        late = one.breached_at is not None or (one.breach_at is not None and one.breach_at < now)
        calendar = shelf.calendar_at(one.calendar_version)
        if one.unit == "bd":
            left = 1000 * count_days(calendar, now, one.due_at) // max(1, one.target)
        else:
            left = 1000 * int(elapsed(calendar, now, one.due_at)) // max(1, one.target)
        was = found.get(one.ticket_id, (False, 1001))
        found[one.ticket_id] = (was[0] or late, min(was[1], left))
    return found


def next_for(person: Person) -> Turn | None:
    """The one to take next."""
    return next(iter(queue(person)), None)


@transaction.atomic
def take_next(*, actor: Actor, number: int | None = None) -> Ticket | None:
    """Take the next one; with ``number`` only if that is still the next (what the page showed). None: nothing waits.

    Two people who ask at once get two tickets: whoever finds the row taken goes on to the following one.
    """
    person = person_of(actor)
    if person is None:
        raise Forbidden("take")
    for turn in queue(person):
        if number is not None and turn.ticket.number != number:
            raise Refused(Missing("too_late"))
        free = Ticket.objects.select_for_update(of=("self",), skip_locked=True)
        row = free.filter(pk=turn.ticket.pk, assignee=None, status__in=gather.TAKES).first()
        if row is not None:
            desk.assign(row, to=person, mode="next", actor=actor)
            return desk.take(row, actor=actor)
        if number is not None:
            raise Refused(Missing("too_late"))
    return None


@transaction.atomic
def skip(ticket: Ticket, *, reason: str, actor: Actor) -> None:
    """Pass one over, with a reason that stays on record; it is not offered again for twelve hours."""
    person = person_of(actor)
    if person is None or not access.may(actor, "take", ticket):
        raise Forbidden("take")
    if not reason.strip():
        raise Refused(Missing("reason"))
    Skip.objects.create(ticket=ticket, person=person, at=clock.now(), reason=reason.strip()[:500])
    desk.move_on(ticket, AssignmentSkipped(person=person.pk, reason=reason.strip()[:500]), actor=actor)
