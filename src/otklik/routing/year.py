"""A simulated year of a desk: forty people in six teams and three zones, sixty thousand tickets, one way to assign.

The people, their absences, the tickets and the work each needs come from a seed and are the same for every way of
assigning. Who is given what goes through `rows.candidates` and `choice.choose`, the same as on a real desk. The model
of work is simple and stated in docs/routing.md: everybody works on shift, one ticket at a time, the nearest due first;
work takes less time in better hands and for people who know the requester.
"""

from __future__ import annotations

import csv
import heapq
import io
import lzma
import random
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from otklik.businesstime import Calendar, add
from otklik.businesstime.span import difference, to_instant
from otklik.people import patterns
from otklik.routing.choice import Candidate, Need, Wanted, Weights, choose, settle
from otklik.routing.frozen import answer, freeze, recomputed
from otklik.routing.rows import Member, Points, Presence, Rows, candidates

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
YEAR = int((END - START).total_seconds())
SIZES = (12, 8, 6, 6, 4, 4)
ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")
OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = [date(2026, 1, day) for day in range(1, 10)] + [
    date(2026, month, day) for month, day in ((2, 23), (3, 9), (5, 1), (5, 11), (6, 12), (11, 4), (12, 31))
]
WEEK, DAY, TICK = 7 * 86400, 86400, 900
LIMITS = {"P1": 4, "P2": 8, "P3": 16, "P4": 40}  # working hours of the promise, nine to six in Moscow
EFFORT = {"P1": 80, "P2": 60, "P3": 45, "P4": 30}  # minutes of work on average, in hands of exactly the asked level
SHARES = (("P1", 2), ("P2", 12), ("P3", 46), ("P4", 40))
POINTS = Points({"P1": 8, "P2": 4, "P3": 2, "P4": 1})
WAYS = ("choice", "round_robin", "least_loaded")


@dataclass(slots=True)
class Worker:
    """Somebody of the simulated desk: skills, and spans on shift in seconds of the year, absences taken out."""

    id: int
    team: int
    levels: dict[str, int]
    spans: list[tuple[int, int]]
    away: list[tuple[int, int]]
    starts: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)  # seconds on shift before each span

    def __post_init__(self) -> None:
        self.starts = [start for start, _end in self.spans]
        self.before = [0, *accumulate(end - start for start, end in self.spans)]

    def worked(self, at: int) -> int:
        """Seconds on shift before an instant."""
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return 0
        start, end = self.spans[place]
        return self.before[place] + min(at, end) - start

    def after(self, at: int, seconds: int) -> int:
        """When so many seconds of shift from an instant on are over; past the year where they never are."""
        due = self.worked(at) + seconds
        place = bisect_left(self.before, due) - 1
        if place >= len(self.spans):
            return 2 * YEAR
        return self.spans[max(place, 0)][0] + due - self.before[max(place, 0)]

    def presence(self, at: int) -> Presence:
        """Where the person is."""
        place = bisect_right(self.starts, at) - 1
        gone = next((end for start, end in self.away if start <= at < end), None)
        on = place >= 0 and at < self.spans[place][1]
        return Presence(on, moment(self.spans[place][1]) if on else None, absent=gone is not None)


@dataclass(slots=True)
class Job:
    """A simulated ticket."""

    number: int
    opened: int
    team: int
    priority: str
    skill: str
    level: int
    requester: int
    organisation: int
    effort: float  # minutes, before hands and acquaintance
    due: int
    done: int = -1
    worker: int = -1
    waits_from: int = 0


@dataclass(slots=True)
class Figures:
    """What a year came to.

    Args:
        breached, solved: tickets; by_priority: {priority: (breached, solved)}.
        spread: mean over teams of the coefficient of variation of points given per hour on shift, in thousandths.
        recomputed: decisions that came out again from their frozen record, of ``decisions``.
    """

    way: str
    breached: int = 0
    solved: int = 0
    unsolved: int = 0
    by_priority: dict[str, tuple[int, int]] = field(default_factory=dict)
    spread: int = 0
    decisions: int = 0
    recomputed: int = 0
    below: int = 0


def moment(seconds: int) -> datetime:
    """An instant of the year."""
    return START + timedelta(seconds=seconds)


def arrivals(log: Path) -> list[int]:
    """How many tickets came in each hour of the week (Monday 0:00 first), from the ServiceNow log UCI 498."""
    text = lzma.decompress(log.read_bytes()) if log.suffix == ".xz" else log.read_bytes()
    hours, seen = [0] * 168, set()
    for row in csv.DictReader(io.StringIO(text.decode())):
        if row["number"] not in seen:
            seen.add(row["number"])
            at = datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
            hours[at.weekday() * 24 + at.hour] += 1
    return hours


def people(chance: random.Random) -> list[Worker]:
    """Forty people: a zone each, two to four of the twelve skills, twenty days of holiday, days of sickness."""
    window = to_instant(START), to_instant(END)
    shut = Calendar.from_schedule({"tz": "UTC", "hours": {}, "holidays": [day.isoformat() for day in HOLIDAYS]})
    found: list[Worker] = []
    for team, size in enumerate(SIZES):
        for place in range(size):
            key = len(found) + 1
            zone = ZONES[0 if place % 4 < 2 else place % 4 - 1]
            week = patterns.Pattern(zone, patterns.week_of(OFFICE), date(2025, 1, 1), special=patterns.observed(shut))
            away = _absences(chance)
            gone = [(window[0] + a * 1_000_000, window[0] + b * 1_000_000) for a, b in away]
            spans = difference(patterns.expand(week, *window), gone)
            own = [f"s{2 * team}", f"s{2 * team + 1}"]
            levels = {skill: chance.choice((2, 3, 3, 4, 5)) for skill in own}
            levels = {f"s{chance.randrange(12)}": chance.randint(1, 3) for _n in range(2)} | levels
            levels |= {own[place]: 5} if place < 2 else {}  # nothing is asked that nobody of the team can do
            seconds = [((a - window[0]) // 1_000_000, (b - window[0]) // 1_000_000) for a, b in spans]
            found.append(Worker(key, team, levels, seconds, away))
    return found


def _absences(chance: random.Random) -> list[tuple[int, int]]:
    first = chance.randrange(10, 150)
    days = [(first, first + 14), (first + 160, first + 174)]
    days += [(day, day + chance.choice((1, 2, 3, 5))) for day in (chance.randrange(365) for _n in range(4))]
    found: list[tuple[int, int]] = []
    for start, end in sorted(days):
        if not found or start * DAY > found[-1][1]:
            found.append((start * DAY, end * DAY))
    return found


def jobs(chance: random.Random, hours: Sequence[int], count: int) -> list[Job]:
    """Tickets over the year by the hours of the week, with what each asks."""
    calendar = Calendar.from_schedule({"tz": ZONES[0], "hours": OFFICE, "holidays": [d.isoformat() for d in HOLIDAYS]})
    shift = START.weekday() * 24
    weights = [hours[(shift + hour) % 168] for hour in range(YEAR // 3600)]
    times = sorted(
        hour * 3600 + chance.randrange(3600) for hour in chance.choices(range(len(weights)), weights, k=count)
    )
    names, shares = [name for name, _share in SHARES], [share for _name, share in SHARES]
    found = []
    for number, opened in enumerate(times, 1):
        team = chance.choices(range(len(SIZES)), SIZES)[0]
        priority = chance.choices(names, shares)[0]
        requester = chance.randrange(900)
        due = int((add(calendar, moment(opened), LIMITS[priority] * 3600) - START).total_seconds())
        effort = min(480.0, EFFORT[priority] * chance.lognormvariate(-0.32, 0.8))
        skill, level = f"s{2 * team + chance.randrange(2)}", chance.choice((1, 2, 2, 3, 3, 4))
        found.append(Job(number, opened, team, priority, skill, level, requester, requester % 25, effort, due))
    return found


class Year:
    """One run of the year under one way to assign."""

    def __init__(self, way: str, workers: list[Worker], tickets: list[Job], *, prove: bool) -> None:
        self.way, self.prove, self.weights = way, prove, Weights()
        self.workers = {one.id: one for one in workers}
        self.teams = {team: [one for one in workers if one.team == team] for team in range(len(SIZES))}
        self.tickets = tickets
        self.loads: dict[int, int] = defaultdict(int)
        self.mine: dict[int, list[tuple[int, int]]] = defaultdict(list)  # heap of (due, number)
        self.busy: dict[int, int] = {}
        self.awards: dict[int, deque[tuple[int, int]]] = defaultdict(deque)
        self.sums: dict[int, int] = defaultdict(int)
        self.last: dict[int, datetime] = {}
        self.given: dict[int, int] = defaultdict(int)
        self.holds: dict[tuple[int, int], int] = defaultdict(int)
        self.solved: dict[tuple[int, int], int] = {}
        self.known: dict[tuple[int, int], int] = {}
        self.waiting: dict[int, list[Job]] = defaultdict(list)
        self.figures = Figures(way)

    def run(self) -> Figures:
        """Let the year pass."""
        events: list[tuple[int, int, int]] = [(job.opened, 1, job.number) for job in self.tickets]
        events += [(tick, 2, 0) for tick in range(0, YEAR, TICK)]
        events += [(start, 3, one.id) for one in self.workers.values() for start, _end in one.away]
        heapq.heapify(events)
        self.events = events
        while events:
            at, kind, key = heapq.heappop(events)
            if at > YEAR:
                break
            if kind == 0:
                self._finish(at, key)
            elif kind == 1:
                self._look(self.tickets[key - 1], at)
            elif kind == 2:
                self._again(at)
            else:
                self._went_away(at, key)
        return self._counted()

    # -- assigning -----------------------------------------------------------------------------------------------
    def _look(self, job: Job, at: int) -> bool:
        job.waits_from = job.waits_from or job.opened
        need = Need(
            job.priority,
            POINTS.of(job.priority),
            (Wanted(job.skill, job.level),),
            remaining=job.due - at,
            waited=at - job.waits_from,
            turns=self.way == "round_robin",
        )
        found = self._people(job, at, need)
        chosen = self._choose(need, found, at)
        if chosen is None:
            if job not in self.waiting[job.team]:
                self.waiting[job.team].append(job)
            return False
        self._give(job, chosen, at)
        return True

    def _people(self, job: Job, at: int, need: Need) -> list[Candidate]:
        crew = self.teams[job.team]
        rows = Rows([Member(one.id) for one in crew])
        rows.presence = {one.id: one.presence(at) for one in crew}
        rows.levels = {one.id: one.levels for one in crew}
        rows.loads, rows.last_at, rows.points = self.loads, self.last, self.sums
        for one in crew:
            while self.awards[one.id] and self.awards[one.id][0][0] < at - WEEK:
                self.sums[one.id] -= self.awards[one.id].popleft()[1]
        rows.minutes = {one.id: (one.worked(at) - one.worked(max(0, at - WEEK))) // 60 for one in crew}
        rows.continuity = {one.id: tie for one in crew if (tie := self._tie(one.id, job, at))}
        return candidates(rows, need.skills)

    def _tie(self, worker: int, job: Job, at: int) -> str:
        if self.holds[worker, job.requester]:
            return "requester"
        if at - self.solved.get((worker, job.requester), -YEAR) <= 30 * DAY:
            return "solved"
        return "organisation" if at - self.known.get((worker, job.organisation), -YEAR) <= 30 * DAY else ""

    def _choose(self, need: Need, found: list[Candidate], at: int) -> int | None:
        now = moment(at)
        if self.way == "least_loaded":
            eligible = settle(need, sorted(found, key=lambda one: one.id), now, self.weights).eligible
            best = min(eligible, key=lambda one: (one.load, one.last_at or START, one.id), default=None)
            return best.id if best else None
        choice = choose(need, found, now, self.weights)
        if choice.winner is not None and self.prove:
            self.figures.decisions += 1
            self.figures.recomputed += recomputed(freeze(need, found, now, self.weights)) == answer(choice)
        self.figures.below += choice.below_level
        return choice.winner

    def _give(self, job: Job, worker: int, at: int) -> None:
        points = POINTS.of(job.priority)
        job.worker = worker
        self.loads[worker] += points
        self.sums[worker] += points
        self.given[worker] += points
        self.awards[worker].append((at, points))
        self.last[worker] = moment(at)
        self.holds[worker, job.requester] += 1
        heapq.heappush(self.mine[worker], (job.due, job.number))
        self._start(worker, at)

    def _again(self, at: int) -> None:
        for team, rows in self.waiting.items():
            if rows and any(one.presence(at).on_shift for one in self.teams[team]):
                rows.sort(key=lambda job: (job.priority, job.due, job.number))
                self.waiting[team] = [job for job in rows if not self._look(job, at)]

    # -- working -------------------------------------------------------------------------------------------------
    def _start(self, worker: int, at: int) -> None:
        if worker in self.busy or not self.mine[worker]:
            return
        _due, number = heapq.heappop(self.mine[worker])
        job = self.tickets[number - 1]
        self.busy[worker] = number
        heapq.heappush(self.events, (self.workers[worker].after(at, self._seconds(job, worker, at)), 0, worker))

    def _seconds(self, job: Job, worker: int, at: int) -> int:
        """Better hands are quicker by a tenth for each level, up to a third; acquaintance saves a tenth."""
        above = self.workers[worker].levels.get(job.skill, 0) - job.level
        hands = min(1.3, max(0.7, 1 - 0.1 * above))
        solved = at - self.solved.get((worker, job.requester), -YEAR) <= 30 * DAY
        return max(60, int(job.effort * 60 * hands * (0.9 if solved else 1)))

    def _finish(self, at: int, worker: int) -> None:
        number = self.busy.pop(worker, None)
        if number is None:
            return
        job = self.tickets[number - 1]
        job.done = at
        self.loads[worker] -= POINTS.of(job.priority)
        self.holds[worker, job.requester] -= 1
        self.solved[worker, job.requester] = self.known[worker, job.organisation] = at
        self._start(worker, at)

    def _went_away(self, at: int, worker: int) -> None:
        """What was not begun goes back to the queue, whichever way assigns."""
        for _due, number in self.mine.pop(worker, []):
            job = self.tickets[number - 1]
            self.loads[worker] -= POINTS.of(job.priority)
            self.holds[worker, job.requester] -= 1
            job.waits_from = at
            self._look(job, at)

    # -- counting ------------------------------------------------------------------------------------------------
    def _counted(self) -> Figures:
        counts: dict[str, list[int]] = {name: [0, 0] for name, _share in SHARES}
        for job in self.tickets:
            counts[job.priority][0] += job.due < YEAR and not 0 <= job.done <= job.due
            counts[job.priority][1] += 1
            self.figures.unsolved += job.done < 0
        self.figures.by_priority = {name: (pair[0], pair[1]) for name, pair in counts.items()}
        self.figures.breached = sum(pair[0] for pair in counts.values())
        self.figures.solved = len(self.tickets) - self.figures.unsolved
        self.figures.spread = int(1000 * sum(self._spreads()) / len(SIZES))
        return self.figures

    def _spreads(self) -> Iterator[float]:
        for crew in self.teams.values():
            rates = [self.given[one.id] / (one.before[-1] / 3600) for one in crew]
            mean = sum(rates) / len(rates)
            yield (sum((rate - mean) ** 2 for rate in rates) / len(rates)) ** 0.5 / mean


def simulate(
    hours: Sequence[int], *, count: int = 60_000, seed: int = 7, ways: Sequence[str] = WAYS, prove: bool = True
) -> list[Figures]:
    """The same year under each way; ``prove`` computes every decision again from its frozen record."""
    found = []
    for way in ways:
        chance = random.Random(seed)
        workers = people(chance)
        found.append(Year(way, workers, jobs(chance, hours, count), prove=prove and way == "choice").run())
    return found
