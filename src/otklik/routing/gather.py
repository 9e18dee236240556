"""What the choice is given, read from the tables in a constant number of queries, however many people there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, Sum

from otklik.businesstime import Timetable, elapsed
from otklik.calendars import shelf
from otklik.journal.questions import Question, Slot
from otklik.people import duty
from otklik.people.expertise import Skill
from otklik.people.models import Membership, Team
from otklik.people.rota import OnCall
from otklik.routing import policy, ruling
from otklik.routing.choice import Candidate, Need, Weights
from otklik.routing.models import Decline, Given
from otklik.routing.policy import Book
from otklik.routing.rows import Member, Points, Presence, Rows, candidates, fair_since
from otklik.routing.rules import asked
from otklik.sla.models import SlaClock
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import Link, Ticket, Watch
from otklik.tickets.worktime import working_calendar

LATELY = timedelta(days=30)  # of continuity, and of the last assignment
TAKES = ("new", "open")  # states in which a ticket looks for somebody

_SOLUTION = Question(lambda ticket: SlaClock.objects.filter(ticket=ticket, metric="resolution").order_by("-cycle")[:1])
_CAME = Question(
    lambda ticket: Given.objects.filter(ticket=ticket).order_by("-at", "-pk").values_list("at", flat=True)[:1]
)
_DECLINED = Question(lambda ticket: Decline.objects.filter(ticket=ticket).values_list("person_id", flat=True))
_MEMBERS = Question(
    lambda teams: (
        Membership.objects.filter(team__in=duty.among(teams), person__is_active=True)
        .order_by("person_id")
        .values_list("person_id", "team_id", "accepts_auto", "share", "person__capacity")
    )
)
_LOADS = Question(
    lambda people: (
        Ticket.objects.filter(assignee__in=duty.among(people), status__in=sorted(LIVE))
        .values_list("assignee_id", "priority", "status")
        .annotate(number=Count("pk"))
        .order_by()
    )
)
_AWARDS = Question(
    lambda people, since, until, start: (
        Given.objects.filter(person__in=duty.among(people), at__gte=since, at__lte=until)
        .values_list("person_id")
        .annotate(last=Max("at"), sum=Sum("points", filter=Q(automatic=True, at__gte=start)))
        .order_by()
    ),
    slots=4,
)
_LIVE = Q(status__in=sorted(LIVE))


def _tied(requester: Slot, organisation: Slot, people: Slot, but: Slot, since: Slot) -> Any:
    """Tickets of the same requester or organisation that somebody of these holds, or solved lately."""
    mine, solved = Q(requester=requester), Q(status__in=("resolved", "closed"), resolved_at__gte=since)
    return (
        Ticket.objects.filter(mine | Q(organisation=organisation), _LIVE | solved, assignee__in=duty.among(people))
        .exclude(pk=but)
        .values_list("assignee_id")
        .annotate(holds=Count("pk", filter=mine & _LIVE), did=Count("pk", filter=mine & solved))
        .order_by()
    )


_TIED = Question(_tied, slots=5)
_FORMER = Question(
    lambda ticket: Link.objects.filter(ticket=ticket, kind="follow_up_of", other_kind="ticket").values_list(
        "other", flat=True
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that one decision is made from, with the versions behind it."""

    need: Need
    people: list[Candidate]
    weights: Weights
    points: Points
    rule: dict[str, Any]
    nobody_there: bool  # nobody of the team itself is on shift


def gather(ticket: Ticket, now: datetime) -> Asked:
    """The need of a ticket and the people of its team; those of the partner team once relaxation may reach them."""
    weights, points = policy.weights()
    book = policy.book()
    calendar = working_calendar(ticket)
    need, rule = need_of(ticket, now, points, book, calendar)
    team = ticket.team
    assert team is not None
    reaches = need.waited >= weights.relax_after[need.priority] and team.partner_id is not None
    rows = rows_of(ticket, team, now, points, need, calendar, partner=reaches)
    people = candidates(rows, need.skills)
    own = {one.id for one in rows.members if not one.partner}
    there = any(one.on_shift and not one.absent for one in people if one.id in own)
    return Asked(need, people, weights, points, rule, nobody_there=not there)


def need_of(
    ticket: Ticket, now: datetime, points: Points, book: Book, calendar: Timetable
) -> tuple[Need, dict[str, Any]]:
    """What a ticket asks, and the rule behind it as {"version", "name"}."""
    rule = ruling.rule_behind(ticket, book)
    service = book.services.get(ticket.service_id, ()) if ticket.service_id is not None else ()
    need = Need(
        priority=ticket.priority,
        weight=points.of(ticket.priority),
        skills=asked(rule, service),
        remaining=remaining_of(ticket, now),
        requester=ticket.requester_id,
        waited=waited(ticket, now, calendar),
        turns=ticket.team is not None and ticket.team.mode == "round_robin",
    )
    return need, {"version": book.version, "name": rule.name} if rule else {}


def remaining_of(ticket: Ticket, now: datetime) -> int | None:
    """Working seconds left of the solution promise; None without one that runs."""
    clock = _SOLUTION.first(ticket.pk)
    if clock is None or clock.due_at is None or clock.stopped_at is not None:
        return None
    return int(elapsed(shelf.calendar_at(clock.calendar_version), now, clock.due_at))


def waited(ticket: Ticket, now: datetime, calendar: Timetable) -> int:
    """Working seconds since the ticket came to this queue."""
    came = _CAME.first(ticket.pk)
    since = came or ticket.opened_at
    return int(elapsed(calendar, since, now)) if since < now else 0


def rows_of(
    ticket: Ticket, team: Team, now: datetime, points: Points, need: Need, calendar: Timetable, *, partner: bool
) -> Rows:
    """Facts about everybody of a team, and of its partner where asked."""
    members = members_of(ticket, team, partner=partner)
    ids = [one.id for one in members]
    start = fair_since(calendar, now)
    there, minutes = duty.duty_and_minutes(ids, start, now, team=team)
    rows = Rows(members, presence=presences(there), minutes=minutes)
    rows.levels = levels(ids, now) if need.skills else {}
    rows.loads = loads(ids, points)
    rows.points, rows.last_at = awards(ids, start, now)
    rows.continuity = continuity(ticket, ids, now)
    rows.declined = frozenset(_DECLINED.all(ticket.pk))
    if need.on_call:
        rows.on_call = on_call_until(team, now)
    return rows


def members_of(ticket: Ticket, team: Team, *, partner: bool) -> list[Member]:
    """Active members; those of a partner see a restricted ticket only where it was granted to them."""
    teams = [team.pk, team.partner_id] if partner else [team.pk]
    granted: Collection[int] = ()
    if partner and ticket.visibility == "restricted":
        granted = set(Watch.objects.filter(ticket=ticket, role="granted").values_list("person_id", flat=True))
    found: dict[int, Member] = {}
    for key, belongs, accepts, share, capacity in _MEMBERS.all(teams):
        own = belongs == team.pk
        if key not in found or own:
            sees = own or ticket.visibility != "restricted" or key in granted
            found[key] = Member(key, capacity * share // 100, accepts, partner=not own, sees=sees)
    return list(found.values())


def presences(there: Mapping[int, duty.Duty]) -> dict[int, Presence]:
    """Who is there now, without the reasons of absences."""
    return {
        key: Presence(
            on_shift=one.on_shift,
            ends_at=one.shift_ends_at,
            next_at=one.next_shift_at,
            absent=one.absence is not None,
            absent_until=one.absence.until if one.absence else None,
            away=one.presence == "away",
        )
        for key, one in there.items()
    }


def levels(ids: Iterable[int], now: datetime) -> dict[int, dict[str, int]]:
    """Confirmed levels by code of skill."""
    codes = dict(Skill.objects.values_list("pk", "code"))
    return {
        key: {codes[skill]: level for skill, level in held.items()} for key, held in duty.skills_of(ids, now).items()
    }


def loads(ids: Iterable[int], points: Points) -> dict[int, int]:
    """Points of everybody's own tickets that are not over."""
    found: dict[int, int] = {}
    for key, priority, status, number in _LOADS.all(list(ids)):
        assert key is not None
        found[key] = found.get(key, 0) + points.of(priority, pending=status == "pending") * number
    return found


def awards(ids: Iterable[int], start: datetime, now: datetime) -> tuple[dict[int, int], dict[int, datetime]]:
    """Points auto-assigned since ``start``, and the last assignment of the last thirty days."""
    sums: dict[int, int] = {}
    last: dict[int, datetime] = {}
    for key, at, points in _AWARDS.all(list(ids), min(start, now - LATELY), now, start):
        last[key], sums[key] = at, points or 0
    return sums, last


def continuity(ticket: Ticket, ids: Iterable[int], now: datetime) -> dict[int, str]:
    """What ties people to this requester (§6.4): the strongest tie of each."""
    found: dict[int, str] = {}
    tied = _TIED.all(ticket.requester_id, ticket.organisation_id, list(ids), ticket.pk, now - LATELY)
    for key, holds, did in tied:
        assert key is not None
        found[key] = "requester" if holds else "solved" if did else "organisation"
    return found | dict.fromkeys(former(ticket), "former")


def former(ticket: Ticket) -> set[int]:
    """The last assignee of a reopened ticket, and of the one that this follows."""
    keys: list[Any] = [ticket.pk] if ticket.reopen_count else []
    keys += _FORMER.all(ticket.pk)
    if not keys:
        return set()
    rows = Given.objects.filter(ticket__in=keys, person__isnull=False).order_by("ticket", "-at", "-pk")
    return set(rows.distinct("ticket").values_list("person_id", flat=True))


def on_call_until(team: Team, now: datetime) -> dict[int, datetime]:
    """People on call for a team, and until when."""
    rows = OnCall.objects.filter(team=team, starts_at__lte=now, ends_at__gt=now).values_list("person_id", "ends_at")
    return dict(rows)


def fresh_load(person: int, points: Points) -> int:
    """Points of one person now, read again once he is locked."""
    return loads([person], points).get(person, 0)


def without_waiting(asked: Asked) -> Asked:
    """The same need as if nothing had been relaxed."""
    return replace(asked, need=replace(asked.need, waited=0))
