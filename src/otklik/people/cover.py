"""What the roster page shows: people × days, skills × days against the need, gaps by hour, what one person only can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from math import ceil

from django.db.models import QuerySet

from otklik.businesstime import from_wall
from otklik.businesstime.span import Instant, Span, difference, to_instant, to_moment
from otklik.people import duty
from otklik.people.duty import Hours
from otklik.people.expertise import Skill, SkillNeed
from otklik.people.models import Membership, Person, Team
from otklik.people.rota import Absence, OnCall

HOUR = 3_600_000_000  # microseconds
SOLID = 3  # the level from which a person is said to can something where no need names another
FILLERS = 3  # people named who might fill a gap


@dataclass(frozen=True)
class Day:
    """One local date of the picture and its instants."""

    on: date
    start: Instant
    end: Instant

    @property
    def weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.on.weekday() > 4


@dataclass(frozen=True)
class Cell:
    """A person on a day: spans on shift, the absence that takes the day, order on call (0: not)."""

    day: Day
    shifts: list[Span] = field(default_factory=list)
    absence: Absence | None = None
    on_call: int = 0


@dataclass(frozen=True)
class Line:
    """A person and his days."""

    person: Person
    skills: list[str]
    cells: list[Cell]


@dataclass(frozen=True)
class Cover:
    """How many people with a skill are there on a day: the fewest of the hours that count; ``short`` hours by index."""

    day: Day
    least: int | None
    short: list[Span] = field(default_factory=list)
    core: int = 0  # hours that count


@dataclass(frozen=True)
class Need:
    """What a team wants to have on shift, and its days."""

    need: SkillNeed
    days: list[Cover]


@dataclass(frozen=True)
class Filler:
    """Somebody who is there but lacks levels."""

    person: Person
    level: int


@dataclass(frozen=True)
class Gap:
    """Consecutive days on which too few people can something."""

    need: SkillNeed
    days: list[Cover]
    least: int
    absent: list[Person]
    fillers: list[Filler]

    @property
    def part(self) -> Span | None:
        """The hours that are short, where it is one day and not all of it."""
        [first, *more] = self.days
        if more or len(first.short) == first.core:
            return None
        return first.short[0][0], first.short[-1][1]


@dataclass(frozen=True)
class Alone:
    """A skill that one person only can, or (None) that a team needs and nobody can."""

    skill: Skill
    person: Person | None


@dataclass(frozen=True)
class Picture:
    """The whole page."""

    days: list[Day]
    lines: list[Line]
    needs: list[Need]
    gaps: list[Gap]
    alone: list[Alone]
    turns: list[OnCall]


def days_from(first: date, count: int, tz: str) -> list[Day]:
    """Local dates with their instants, exact where the clocks change."""
    edges = [
        to_instant(from_wall(tz, datetime.combine(first + timedelta(days=n), time.min), strict=False))
        for n in range(count + 1)
    ]
    return [Day(first + timedelta(days=n), edges[n], edges[n + 1]) for n in range(count)]


def picture(teams: Iterable[Team], days: list[Day], now: datetime) -> Picture:
    """Everything for the members of these teams on these days, in a constant number of queries.

    Skills are those that count now, or on the first day where it lies ahead.
    """
    start, end = to_moment(days[0].start), to_moment(days[-1].end)
    seats = list(Membership.objects.filter(team__in=list(teams), person__is_active=True).values_list("team", "person"))
    people = list(Person.objects.filter(pk__in={person for _team, person in seats}).order_by("name", "pk"))
    ids = [person.pk for person in people]
    hours = duty.hours_of(ids, start, end)
    levels = duty.skills_of(ids, max(start, now))
    gone = _gone(ids, start, end)
    turns = list(
        OnCall.objects.filter(team__in={team for team, _person in seats}, starts_at__lt=end, ends_at__gt=start)
        .select_related("person", "team")
        .order_by("starts_at", "team_id", "order")
    )
    skills = {skill.pk: skill for skill in Skill.objects.all()}
    lines = [
        Line(person, _told(levels[person.pk], skills), [_cell(person, day, hours, gone, turns) for day in days])
        for person in people
    ]
    needs = _needs(seats, people, days, hours, levels, turns)
    gaps = [gap for need in needs for gap in _gaps(need, _members(need, seats, people), hours, levels)]
    alone = _alone(needs, seats, people, levels, skills)
    return Picture(days, lines, needs, sorted(gaps, key=lambda gap: (gap.least > 0, gap.days[0].day.on)), alone, turns)


def _gone(ids: list[int], start: datetime, end: datetime) -> list[Absence]:
    rows: QuerySet[Absence] = Absence.objects.filter(
        person__in=ids, starts_at__lt=end, ends_at__gt=start, cancelled_at=None
    )
    return list(rows.order_by("starts_at", "pk"))


def _told(levels: dict[int, int], skills: dict[int, Skill]) -> list[str]:
    """Names of a person's best skills, parts rather than wholes."""
    wholes = {skills[key].parent_id for key in levels if key in skills}
    own = sorted((key for key in levels if key not in wholes and key in skills), key=lambda key: (-levels[key], key))
    return [skills[key].name for key in own]


def _cell(person: Person, day: Day, hours: dict[int, Hours], gone: list[Absence], turns: list[OnCall]) -> Cell:
    mine = hours[person.pk]
    planned = [span for span in mine.shifts if day.start <= span[0] < day.end]
    there = difference(planned, mine.away)
    away = next((one for one in gone if one.person_id == person.pk and _touches(one, day)), None)
    if there or (planned == [] and mine.rostered):
        away = None
    noon = (day.start + day.end) // 2
    orders = [turn.order for turn in turns if turn.person_id == person.pk and _holds(turn, noon)]
    return Cell(day, there, away, min(orders, default=0))


def _touches(absence: Absence, day: Day) -> bool:
    return to_instant(absence.starts_at) < day.end and to_instant(absence.ends_at) > day.start


def _holds(row: OnCall, at: Instant) -> bool:
    return to_instant(row.starts_at) <= at < to_instant(row.ends_at)


def _inside(spans: Sequence[Span], at: Instant) -> bool:
    return any(start <= at < end for start, end in spans)


# -- skills against the need ---------------------------------------------------------------------------------------
def _members(need: Need, seats: list[tuple[int, int]], people: list[Person]) -> list[Person]:
    inside = {person for team, person in seats if team == need.need.team_id}
    return [person for person in people if person.pk in inside]


def _needs(
    seats: list[tuple[int, int]],
    people: list[Person],
    days: list[Day],
    hours: dict[int, Hours],
    levels: dict[int, dict[int, int]],
    turns: list[OnCall],
) -> list[Need]:
    found = SkillNeed.objects.filter(team__in={team for team, _person in seats}, people__gt=0, skill__is_active=True)
    told = []
    for need in found.select_related("skill", "team").order_by("team_id", "skill__code"):
        inside = [person.pk for person in people if (need.team_id, person.pk) in set(seats)]
        able = [key for key in inside if levels[key].get(need.skill_id, 0) >= need.level]
        answer = [turn for turn in turns if turn.team_id == need.team_id and turn.person_id in able]
        told.append(Need(need, [_cover(need, day, inside, able, hours, answer) for day in days]))
    return told


def _cover(
    need: SkillNeed, day: Day, inside: list[int], able: list[int], hours: dict[int, Hours], turns: list[OnCall]
) -> Cover:
    """The fewest able people of the hours in which at least half of the day's team is rostered, absent or not."""
    slots = range(day.start, day.end, HOUR)
    planned = [sum(_inside(hours[key].shifts, at + HOUR // 2) for key in inside) for at in slots]
    if not any(planned):
        noon = (day.start + day.end) // 2
        answering = len({turn.person_id for turn in turns if _holds(turn, noon)})
        return Cover(day, answering or None)
    core = [at for at, count in zip(slots, planned, strict=True) if count >= max(1, ceil(max(planned) / 2))]
    there = {key: difference(hours[key].shifts, hours[key].away) for key in able}
    counts = [(at, sum(_inside(there[key], at + HOUR // 2) for key in able)) for at in core]
    short = [(at, at + HOUR) for at, count in counts if count < need.people]
    return Cover(day, min(count for _at, count in counts), short, len(core))


def _gaps(
    need: Need, members: list[Person], hours: dict[int, Hours], levels: dict[int, dict[int, int]]
) -> Iterable[Gap]:
    """Runs of short days, free days between them passed over; nobody at all apart from too few."""
    worked = [cover for cover in need.days if cover.core]
    for (short, none), run in groupby(worked, key=lambda cover: (bool(cover.short), cover.least == 0)):
        days = list(run)
        if not short:
            continue
        start, end = days[0].short[0][0], days[-1].short[-1][1]
        skill, level = need.need.skill_id, need.need.level
        able = [person for person in members if levels[person.pk].get(skill, 0) >= level]
        absent = [one for one in able if any(begin < end and over > start for begin, over in hours[one.pk].away)]
        others = [
            Filler(one, levels[one.pk].get(skill, 0))
            for one in members
            if one not in able and any(begin < end and over > start for begin, over in _there(hours[one.pk]))
        ]
        others.sort(key=lambda one: (-one.level, one.person.name))
        yield Gap(need.need, days, 0 if none else min(day.least or 0 for day in days), absent, others[:FILLERS])


def _there(hours: Hours) -> list[Span]:
    return difference(hours.shifts, hours.away)


def _alone(
    needs: list[Need],
    seats: list[tuple[int, int]],
    people: list[Person],
    levels: dict[int, dict[int, int]],
    skills: dict[int, Skill],
) -> list[Alone]:
    """Skills that stand or fall with one person: by the level that a need names, else by level 3."""
    asked = {need.need.skill_id: need for need in needs}
    wholes = {skill.parent_id for skill in skills.values()}
    held = {key for person in people for key in levels[person.pk] if key not in wholes}
    found = []
    for key in sorted(asked.keys() | held):
        level = asked[key].need.level if key in asked else SOLID
        among = _members(asked[key], seats, people) if key in asked else people
        able = [person for person in among if levels[person.pk].get(key, 0) >= level]
        if len(able) == 1 or (key in asked and not able):
            found.append(Alone(skills[key], able[0] if able else None))
    return found
