"""A week of the simulated year through the whole desk: real tickets, real jobs, real decisions."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from otklik import clock
from otklik.catalogue.models import Service
from otklik.jobs import drain, enqueue
from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.people.models import Person
from otklik.people.rota import Absence, Shift
from otklik.routing import dispatcher, policy, world
from otklik.routing.models import Decision
from otklik.routing.tests.make import arrivals_of_the_log, member, team
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.priority import MATRIX
from otklik.tickets.tests import make

MONDAY = world.seconds_of(datetime(2026, 3, 16, tzinfo=UTC))
SUNDAY = MONDAY + 7 * world.DAY
TEAMS = range(len(world.SIZES))
CAME, LOOKED, DONE = 1, 2, 0
SOLUTION = desk.Content(text="Перезапустили службу и проверили вместе с заявителем.")
ASKED = {MATRIX[a][b]: (int(a), int(b)) for a in MATRIX for b in MATRIX[a]}  # impact and urgency for a priority


@dataclass
class Week:
    """The world of the year on a real desk; people by the number of the worker, workers by the key of the person."""

    given: world.World
    people: dict[int, Person] = field(default_factory=dict)
    workers: dict[int, world.Worker] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    requesters: dict[int, Person] = field(default_factory=dict)
    reports: dict[str, world.Report] = field(default_factory=dict)  # by the key of the ticket
    mine: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    busy: set[int] = field(default_factory=set)
    seen: int = 0  # the last decision that was looked at
    events: list[tuple[int, int, int, str]] = field(default_factory=list)

    def furnish(self) -> None:
        """Teams, people with skills, hours and absences, and what the services ask."""
        teams = [team("auto") for _size in world.SIZES]
        for one in self.given.workers:
            person = member(teams[one.team], f"Worker {one.id}", skills=one.levels, hours=None, capacity=world.CAPACITY)
            self.people[one.id], self.workers[person.pk] = person, one
            near = [span for span in one.roster.spans if MONDAY - 14 * world.DAY < span[0] < SUNDAY + 21 * world.DAY]
            spans = [(world.moment(start), world.moment(end)) for start, end in near]
            Shift.objects.bulk_create(Shift(person=person, starts_at=start, ends_at=end) for start, end in spans)
            gone = [(world.moment(start), world.moment(end)) for start, end in one.away]
            Absence.objects.bulk_create(Absence(person=person, starts_at=start, ends_at=end) for start, end in gone)
        asked = {}
        for number in range(12):
            for level in range(1, 5):
                made = make.service(f"s{number}-{level}", team=teams[number // 2])
                self.services[made.code] = made
                asked[str(made.pk)] = [{"skill": f"s{number}", "level": level, "required": True}]
        config.publish(policy.RULES_NAME, {"rules": [], "services": asked}, actor=SYSTEM)

    def live(self) -> None:
        """Let the reports of the week come, be given, worked on and solved; a sweep every hour."""
        reports = {one.number: one for one in self.given.reports if MONDAY <= one.opened < SUNDAY and one.team in TEAMS}
        self.events = [(one.opened, CAME, number, "") for number, one in reports.items()]
        self.events += [(at, LOOKED, 0, "") for at in range(MONDAY, SUNDAY, 3600)]
        heapq.heapify(self.events)
        while self.events and self.events[0][0] < SUNDAY:
            at, kind, number, key = heapq.heappop(self.events)
            with clock.at(world.moment(at)):
                if kind == CAME:
                    self.open(reports[number])
                elif kind == LOOKED:
                    enqueue("routing.sweep", {})
                else:
                    self.solve(key)
                drain(lanes=["decide"])
                self.prove_what_was_given(at)
                self.begin_work(at)

    def open(self, one: world.Report) -> None:
        requester = self.requesters.get(one.requester) or make.person(f"Requester {one.requester}")
        self.requesters[one.requester] = requester
        impact, urgency = ASKED[one.priority]
        ticket = desk.open_ticket(
            subject=f"Report {one.number}",
            content=desk.Content(text="Не открывается программа."),
            requester=requester,
            channel="portal",
            service=self.services[f"{one.skill}-{one.level}"],
            impact=impact,
            urgency=urgency,
            actor=make.actor(requester),
        )
        assert ticket.priority == one.priority
        self.reports[str(ticket.pk)] = one

    def prove_what_was_given(self, at: int) -> None:
        """By the world and by the tickets, not by what the choice was told: there, able, and not full."""
        later: dict[int, int] = defaultdict(int)  # points that came to somebody after the decision looked at
        fresh = list(Decision.objects.filter(pk__gt=self.seen).order_by("-pk"))
        self.seen = fresh[0].pk if fresh else self.seen
        for decision in (one for one in fresh if one.state == "assigned"):
            key, ticket = decision.winner_id, str(decision.ticket_id)
            assert key is not None
            one, asked = self.workers[key], self.reports[ticket]
            there = one.presence(at)
            assert (there.on_shift, there.absent, one.team) == (True, False, asked.team)
            lowered = decision.result["step"] in ("level", "partner", "lead")
            assert one.levels.get(asked.skill, 0) >= max(1, asked.level - lowered)
            carried = Ticket.objects.filter(assignee=key, status__in=("new", "open"))
            points = sum(world.POINTS.of(priority) for priority in carried.values_list("priority", flat=True))
            extra = 20 * (asked.priority == "P1") + 20 * (decision.result["step"] != "")
            assert points - later[key] <= world.CAPACITY * (100 + extra) // 100
            later[key] += world.POINTS.of(asked.priority)
            heapq.heappush(self.mine[key], (asked.due, ticket))

    def begin_work(self, at: int) -> None:
        """Whoever is free begins with what is due first."""
        for key in [key for key, rows in self.mine.items() if rows and key not in self.busy]:
            _due, ticket = heapq.heappop(self.mine[key])
            self.busy.add(key)
            done = self.workers[key].hours.after(at, int(self.reports[ticket].effort * 60))
            heapq.heappush(self.events, (done, DONE, 0, ticket))

    def solve(self, key: str) -> None:
        ticket = Ticket.objects.select_related("assignee").get(pk=key)
        agent = ticket.assignee
        assert agent is not None
        self.busy.discard(agent.pk)
        code, cause = "fixed", "software" if ticket.priority in ("P1", "P2") else ""
        desk.resolve(ticket, code=code, cause_code=cause, content=SOLUTION, actor=make.actor(agent))


@pytest.mark.long
@pytest.mark.django_db
def test_a_week_of_the_year_through_the_whole_desk():
    week = Week(world.world(arrivals_of_the_log(), count=60_000, seed=7))
    week.furnish()
    week.live()
    decisions = Decision.objects.all()
    assert all(dispatcher.recompute(one) for one in decisions.iterator())
    given = decisions.filter(state="assigned").count()
    alone = Ticket.objects.filter(assignee=None, status__in=("new", "open"))
    reasons = {one.ticket_id: one for one in decisions.filter(state="unavailable")}
    assert all(reasons[ticket.pk].result["refused"] for ticket in alone), "whoever has nobody is told why"
    assert Ticket.objects.count() == len(week.reports) == given + alone.count()
    assert len(week.reports) > 1000
    assert Ticket.objects.filter(status="resolved").count() > 900
