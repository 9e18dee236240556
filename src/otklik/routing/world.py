"""The world of the simulated year: forty people in six teams and three zones, their absences, sixty thousand tickets.

Everything comes from a seed and is the same for every way of assigning (`year.py`). The pattern of arrival is that of a
real log; what the model assumes of people and of work is stated in docs/routing.md.
"""

from __future__ import annotations

import csv
import io
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

from otklik.businesstime import Calendar, Timetable
from otklik.businesstime.span import Span, difference, to_instant
from otklik.businesstime.ticks import spans as open_spans
from otklik.people import patterns
from otklik.routing.acquaintance import read
from otklik.routing.rows import Points, Presence

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
YEAR = int((END - START).total_seconds())
SIZES = (12, 8, 6, 6, 4, 4)
ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")
OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = [date(2026, 1, day) for day in range(1, 10)] + [
    date(2026, month, day) for month, day in ((2, 23), (3, 9), (5, 1), (5, 11), (6, 12), (11, 4), (12, 31))
]
DAY = 86400
CAPACITY = 20  # points that somebody may carry: a day's work, as nobody of the model waits for an answer
LIMITS = {"P1": 4, "P2": 8, "P3": 16, "P4": 40}  # working hours of the promise, nine to six in Moscow
EFFORT = {"P1": 110, "P2": 85, "P3": 65, "P4": 40}  # minutes of work on average, in the hands of somebody of level 3
# Work by the level of the hands: the five ratings of APEX, experience with the application, in COCOMO II.2000.
HANDS = {0: 1.22, 1: 1.22, 2: 1.10, 3: 1.00, 4: 0.88, 5: 0.81}
KNOWN = 0.84  # work for somebody who solved a ticket of the same person within thirty days (`acquaintance.py`)
SHARES = (("P1", 2), ("P2", 12), ("P3", 46), ("P4", 40))
POINTS = Points({"P1": 8, "P2": 4, "P3": 2, "P4": 1})


@dataclass(slots=True)
class Hours:
    """Spans of time in seconds of the year, sorted and disjoint, and how much of them is over at any instant."""

    spans: list[tuple[int, int]]
    starts: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)  # seconds inside before each span

    def __post_init__(self) -> None:
        self.starts = [start for start, _end in self.spans]
        self.before = [0, *accumulate(end - start for start, end in self.spans)]

    def worked(self, at: int) -> int:
        """Seconds inside before an instant."""
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return 0
        start, end = self.spans[place]
        return self.before[place] + min(at, end) - start

    def after(self, at: int, seconds: int) -> int:
        """When so many seconds inside from an instant on are over; past the year where they never are."""
        due = self.worked(at) + seconds
        place = bisect_left(self.before, due) - 1
        if place >= len(self.spans):
            return 2 * YEAR
        return self.spans[max(place, 0)][0] + due - self.before[max(place, 0)]

    def around(self, at: int) -> tuple[int, int] | None:
        """The span an instant lies in."""
        place = bisect_right(self.starts, at) - 1
        return self.spans[place] if place >= 0 and at < self.spans[place][1] else None

    def next(self, at: int) -> int:
        """The first start from an instant on."""
        place = bisect_left(self.starts, at)
        return self.starts[place] if place < len(self.starts) else 2 * YEAR


@dataclass(slots=True)
class Worker:
    """Somebody of the simulated desk.

    Args:
        levels: by code of skill.
        roster: hours on shift, absent or not; ``hours``: with the absences taken out.
        away: absences, from local midnight to local midnight.
    """

    id: int
    team: int
    zone: str
    levels: dict[str, int]
    roster: Hours
    hours: Hours
    away: list[tuple[int, int]]

    def presence(self, at: int) -> Presence:
        """Where the person is."""
        gone = next((end for start, end in self.away if start <= at < end), None)
        rostered, here = self.roster.around(at), self.hours.around(at)
        ends = here or rostered
        return Presence(
            rostered is not None,
            moment(ends[1]) if ends else None,
            absent=gone is not None,
            absent_until=moment(gone) if gone is not None else None,
        )

    def changes(self, at: int) -> int:
        """When that changes next."""
        edges = [edge for span in self.away for edge in span if edge > at]
        around = self.roster.around(at)
        return min([*edges, around[1] if around else self.roster.next(at)])


@dataclass(frozen=True, slots=True)
class Report:
    """A simulated ticket: what it asks, when it is due, and the minutes of work in hands of level 3."""

    number: int
    opened: int
    team: int
    priority: str
    skill: str
    level: int
    requester: int
    organisation: int
    effort: float
    due: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything that does not depend on the way of assigning; ``office``: the hours of promises and of waiting."""

    workers: list[Worker]
    reports: list[Report]
    office: Hours


def moment(seconds: int) -> datetime:
    """An instant of the year."""
    return START + timedelta(seconds=seconds)


def seconds_of(at: datetime) -> int:
    """Seconds of the year at an instant."""
    return int((at - START).total_seconds())


def arrivals(log: Path) -> list[int]:
    """How many tickets came in each hour of the week (Monday 0:00 first), from the ServiceNow log UCI 498."""
    hours, seen = [0] * 168, set()
    for row in csv.DictReader(io.StringIO(read(log))):
        if row["number"] not in seen:
            seen.add(row["number"])
            at = datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
            hours[at.weekday() * 24 + at.hour] += 1
    return hours


@lru_cache(maxsize=1)
def calendar() -> Timetable:
    """Working time of the promises and of the teams: nine to six in Moscow, without the public holidays."""
    return Calendar.from_schedule({"tz": ZONES[0], "hours": OFFICE, "holidays": [day.isoformat() for day in HOLIDAYS]})


def world(hours: Sequence[int], *, count: int, seed: int) -> World:
    """The world of a seed."""
    chance = random.Random(seed)
    window = to_instant(START), to_instant(END)
    office = Hours(_seconds(open_spans(calendar(), *window)))
    return World(people(chance), reports(chance, hours, count, office), office)


def people(chance: random.Random) -> list[Worker]:
    """Forty people: a zone each, two to four of the twelve skills, twenty days of holiday, days of sickness."""
    window = to_instant(START), to_instant(END)
    shut = patterns.observed(calendar())
    found: list[Worker] = []
    for team, size in enumerate(SIZES):
        for place in range(size):
            zone = ZONES[0 if place % 4 < 2 else place % 4 - 1]
            week = patterns.Pattern(zone, patterns.week_of(OFFICE), date(2025, 1, 1), special=shut)
            away = _absences(chance, zone, turn=place / size)
            gone = [(to_instant(moment(start)), to_instant(moment(end))) for start, end in away]
            rostered = patterns.expand(week, *window)
            own = [f"s{2 * team}", f"s{2 * team + 1}"]
            levels = {skill: chance.choice((2, 3, 3, 4, 5)) for skill in own}
            levels = {f"s{chance.randrange(12)}": chance.randint(1, 3) for _n in range(2)} | levels
            levels |= {own[place]: 5} if place < 2 else {}  # nothing is asked that nobody of the team can do
            there = Hours(_seconds(difference(rostered, gone)))
            found.append(Worker(len(found) + 1, team, zone, levels, Hours(_seconds(rostered)), there, away))
    return found


def _seconds(spans: Iterable[Span]) -> list[tuple[int, int]]:
    begin = to_instant(START)
    return [((start - begin) // 1_000_000, (end - begin) // 1_000_000) for start, end in spans]


def _absences(chance: random.Random, zone: str, turn: float) -> list[tuple[int, int]]:
    """Two holidays of two weeks and four illnesses of one to five days, as whole local days, never overlapping.

    Args:
        turn: 0 to 1, the person's turn in the team, which does not go on holiday all at once.
    """
    first = 10 + int(140 * turn) + chance.randrange(7)
    days = [(first, first + 14), (first + 160, first + 174)]
    days += [(day, day + chance.choice((1, 2, 3, 5))) for day in (chance.randrange(365) for _n in range(4))]
    found: list[tuple[int, int]] = []
    for start, end in sorted(days):
        if not found or start > found[-1][1]:
            found.append((start, end))
    return [(_midnight(start, zone), _midnight(end, zone)) for start, end in found]


def _midnight(day: int, zone: str) -> int:
    local = date(START.year, 1, 1) + timedelta(days=day)
    return seconds_of(datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone)))


def _hour_of_week(at: datetime) -> int:
    """The hour whose traffic comes at an instant: a public holiday is as quiet as a Sunday."""
    return (6 if at.date() in HOLIDAYS else at.weekday()) * 24 + at.hour


def reports(chance: random.Random, hours: Sequence[int], count: int, office: Hours) -> list[Report]:
    """Tickets over the year by the hours of the week, with what each asks."""
    weights = [hours[_hour_of_week(moment(hour * 3600))] for hour in range(YEAR // 3600)]
    times = sorted(
        hour * 3600 + chance.randrange(3600) for hour in chance.choices(range(len(weights)), weights, k=count)
    )
    names, shares = [name for name, _share in SHARES], [share for _name, share in SHARES]
    found = []
    for number, opened in enumerate(times, 1):
        team = chance.choices(range(len(SIZES)), SIZES)[0]
        priority = chance.choices(names, shares)[0]
        requester = chance.randrange(900)
        due = office.after(opened, LIMITS[priority] * 3600)
        effort = min(480.0, EFFORT[priority] * chance.lognormvariate(-0.32, 0.8))
        skill, level = f"s{2 * team + chance.randrange(2)}", chance.choice((1, 2, 2, 3, 3, 4))
        found.append(Report(number, opened, team, priority, skill, level, requester, requester % 25, effort, due))
    return found
