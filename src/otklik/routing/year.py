"""A simulated year under one way to assign: the same people, absences, tickets and work, another choice each time.

Who is given what goes through `rows.candidates` and the choice, the same as on a real desk; all ways ask the same hard
filters, wait for the same relaxation and differ only in whom they pick among the eligible. The model of work is simple
and stated in docs/routing.md: everybody works on shift, one ticket at a time, the nearest due first.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from otklik.routing.choice import Candidate, Need, Wanted, Weights, choose, relaxed, settle
from otklik.routing.frozen import answer, freeze, recomputed
from otklik.routing.rows import Member, Presence, Rows, candidates, fair_since
from otklik.routing.world import (
    CAPACITY,
    DAY,
    HANDS,
    KNOWN,
    POINTS,
    SHARES,
    SIZES,
    START,
    YEAR,
    Report,
    Worker,
    World,
    calendar,
    moment,
    seconds_of,
    world,
)

TICK = 900  # seconds between two looks at what waits
LATELY = 30 * DAY
WAYS = ("choice", "round_robin", "least_loaded")
CAME, TICKED, AWAY, BACK, LEFT, DONE = 1, 2, 3, 4, 5, 0  # kinds of events; at one instant the lowest first


@dataclass(slots=True)
class Job:
    """What became of a report."""

    asked: Report
    done: int = -1
    worker: int = -1
    waits_from: int = 0
    ends: int = -1  # of the work that goes on
    seen: tuple[int, bool] = (-1, False)  # what the last look that found nobody rested on


@dataclass(slots=True)
class Figures:
    """What a year came to.

    Args:
        breached, solved: tickets; by_priority: {priority: (breached, tickets)}.
        spread: mean over teams of the coefficient of variation of points per hour on shift, in thousandths.
        recomputed: decisions that came out again from their frozen record, of ``decisions``.
        below: tickets given to somebody below the level asked; ``work``: seconds of work in all;
        ``busy``: their share of the time on shift, in thousandths.
    """

    way: str
    seed: int = 0
    breached: int = 0
    solved: int = 0
    unsolved: int = 0
    by_priority: dict[str, tuple[int, int]] = field(default_factory=dict)
    spread: int = 0
    decisions: int = 0
    recomputed: int = 0
    below: int = 0
    work: int = 0
    busy: int = 0


class Year:
    """One run of the year under one way to assign."""

    def __init__(self, way: str, given: World, *, capacity: int = CAPACITY, prove: bool = False) -> None:
        self.way, self.capacity, self.prove, self.weights = way, capacity, prove, Weights()
        self.office = given.office
        self.workers = {one.id: one for one in given.workers}
        self.teams = {team: [one for one in given.workers if one.team == team] for team in range(len(SIZES))}
        self.jobs = [Job(one) for one in given.reports]
        self.loads: dict[int, int] = defaultdict(int)
        self.mine: dict[int, list[tuple[int, int]]] = defaultdict(list)  # heap of (due, number), not begun
        self.busy: dict[int, int] = {}
        self.awards: dict[int, deque[tuple[int, int]]] = defaultdict(deque)
        self.sums: dict[int, int] = defaultdict(int)
        self.last: dict[int, datetime] = {}
        self.kept: dict[int, int] = defaultdict(int)  # points given and not handed over
        self.holds: dict[tuple[int, int], int] = defaultdict(int)
        self.serves: dict[tuple[int, int], int] = defaultdict(int)
        self.solved: dict[tuple[int, int], int] = {}
        self.known: dict[tuple[int, int], int] = {}
        self.waiting: dict[int, list[Job]] = defaultdict(list)
        self.seen: dict[int, tuple[Presence, int]] = {}  # where everybody is, and until when
        self.edges = dict.fromkeys(self.teams, 0)  # when somebody of a team comes or leaves next
        self.stamps = dict.fromkeys(self.teams, 0)  # change whenever somebody more may be free
        self.figures = Figures(way)

    def run(self) -> Figures:
        """Let the year pass."""
        events: list[tuple[int, int, int]] = [(job.asked.opened, CAME, job.asked.number) for job in self.jobs]
        events += [(tick, TICKED, 0) for tick in range(0, YEAR, TICK)]
        for one in self.workers.values():
            events += [(one.roster.next(start), AWAY, one.id) for start, _end in one.away]
            events += [(one.hours.next(end), BACK, one.id) for _start, end in one.away]
            events += [(end, LEFT, one.id) for _start, end in one.hours.spans]
        heapq.heapify(events)
        self.events = events
        while events and events[0][0] <= YEAR:
            at, kind, key = heapq.heappop(events)
            if kind == DONE:
                self._finish(self.jobs[key - 1], at)
            elif kind == CAME:
                self._look(self.jobs[key - 1], at, at)
            elif kind == TICKED:
                self._again(at)
            elif kind == AWAY:
                self._went_away(at, key)
            elif kind == LEFT:
                self._hand_over(at, key, self.workers[key].hours.next(at))
            else:
                self._start(key, at)
        return self._counted()

    # -- assigning -----------------------------------------------------------------------------------------------
    def _look(self, job: Job, at: int, since: int) -> bool:
        asked = job.asked
        job.waits_from = since
        need = Need(
            asked.priority,
            POINTS.of(asked.priority),
            (Wanted(asked.skill, asked.level),),
            remaining=self._between(at, asked.due),
            waited=self._between(since, at),
            turns=self.way == "round_robin",
        )
        chosen = self._choose(need, self._people(asked, at, need), moment(at))
        if chosen is None:
            job.seen = self.stamps[asked.team], relaxed(need, self.weights)
            self.waiting[asked.team].append(job)
            return False
        self.figures.below += self.workers[chosen].levels.get(asked.skill, 0) < asked.level
        self._give(job, chosen, at)
        return True

    def _between(self, start: int, end: int) -> int:
        """Working seconds, as the clocks of a desk count them."""
        return self.office.worked(end) - self.office.worked(start)

    def _people(self, asked: Report, at: int, need: Need) -> list[Candidate]:
        crew, since = self.teams[asked.team], max(0, seconds_of(fair_since(calendar(), moment(at))))
        rows = Rows([Member(one.id, self.capacity) for one in crew])
        rows.presence = {one.id: self._presence(one, at) for one in crew}
        rows.levels = {one.id: one.levels for one in crew}
        rows.loads, rows.last_at, rows.points = self.loads, self.last, self.sums
        for one in crew:
            awards = self.awards[one.id]
            while awards and awards[0][0] < since:
                self.sums[one.id] -= awards.popleft()[1]
        rows.minutes = {one.id: (one.hours.worked(at) - one.hours.worked(since)) // 60 for one in crew}
        rows.continuity = {one.id: tie for one in crew if (tie := self._tie(one.id, asked, at))}
        return candidates(rows, need.skills)

    def _presence(self, one: Worker, at: int) -> Presence:
        """Where somebody is, asked anew only after it changed."""
        known = self.seen.get(one.id)
        if known is None or at >= known[1]:
            known = self.seen[one.id] = one.presence(at), one.changes(at)
        return known[0]

    def _tie(self, worker: int, asked: Report, at: int) -> str:
        if self.holds[worker, asked.requester]:
            return "requester"
        if at - self.solved.get((worker, asked.requester), -YEAR) <= LATELY:
            return "solved"
        near = self.serves[worker, asked.organisation]
        return "organisation" if near or at - self.known.get((worker, asked.organisation), -YEAR) <= LATELY else ""

    def _choose(self, need: Need, found: list[Candidate], now: datetime) -> int | None:
        if self.prove:
            choice = choose(need, found, now, self.weights)
            self.figures.decisions += 1
            self.figures.recomputed += recomputed(freeze(need, found, now, self.weights)) == answer(choice)
            return choice.winner
        settled = settle(need, found, now, self.weights)  # `found` is in the order of ids
        if self.way == "least_loaded":
            best = min(settled.eligible, key=lambda one: (one.load, one.last_at or START, one.id), default=None)
            return best.id if best else None
        return settled.ranked[0].id if settled.ranked else None

    def _give(self, job: Job, worker: int, at: int) -> None:
        points = POINTS.of(job.asked.priority)
        job.worker = worker
        self.sums[worker] += points
        self.awards[worker].append((at, points))
        self.last[worker] = moment(at)
        self._carry(job, points)
        heapq.heappush(self.mine[worker], (job.asked.due, job.asked.number))
        self._start(worker, at)

    def _carry(self, job: Job, points: int) -> None:
        """Somebody has one more of them, or one less (negative points)."""
        step = 1 if points > 0 else -1
        self.loads[job.worker] += points
        self.stamps[job.asked.team] += points < 0
        self.holds[job.worker, job.asked.requester] += step
        self.serves[job.worker, job.asked.organisation] += step
        if step > 0 or job.done < 0:
            self.kept[job.worker] += points

    def _again(self, at: int) -> None:
        for team, rows in self.waiting.items():
            if rows and at >= self.edges[team]:
                self.edges[team] = min(one.changes(at) for one in self.teams[team])
                self.stamps[team] += 1
            due = [job for job in rows if self._otherwise(job, at)]
            if due:
                self.waiting[team] = [job for job in rows if job not in due]
                for job in sorted(due, key=lambda job: (job.asked.priority, job.asked.due, job.asked.number)):
                    self._look(job, at, job.waits_from)

    def _otherwise(self, job: Job, at: int) -> bool:
        """May the answer be another by now? Somebody came or left, had a ticket less, or relaxation began."""
        loose = self._between(job.waits_from, at) >= self.weights.relax_after[job.asked.priority]
        return job.seen != (self.stamps[job.asked.team], loose)

    # -- working -------------------------------------------------------------------------------------------------
    def _start(self, worker: int, at: int) -> None:
        if worker in self.busy or not self.mine[worker]:
            return
        _due, number = heapq.heappop(self.mine[worker])
        job = self.jobs[number - 1]
        self.busy[worker] = number
        work = self._seconds(job.asked, worker, at)
        self.figures.work += work
        job.ends = self.workers[worker].hours.after(at, work)
        heapq.heappush(self.events, (job.ends, DONE, number))

    def _seconds(self, asked: Report, worker: int, at: int) -> int:
        """Work in these hands, less of it for somebody who knows the requester."""
        hands = HANDS[self.workers[worker].levels.get(asked.skill, 0)]
        knows = at - self.solved.get((worker, asked.requester), -YEAR) <= LATELY
        return max(60, int(asked.effort * 60 * hands * (KNOWN if knows else 1)))

    def _finish(self, job: Job, at: int) -> None:
        if job.ends != at:
            return  # handed over meanwhile
        job.done, job.ends = at, -1
        worker = job.worker
        del self.busy[worker]
        self._carry(job, -POINTS.of(job.asked.priority))
        self.solved[worker, job.asked.requester] = self.known[worker, job.asked.organisation] = at
        self._start(worker, at)

    def _went_away(self, at: int, worker: int) -> None:
        """In the morning of an absence what §6.6 proposes is handed over: P1, P2 and what is due before the return."""
        back = next((end for start, end in self.workers[worker].away if start <= at < end), None)
        if back is not None:
            self._hand_over(at, worker, back, always=("P1", "P2"))

    def _hand_over(self, at: int, worker: int, back: int, *, always: Sequence[str] = ()) -> None:
        """Who leaves gives to others what is due before they are back, begun or not; everything else stays."""
        numbers = [number for _due, number in self.mine[worker]]
        numbers += [self.busy[worker]] if worker in self.busy else []
        held = [self.jobs[number - 1] for number in sorted(numbers)]
        going = [job for job in held if job.asked.due < back or job.asked.priority in always]
        gone = {job.asked.number for job in going}
        self.mine[worker] = [pair for pair in self.mine[worker] if pair[1] not in gone]
        heapq.heapify(self.mine[worker])
        if self.busy.get(worker) in gone:
            del self.busy[worker]
        for job in going:
            job.ends = -1
            self._carry(job, -POINTS.of(job.asked.priority))
            self._look(job, at, at)

    # -- counting ------------------------------------------------------------------------------------------------
    def _counted(self) -> Figures:
        counts: dict[str, list[int]] = {name: [0, 0] for name, _share in SHARES}
        for job in self.jobs:
            counts[job.asked.priority][0] += job.asked.due < YEAR and not 0 <= job.done <= job.asked.due
            counts[job.asked.priority][1] += 1
            self.figures.unsolved += job.done < 0
        self.figures.by_priority = {name: (pair[0], pair[1]) for name, pair in counts.items()}
        self.figures.breached = sum(pair[0] for pair in counts.values())
        self.figures.solved = len(self.jobs) - self.figures.unsolved
        self.figures.spread = int(1000 * sum(self._spreads()) / len(SIZES))
        return self.figures

    def _spreads(self) -> Iterator[float]:
        for crew in self.teams.values():
            rates = [self.kept[one.id] / (one.hours.before[-1] / 3600) for one in crew]
            mean = sum(rates) / len(rates)
            yield (sum((rate - mean) ** 2 for rate in rates) / len(rates)) ** 0.5 / mean


def simulate(
    hours: Sequence[int],
    *,
    count: int = 60_000,
    seed: int = 7,
    capacity: int = CAPACITY,
    ways: Sequence[str] = WAYS,
    prove: bool = True,
) -> Iterator[Figures]:
    """The same year under each way; ``prove`` computes every decision again from its frozen record."""
    given = world(hours, count=count, seed=seed)
    there = sum(one.hours.before[-1] for one in given.workers)
    for way in ways:
        figures = Year(way, given, capacity=capacity, prove=prove and way == "choice").run()
        figures.seed, figures.busy = seed, 1000 * figures.work // there
        yield figures
