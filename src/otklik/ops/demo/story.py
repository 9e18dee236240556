"""One ticket's story: what was said and done, at which working minute; turned into the past that the desk records."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from otklik.businesstime import Timetable, add, add_days
from otklik.journal.record import SYSTEM, Actor, Event
from otklik.ops.demo.cast import TEAM_OF, Cast
from otklik.ops.demo.plan import Plan
from otklik.ops.demo.voice import Voice
from otklik.people.access import as_actor
from otklik.people.models import Person, Team
from otklik.tickets import priority
from otklik.tickets.desk import Content, Past
from otklik.tickets.desk.opening import contact_of
from otklik.tickets.events import (
    AlertRecovered,
    AssignmentChanged,
    CallLogged,
    ReopenDone,
    SolutionRecorded,
    StateChanged,
    TicketCreated,
    UpdatePromised,
)

PROMISED = {"P1": 4.0, "P2": 8.0, "P3": 16.0, "P4": 40.0}  # working hours until the solution (domain.md §13)
PACE = {"P1": 0.08, "P2": 0.2, "P3": 0.6, "P4": 1.0}  # urgent things go faster
MONITOR = Actor(kind="alert", id="monitor")
LIVE_CONTACT = frozenset({"phone", "walk_in"})
CLOSES_AFTER = 5  # working days
LATE = 0.08  # share of tickets that wait too long
CLOSED = frozenset({"closed", "resolved"})

FactAt = Callable[[datetime], Event]


@dataclass(kw_only=True)
class Step:
    """Something that happens some working minutes after the last thing."""

    after: float
    actor: Actor
    fact: FactAt | None = None
    content: Content | None = None
    side: str = "staff"
    kind: str = "message"
    author: Person | None = None
    paced: bool = True  # urgent tickets go faster; the working days until closing do not

    def minutes(self, pace: float) -> float:
        """Working minutes since the last step."""
        return self.after * pace if self.paced else self.after


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What the requester thought of it, some working minutes after the solution."""

    score: int
    comment: str
    at: datetime


@dataclass(kw_only=True)
class Story:
    """A ticket ready to be recorded."""

    created: TicketCreated
    past: list[Past]
    rating: Rating | None = None
    actor: Actor = SYSTEM

    @property
    def at(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.created.opened_at)


@dataclass
class Telling:
    """Writes one plan out; chance comes from the plan's own seed, so that a part can be told again alike."""

    cast: Cast
    plan: Plan
    now: datetime
    steps: list[Step] = field(default_factory=list)
    state: str = "new"

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)  # a story, not a secret
        plot, person = self.plan.plot, self.plan.person
        self.voice = Voice(plot, person, self.plan.language, self.chance)
        self.service = self.cast.services[plot["service"]]
        self.team_key = TEAM_OF[plot["service"]] if self.chance.random() > 0.3 else "first"
        self.team: Team = self.cast.teams[self.team_key]
        self.agent = self._agent(self.team_key)
        self.type = plot.get("type", "incident")
        self.impact = min(3, plot["who"] + (self.chance.random() < 0.55))
        self.urgency = min(3, plot["effect"] + (self.chance.random() < 0.45))
        self.step = priority.raised(
            self.urgency,
            vip=bool(person and person.is_vip),
            critical_place=bool(person and person.place and person.place.is_critical),
            critical_service=self.service.is_critical,
        )
        self.priority = priority.computed(self.type, self.impact, self.step.urgency, self.cast.matrix)
        self.hours: Timetable = self.cast.hours[self.priority]
        self.pace = PACE[self.priority]

    # -- the whole -------------------------------------------------------------------------------------------------
    def story(self) -> Story:
        """The plan as a story that ends by now."""
        getattr(self, f"_until_{self.plan.ending}")()
        opened = self._opened()
        created = self._created(opened)
        past = self._dated(opened)
        rating = self._rating(past) if self.plan.ending == "closed" else None
        return Story(created=created, past=past, rating=rating, actor=self._reporter())

    def _until_new(self) -> None:
        self._describe()

    _until_fresh = _until_new

    def _until_assigned(self) -> None:
        self._describe()
        self._assign(self.agent, by=self.cast.people["v.lanskaya"], after=12, mode="manual")

    def _until_open(self) -> None:
        self._begin()
        self._work()
        if self.chance.random() < 0.45:
            self._promise()

    def _until_hopeful(self) -> None:
        self._until_open()
        self._say(self.voice.impatience(), after=70)

    def _until_waiting(self) -> None:
        self._begin()
        self._ask()

    def _until_supplier(self) -> None:
        self._begin()
        self._work()
        self._wait_for_supplier(lambda at: add_days(self.hours, self.now, self.chance.randrange(1, 6)))

    def _until_scheduled(self) -> None:
        self._begin()
        self._reply(self.voice.agreed(), after=20)
        until = self.now + timedelta(days=self.chance.randrange(1, 12), hours=2)
        data = {"until": until.isoformat(), "asked_by": "requester" if self.chance.random() < 0.6 else "provider"}
        self._move("pending", "T3", after=3, pending_reason="scheduled", data=data)

    def _until_reopened(self) -> None:
        self._begin()
        self._solve()
        self._reopen()

    def _until_resolved(self) -> None:
        self._begin()
        self._middle()
        self._solve()

    def _until_cancelled(self) -> None:
        self._describe()
        reason = self.chance.choice(["withdrawn", "duplicate", "out_of_scope", "test", "spam"])
        if reason == "withdrawn" and self.plan.person:
            self._move("cancelled", "T10", after=25, actor=as_actor(self.plan.person), reason=reason)
            return
        if reason in {"duplicate", "out_of_scope"}:
            self._reply(self.voice.declined(reason), after=30)
        self._move("cancelled", "T11", after=2, reason=reason)

    def _until_closed(self) -> None:
        self._begin()
        if self.plan.channel in LIVE_CONTACT and self.chance.random() < 0.5:
            self._solve(after=4)
        else:
            self._middle()
            self._solve()
        if self.chance.random() < 0.06:
            self._reopen()
            self._work()
            self._solve()
        self._close()

    # -- its parts -------------------------------------------------------------------------------------------------
    def _describe(self) -> None:
        alarm = self.plan.person is None
        self.steps.append(
            Step(
                after=0,
                actor=self._reporter(),
                content=self.voice.report(),
                side="system" if alarm else "customer",
                kind="description",
                author=self.plan.person,
            )
        )
        if self.plan.channel == "phone":
            minutes = self.chance.randrange(2, 9)
            call = CallLogged(direction="in", reached=True, minutes=minutes)
            self._note_fact(call, after=0, actor=as_actor(self.agent))

    def _begin(self) -> None:
        """Described, given to somebody, taken."""
        self._describe()
        live = self.plan.channel in LIVE_CONTACT
        if self.chance.random() < 0.3 and not live:
            lead = self.cast.staff[self.team_key][0]
            self._assign(self.agent, by=lead, after=self._span(8, 30), mode="manual")
        else:
            forgotten = not live and self.plan.ending in CLOSED and self.chance.random() < LATE
            span = 1 if live else self._span(500, 900) if forgotten else self._span(4, 60)
            self._assign(self.agent, by=self.agent, after=span, mode="pull")
        self._move("open", "T2", after=0)
        if not live and self.plan.person and (self.plan.ending not in CLOSED or self.chance.random() < 0.8):
            self._reply(self.voice.taken(self.agent), after=self._span(1, 25))

    def _middle(self) -> None:
        turn = self.chance.random()
        if turn < 0.3 and self.plan.person:
            self._ask()
            self._answer()
            self._work()
        elif turn < 0.42:
            self._work()
            self._hand_over()
            self._work()
        elif "supplier" in self.plan.plot or turn < 0.47:
            self._work()
            self._wait_for_supplier(lambda at: add_days(self.hours, at, 3))
            self._move("open", "T4", after=self._span(120, 500))
        elif turn < 0.85:
            self._work()

    def _work(self) -> None:
        if (note := self.voice.note(self.agent)) and self.chance.random() < 0.55:
            self._note(note, after=self._span(10, 60))
        if (word := self.voice.update(self.agent)) and self.plan.person:
            self._reply(word, after=self._span(10, 90))

    def _ask(self) -> None:
        question, self.answer = self.voice.question()
        actor = as_actor(self.agent)
        self.steps.append(
            Step(after=self._span(8, 40), actor=actor, content=question, kind="question", author=self.agent)
        )
        self._move("pending", "T3", after=0, pending_reason="requester")

    def _answer(self) -> None:
        self._say(self.answer, after=self._span(15, 240))
        self._move("open", "T4", after=0, actor=SYSTEM)

    def _hand_over(self) -> None:
        old_team, old_agent, key = self.team, self.agent, self.chance.choice(sorted(self.cast.teams))
        self.team, self.agent = self.cast.teams[key], self._agent(key)
        fact = AssignmentChanged(
            team=self.team.pk,
            assignee=self.agent.pk,
            old_team=old_team.pk,
            old_assignee=old_agent.pk,
            reason_code="needs_expertise",
            text=self.voice.handover(self.team),
        )
        self._note_fact(fact, after=self._span(10, 40), actor=as_actor(old_agent))

    def _wait_for_supplier(self, until: Callable[[datetime], datetime]) -> None:
        supplier, reference = self.voice.supplier()
        self._move(
            "pending",
            "T3",
            after=self._span(10, 40),
            pending_reason="third_party",
            data_at=lambda at: {
                "supplier": supplier,
                "reference": reference,
                "follow_up_at": until(at).isoformat(),
            },
        )

    def _promise(self) -> None:
        """The next word: mostly still to come, now and then already late."""
        minutes = -25 if self.chance.random() < 0.08 else 15 + 400 * self.chance.random() ** 2
        until = (self.now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        until -= timedelta(minutes=until.minute % 5)
        self._note_fact(UpdatePromised(until=until.isoformat()), after=0, actor=as_actor(self.agent))

    def _solve(self, after: float | None = None) -> None:
        plot, urgent = self.plan.plot, self.priority in {"P1", "P2"} and self.type == "incident"
        code = plot.get("code", "fixed")
        cause = plot.get("cause", "unknown") if urgent or self.chance.random() < 0.5 else ""
        actor, content = as_actor(self.agent), self.voice.solution()
        fact = SolutionRecorded(code=code, cause_code=cause)
        span = self._span(20, 240) if after is None else after
        self.steps.append(
            Step(after=span, actor=actor, fact=lambda _at: fact, content=content, kind="solution", author=self.agent)
        )
        if self.plan.person is None:
            self._note_fact(AlertRecovered(summary="ok"), after=0, actor=MONITOR)
        self._move("resolved", "T5", after=0, reason=code)

    def _reopen(self) -> None:
        self._say(self.voice.objection(), after=self._span(60, 500))
        actor = as_actor(self.plan.person) if self.plan.person else SYSTEM
        self._note_fact(ReopenDone(cause="requester"), after=0, actor=actor)
        self._move("open", "T8", after=0, actor=actor, reason="requester")

    def _close(self) -> None:
        if self.plan.person and self.plan.person.email and self.chance.random() < 0.55:
            actor = as_actor(self.plan.person)
            self._move("closed", "T7", after=self._span(10, 400), actor=actor, reason="confirmed")
        else:
            self._move("closed", "T7", after=CLOSES_AFTER * 8 * 60, actor=SYSTEM, reason="time", paced=False)

    # -- words and facts -------------------------------------------------------------------------------------------
    def _reply(self, content: Content, *, after: float) -> None:
        self.steps.append(Step(after=after, actor=as_actor(self.agent), content=content, author=self.agent))

    def _note(self, content: Content, *, after: float) -> None:
        self.steps.append(
            Step(after=after, actor=as_actor(self.agent), content=content, kind="note", author=self.agent)
        )

    def _say(self, content: Content, *, after: float) -> None:
        person = self.plan.person
        if person is not None:
            self.steps.append(
                Step(after=after, actor=as_actor(person), content=content, side="customer", author=person)
            )

    def _note_fact(self, fact: Event, *, after: float, actor: Actor) -> None:
        self.steps.append(Step(after=after, actor=actor, fact=lambda _at: fact))

    def _assign(self, to: Person, *, by: Person, after: float, mode: str) -> None:
        fact = AssignmentChanged(team=self.team.pk, assignee=to.pk, old_team=self.team.pk, old_assignee=None, mode=mode)
        self._note_fact(fact, after=after, actor=as_actor(by))

    def _move(
        self,
        to: str,
        transition: str,
        *,
        after: float,
        actor: Actor | None = None,
        reason: str = "",
        pending_reason: str = "",
        data: dict[str, Any] | None = None,
        data_at: Callable[[datetime], dict[str, Any]] | None = None,
        paced: bool = True,
    ) -> None:
        was, self.state = self.state, to

        def fact(at: datetime) -> Event:
            told = data_at(at) if data_at else data or {}
            return StateChanged(
                was=was, to=to, transition=transition, pending_reason=pending_reason, data=told, reason=reason
            )

        self.steps.append(Step(after=after, actor=actor or as_actor(self.agent), fact=fact, paced=paced))

    # -- times -----------------------------------------------------------------------------------------------------
    def _span(self, least: float, most: float) -> float:
        """Working minutes, more often few than many."""
        return least + (most - least) * self.chance.random() ** 2

    def _opened(self) -> datetime:
        """When it came, so that everything told of it lies in the past."""
        plan = self.plan
        minutes = sum(step.minutes(self.pace) for step in self.steps)
        if plan.ending == "closed" and self.chance.random() < LATE:  # some are solved too late
            worked = sum(step.minutes(self.pace) for step in self.steps[:-1])
            self.pace *= PROMISED[self.priority] * 60 * self.chance.uniform(1.04, 1.7) / max(worked, 1)
            minutes = sum(step.minutes(self.pace) for step in self.steps)
        if plan.ending == "fresh":
            return self.now - timedelta(minutes=plan.share)
        if plan.ending == "resolved":
            used = minutes + self.chance.uniform(5, (CLOSES_AFTER - 1) * 8 * 60)
            return add(self.hours, self.now, -used * 60)
        if plan.opened_at is None:
            used = max(plan.share * PROMISED[self.priority] * 60, 3.0)
            if minutes > used * 0.95:
                self.pace *= used * 0.95 / minutes
            elif plan.ending == "hopeful":  # they wrote a while ago, not at the beginning
                self.steps[-1].after += (used * 0.93 - minutes) / self.pace
            return add(self.hours, self.now, -used * 60)
        latest = add(self.hours, self.now, -(minutes + 30) * 60)
        return min(plan.opened_at, latest)

    def _dated(self, opened: datetime) -> list[Past]:
        past, spent = [], 0.0
        for step in self.steps:
            spent += step.minutes(self.pace)
            at = min(add(self.hours, opened, spent * 60) if spent else opened, self.now)
            past.append(
                Past(
                    at=at,
                    actor=step.actor,
                    fact=step.fact(at) if step.fact else None,
                    content=step.content,
                    side=step.side,
                    kind=step.kind,
                    author=step.author,
                    channel=self._way(step),
                )
            )
        return past

    def _way(self, step: Step) -> str:
        """Customers write the way they came; staff write from their page."""
        if step.side != "customer" or (self.plan.channel in LIVE_CONTACT and step.kind != "description"):
            return "portal" if step.side != "system" else "monitor"
        return self.plan.channel

    def _rating(self, past: list[Past]) -> Rating | None:
        if self.plan.person is None or not self.plan.person.email or self.chance.random() > 0.42:
            return None
        solved = [one.at for one in past if isinstance(one.fact, StateChanged) and one.fact.to == "resolved"][-1]
        at = min(solved + timedelta(minutes=self._span(5, 1500)), self.now)
        score = self.chance.choices([5, 4, 3, 2, 1], [58, 25, 9, 5, 3])[0]
        return Rating(score=score, comment=self.voice.opinion(score), at=at)

    # -- the beginning ---------------------------------------------------------------------------------------------
    def _reporter(self) -> Actor:
        if self.plan.person is None:
            return MONITOR
        return as_actor(self.agent if self.plan.channel in LIVE_CONTACT else self.plan.person)

    def _agent(self, team: str) -> Person:
        staff = self.cast.staff[team]
        return self.chance.choice(staff[1:] * 3 + staff[:1])

    def _created(self, opened: datetime) -> TicketCreated:
        plan, person = self.plan, self.plan.person
        return TicketCreated(
            number=0,
            type=self.type,
            origin="human" if person else "alert",
            subject=self.voice.subject,
            opened_at=opened.isoformat(),
            channel=plan.channel,
            requester=person.pk if person else None,
            affected_person=person.pk if person else None,
            reporter=str(self._reporter()),
            contact=contact_of(person),
            organisation=person.organisation_id if person else None,
            service=self.service.pk,
            impact=self.impact,
            urgency=self.step.urgency,
            stated_urgency=self.urgency,
            raised_by=list(self.step.reasons),
            priority_computed=self.priority,
            team=self.team.pk,
            place=person.place_id if person else None,
            device=self.voice.device,
            error_text=self.voice.error,
            alert_key="" if person else self.voice.alert_key,
            live_contact=plan.channel in LIVE_CONTACT,
            tags=[],
        )
