"""F-19: random histories told to the desk: stored = replayed = the seconds counted one by one, difference 0."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.calendars.publishing import BEGINNING
from otklik.calendars.publishing import publish as publish_calendar
from otklik.journal.record import SYSTEM, Actor, Event, Subject
from otklik.people.models import Person
from otklik.sla import explain
from otklik.sla.history import MODES
from otklik.sla.models import Agreement, SlaClock, Target
from otklik.sla.publishing import publish
from otklik.sla.reading import clocks_of, story_of
from otklik.sla.tests.slow_clock import DAYS, SCHEDULES, WINDOWS, Bound, tell
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.events import PriorityChanged, ReopenDone, StateChanged, TicketCreated
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

LIVED = 12 * 86_400
GRADES = {"P1": (1, 1), "P2": (1, 2), "P3": (2, 2), "P4": (3, 3)}
AMOUNTS = [600, 3600, 14_400, 28_800, 57_600]


class World:
    """Calendars of the oracle's schedules, and one version of an agreement for each window, each with other targets."""

    def __init__(self) -> None:
        self.calendars = {name: self._calendar(name, schedule) for name, schedule in SCHEDULES.items()}
        self.agent = make.agent()
        self.requester = make.person()
        self.service = make.service()
        self.targets: dict[datetime, dict[str, tuple[int, str, str]]] = {}
        agreement = Agreement.objects.create(code="random", name_ru="Любой", name_en="Any")
        pick = random.Random(19)
        for number, window in enumerate(sorted(WINDOWS)):
            chosen = {name: (pick.choice(AMOUNTS), pick.choice([*SCHEDULES]), pick.choice(MODES)) for name in GRADES}
            self.targets[window] = chosen
            with clock.at(window - timedelta(days=1)):
                begins = BEGINNING if number == 0 else window - timedelta(hours=1)
                publish(agreement, self._drafts(chosen), valid_from=begins, actor=SYSTEM)

    def _drafts(self, chosen: dict[str, tuple[int, str, str]]) -> list[Target]:
        return [
            Target(
                metric="resolution",
                priority=name,
                value=amount,
                calendar=self.calendars[calendar],
                rebind_mode=mode,
                warn=[{"percent": 75}, {"percent": 150}],
            )
            for name, (amount, calendar, mode) in chosen.items()
        ]

    @staticmethod
    def _calendar(name: str, schedule: dict[str, Any]) -> Calendar:
        made = Calendar.objects.create(code=f"oracle-{name.replace('_', '-')}", name_ru=name, name_en=name)
        own = [{"date": day, "kind": "holiday"} for day in schedule.get("holidays", ())]
        own += [{"date": day, "kind": "shorten", "minutes": cut} for day, cut in schedule.get("shorten", {}).items()]
        publish_calendar(made, {"tz": schedule["tz"], "weekly": schedule["hours"], "exceptions": own}, actor=SYSTEM)
        return made


class Life:
    """What happens to one ticket, in seconds of a window: lawful steps at random instants."""

    def __init__(self, seed: int, world: World) -> None:
        pick = random.Random(seed)
        self.world, self.window = world, pick.choice(WINDOWS)
        self.anchor = pick.randrange(2 * 86_400)
        count = pick.randrange(9)
        moments = sorted(pick.sample(range(self.anchor + 2, LIVED), count))
        self.first = self.grade = pick.choice([*GRADES])
        self.deeds: list[tuple[int, str, str]] = []
        self.bounds = [self._bound(self.anchor, self.grade)]
        self.rests: list[tuple[int, int | None]] = []
        self.stop: int | None = None
        status = "open"
        for moment in moments:
            deed = self._next(pick, status)
            if deed == "raise":
                self.grade = pick.choice([name for name in GRADES if name != self.grade])
                self.bounds.append(self._bound(moment, self.grade))
            if (
                status in {"pending", "resolved"}
                and deed in {"answer", "solve", "return"}
                and self.rests[-1][1] is None
            ):
                self.rests[-1] = (self.rests[-1][0], moment)
            if deed in {"ask", "solve"}:
                self.rests.append((moment, None))
            self.stop = moment if deed == "solve" else None if deed == "return" else self.stop
            status = {"ask": "pending", "answer": "open", "solve": "resolved", "return": "open"}.get(deed, status)
            self.deeds.append((moment, deed, self.grade))
        self.last = moments[-1] if moments else self.anchor + 1

    @staticmethod
    def _next(pick: random.Random, status: str) -> str:
        if status == "open":
            return pick.choice(["raise", "ask", "ask", "solve"])
        return pick.choice(["raise", "answer", "answer", "solve"]) if status == "pending" else "return"

    def _bound(self, at: int, grade: str) -> Bound:
        amount, calendar, mode = self.world.targets[self.window][grade]
        return Bound(at, amount, calendar, mode)

    def moment(self, second: int) -> datetime:
        return self.window + timedelta(seconds=second)

    def told(self, now: int) -> tuple[Any, ...]:
        """What the oracle counts at a second."""
        rests = [(a, now if b is None else b) for a, b in self.rests if self.stop is None or a < self.stop]
        told = tell(self.window, self.anchor, self.stop, now, self.bounds, rests, True)
        shown = (told.due, told.breach, told.breached)
        return told.elapsed, *(None if one is None else self.moment(one) for one in shown), told.cause

    # -- the two ways in -------------------------------------------------------------------------------------------
    def through_commands(self) -> Ticket:
        world, (impact, urgency) = self.world, GRADES[self.first]
        staff, customer = make.actor(world.agent), make.actor(world.requester)
        with clock.at(self.moment(self.anchor)):
            ticket = make.ticket(requester=world.requester, service=world.service, impact=impact, urgency=urgency)
        with clock.at(self.moment(self.anchor + 1)):
            desk.take(ticket, actor=staff)
        for at, deed, grade in self.deeds:
            with clock.at(self.moment(at)):
                self._command(ticket, deed, grade, world.requester, staff, customer)
        ticket.refresh_from_db()
        return ticket

    @staticmethod
    def _command(ticket: Ticket, deed: str, grade: str, requester: Person, staff: Actor, customer: Actor) -> None:
        words = desk.Content(text="Заменили картридж и проверили печать.")
        match deed:
            case "raise":
                desk.prioritise(ticket, impact=GRADES[grade][0], urgency=GRADES[grade][1], actor=staff)
            case "ask":
                desk.hold(ticket, reason="requester", question=words, actor=staff)
            case "answer":
                desk.hear(ticket, words, author=requester, channel="portal", actor=customer)
            case "solve":
                desk.resolve(ticket, code="fixed", content=words, cause_code="hardware", actor=staff)
            case "return":
                desk.hear(ticket, words, author=requester, channel="portal", objects=True, actor=customer)

    def through_history(self) -> Ticket:
        actor = make.actor(self.world.agent)
        past = [desk.Past(at=self.moment(self.anchor + 1), actor=actor, fact=self._step("new", "open", "T2"))]
        status, grade = "open", self.first
        for at, deed, new in self.deeds:
            facts, status = self._facts(deed, status, grade, new)
            past += [desk.Past(at=self.moment(at), actor=actor, fact=fact) for fact in facts]
            grade = new
        opened, told = self.moment(self.anchor), {"source": "random histories"}
        with clock.at(self.moment(self.last)):  # what the clocks said on the way is put on record as of the end
            return desk.history(self._created(), past, at=opened, actor=SYSTEM, provenance=told)

    def _created(self) -> TicketCreated:
        return TicketCreated(
            number=0,
            type="incident",
            origin="human",
            subject="История",
            opened_at=self.moment(self.anchor).isoformat(),
            channel="portal",
            requester=self.world.requester.pk,
            service=self.world.service.pk,
            impact=GRADES[self.first][0],
            urgency=GRADES[self.first][1],
            priority_computed=self.first,
        )

    def _facts(self, deed: str, status: str, grade: str, new: str) -> tuple[list[Event], str]:
        if deed == "raise":
            sides = zip(GRADES[grade], GRADES[new], strict=True)
            impact, urgency = ([was, now] for was, now in sides)
            return [PriorityChanged(old=grade, new=new, computed=new, impact=impact, urgency=urgency)], status
        to, transition = {
            "ask": ("pending", "T3"),
            "answer": ("open", "T4"),
            "solve": ("resolved", "T5"),
            "return": ("open", "T8"),
        }[deed]
        first: list[Event] = [ReopenDone(cause="message")] if deed == "return" else []
        return [*first, self._step(status, to, transition)], to

    @staticmethod
    def _step(was: str, to: str, transition: str) -> StateChanged:
        reason = "requester" if to == "pending" else ""
        return StateChanged(was=was, to=to, transition=transition, pending_reason=reason)


def shown(row: Any, window: datetime) -> tuple[Any, ...]:
    """What a row or a reading shows; what lies behind the oracle's window it does not know."""
    edge = window + timedelta(days=DAYS)
    values = (row.elapsed, row.due_at, row.breach_at, row.breached_at, row.breach_cause or None)
    return tuple(None if isinstance(value, datetime) and value >= edge else value for value in values)


def check(seed: int, world: World, *, commands: bool) -> int:
    """One ticket: its stored clock, its replay at its last fact and later, its words; returns its number."""
    life = Life(seed, world)
    ticket = life.through_commands() if commands else life.through_history()
    stored = SlaClock.objects.get(ticket=ticket, metric="resolution")
    assert stored.read_at == life.moment(life.last), seed
    assert shown(stored, life.window) == life.told(life.last), seed
    story = story_of(Subject(kind="ticket", id=str(ticket.pk)))
    later = life.last + 40_000 * (commands or seed % 4 == 0)  # the oracle is slow
    (one,) = [each for each in clocks_of(story, life.moment(later)) if each.metric == "resolution"]
    assert shown(one.reading, life.window) == life.told(later), seed
    told = explain.explained(one, life.moment(later))
    assert sum(step.amount for step in told.steps) == told.elapsed == one.reading.elapsed, seed
    return ticket.number


def many(seeds: range, *, commands: bool) -> None:
    world = World()
    numbers = [check(seed, world, commands=commands) for seed in seeds]
    assert list(verify(numbers)) == []


def test_f19_40_random_histories_by_the_commands_of_people() -> None:
    many(range(40), commands=True)


@pytest.mark.parametrize("block", range(2))
def test_f19_260_random_histories_by_the_side_door(block: int) -> None:
    many(range(100 + block * 130, 230 + block * 130), commands=False)


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_f19_10_000_random_histories_by_the_side_door(block: int) -> None:
    many(range(1000 + block * 500, 1500 + block * 500), commands=False)
