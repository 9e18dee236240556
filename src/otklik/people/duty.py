"""Who is there at a moment: on shift, absent, on call, and what he can; few queries however many people are asked for.

A pattern or row without a team counts for every team of the person. Whoever has neither is never on shift.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from otklik.businesstime import Exceptions
from otklik.businesstime.hours import ScheduleError
from otklik.businesstime.span import Span, clipped, to_instant, to_moment, union
from otklik.calendars.models import CalendarVersion
from otklik.calendars.shelf import calendar_at
from otklik.journal.questions import Question, Slot
from otklik.people import patterns
from otklik.people.expertise import AgentSkill, Skill
from otklik.people.models import Person, Team
from otklik.people.patterns import FAR, Pattern
from otklik.people.rota import Absence, OnCall, Shift, ShiftPattern

AHEAD = timedelta(days=15)  # how far the next shift is looked for


@dataclass(frozen=True, slots=True)
class Away:
    """An absence without its reason: until when, and who stands in."""

    until: datetime
    deputy_id: int | None


@dataclass(frozen=True, slots=True)
class Duty:
    """A person at a moment.

    ``on_shift`` is what the roster says, absent or not; ``shift_ends_at`` is cut where an absence begins;
    ``next_shift_at`` is the next time he is there, within 15 days; ``rostered`` is False where no hours are known.
    """

    on_shift: bool
    shift_ends_at: datetime | None
    next_shift_at: datetime | None
    absence: Away | None
    presence: str
    rostered: bool = True

    @property
    def here(self) -> bool:
        """On shift, not absent, and not away by his own switch."""
        return self.on_shift and self.absence is None and self.presence != "away"


@dataclass(frozen=True)
class Hours:
    """What is known of one person's time in a window: spans on shift, absences as (span, deputy)."""

    shifts: list[Span]
    absences: list[tuple[Span, int | None]]
    rostered: bool

    @property
    def away(self) -> list[Span]:
        """Spans of absence, joined."""
        return union(span for span, _deputy in self.absences)


def among(ids: Iterable[int] | Slot) -> RawSQL:
    """Keys as one parameter of a query (an array), for lists of hundreds: ``person__in=among(ids)``."""
    keys = ids if isinstance(ids, Slot) else list(ids)
    return RawSQL("select unnest(%s::bigint[])", (keys,))  # the text is ours, the keys a parameter


def _shifts(anywhere: bool) -> Question[tuple[int, datetime, datetime]]:
    """Shifts within a window: of any team, or of one team and of none."""
    return Question(
        lambda people, start, end, team: Shift.objects.filter(
            Q() if anywhere else Q(team=None) | Q(team=team),
            person__in=among(people),
            starts_at__lt=end,
            ends_at__gt=start,
        ).values_list("person_id", "starts_at", "ends_at"),
        slots=4,
    )


def _patterns(anywhere: bool) -> Question[tuple[int, str, Any, date, date | None, int | None]]:
    """Weeks that hold within a window: of any team, or of one team and of none."""
    return Question(
        lambda people, earliest, latest, team: (
            ShiftPattern.objects.filter(Q() if anywhere else Q(team=None) | Q(team=team))
            .filter(Q(valid_until=None) | Q(valid_until__gte=earliest), person__in=among(people))
            .filter(valid_from__lte=latest)
            .values_list("person_id", "tz", "hours", "valid_from", "valid_until", "calendar_id")
        ),
        slots=4,
    )


_SHIFTS = {anywhere: _shifts(anywhere) for anywhere in (False, True)}
_WEEKS = {anywhere: _patterns(anywhere) for anywhere in (False, True)}
_GONE = Question(
    lambda people, start, end: (
        Absence.objects.filter(person__in=among(people), starts_at__lt=end, ends_at__gt=start, cancelled_at=None)
        .order_by("starts_at", "pk")
        .values_list("person_id", "starts_at", "ends_at", "deputy_id")
    ),
    slots=3,
)
_PRESENCES = Question(lambda people: Person.objects.filter(pk__in=among(people)).values_list("pk", "presence"))


def on_duty(people: Team | Iterable[int | Person], at: datetime, *, team: Team | None = None) -> dict[int, Duty]:
    """Everybody's duty at a moment: the active members of a team, or the people named (ids or records).

    Args:
        team: shifts of other teams do not count; a team given as ``people`` is taken for it.
    """
    if isinstance(people, Team):
        team = people
        asked = Person.objects.filter(memberships__team=team, is_active=True)
    else:
        asked = Person.objects.filter(pk__in=[one.pk if isinstance(one, Person) else one for one in people])
    presences = dict(asked.values_list("pk", "presence"))
    known = hours_of(presences, at, at + AHEAD, team=team)
    now = to_instant(at)
    return {key: _duty(known[key], now, presence) for key, presence in presences.items()}


def _duty(hours: Hours, now: int, presence: str) -> Duty:
    told = patterns.standing(hours.shifts, hours.away, now)
    deputy = next((who for (start, end), who in hours.absences if start <= now < end), None)
    return Duty(
        on_shift=told.on_shift,
        shift_ends_at=to_moment(told.shift_ends) if told.shift_ends is not None else None,
        next_shift_at=to_moment(told.next_shift) if told.next_shift is not None else None,
        absence=Away(to_moment(told.absent_until), deputy) if told.absent_until is not None else None,
        presence=presence,
        rostered=hours.rostered,
    )


def minutes_on_shift(
    person_ids: Iterable[int], start: datetime, end: datetime, *, team: Team | None = None
) -> dict[int, int]:
    """Whole minutes that each was on shift and not absent in ``[start, end)``."""
    known = hours_of(person_ids, start, end, team=team)
    return {key: patterns.minutes(hours.shifts, hours.away) for key, hours in known.items()}


def duty_and_minutes(
    people: Iterable[int], start: datetime, at: datetime, *, team: Team | None = None
) -> tuple[dict[int, Duty], dict[int, int]]:
    """`on_duty` at a moment together with `minutes_on_shift` from ``start`` until then, read once for both."""
    presences = dict(_PRESENCES.all(list(people)))
    known = hours_of(presences, start, at + AHEAD, team=team)
    now, window, later = to_instant(at), patterns.instants(start, at), patterns.instants(at, at + AHEAD)
    minutes = {
        key: patterns.minutes(clipped(one.shifts, *window), clipped(one.away, *window)) for key, one in known.items()
    }
    ahead = {key: Hours(clipped(one.shifts, *later), one.absences, one.rostered) for key, one in known.items()}
    return {key: _duty(ahead[key], now, presence) for key, presence in presences.items()}, minutes


def hours_of(
    person_ids: Iterable[int], start: datetime, end: datetime, *, team: Team | None = None
) -> dict[int, Hours]:
    """Shifts and absences of many people in ``[start, end)``: four queries at most."""
    ids = list(person_ids)
    window = patterns.instants(start, end)
    weeks = _weeks(ids, start, end, team)
    rows: dict[int, list[Span]] = defaultdict(list)
    for key, begins, ends in _SHIFTS[team is None].all(ids, start, end, team.pk if team else None):
        rows[key].append(patterns.instants(begins, ends))
    absences: dict[int, list[tuple[Span, int | None]]] = defaultdict(list)
    for key, begins, ends, deputy in _GONE.all(ids, start, end):
        absences[key].append((patterns.instants(begins, ends), deputy))
    return {
        key: Hours(
            patterns.joined(weeks.get(key, []), rows.get(key, []), *window),
            absences.get(key, []),
            key in weeks or key in rows,
        )
        for key in ids
    }


def _weeks(ids: list[int], start: datetime, end: datetime, team: Team | None) -> dict[int, list[list[Span]]]:
    """Spans of everybody's weeks in the window; a week that many people share is expanded once."""
    day = timedelta(days=1)  # local dates may lie a day beside those of UTC
    earliest, latest = (start - day).date(), (end + day).date()
    rows = _WEEKS[team is None].all(ids, earliest, latest, team.pk if team else None)
    versions = _versions({row[5] for row in rows if row[5]})
    window = patterns.instants(start, end)
    known: dict[tuple[object, ...], list[Span] | None] = {}
    weeks: dict[int, list[list[Span]]] = defaultdict(list)
    for person, tz, hours, first, last, calendar in rows:
        # What lies before or after the window makes no difference in it.
        dates = max(first, earliest), FAR if last is None or last > latest else last
        key = (tz, repr(hours), *dates, calendar)
        if key not in known:
            known[key] = _expanded(tz, hours, *dates, versions.get(calendar or 0), window)
        spans = known[key]
        if spans is not None:
            weeks[person].append(spans)
    return weeks


def _expanded(
    tz: str, hours: dict[str, list[list[str]]], first: date, last: date, version: int | None, window: Span
) -> list[Span] | None:
    """Spans of one week in a window; None for hours that nobody can read."""
    special = patterns.observed(calendar_at(version)) if version is not None else Exceptions()
    try:
        return patterns.expand(Pattern(tz, patterns.week_of(hours), first, last, special), *window)
    except ScheduleError:
        return None


def _versions(calendars: set[int]) -> dict[int, int]:
    """The newest version of each calendar."""
    if not calendars:
        return {}
    newest = CalendarVersion.objects.filter(calendar__in=calendars).order_by("calendar_id", "-number")
    return dict(newest.distinct("calendar_id").values_list("calendar_id", "pk"))


def on_call(team: Team, at: datetime) -> list[Person]:
    """Who answers pages for a team at a moment, first to last; the absent are passed over."""
    turns = OnCall.objects.filter(team=team, starts_at__lte=at, ends_at__gt=at, person__is_active=True)
    absent = set(
        Absence.objects.filter(
            person__on_call__in=turns, starts_at__lte=at, ends_at__gt=at, cancelled_at=None
        ).values_list("person_id", flat=True)
    )
    found: dict[int, Person] = {}
    for turn in turns.select_related("person").order_by("order", "starts_at", "pk"):
        if turn.person_id not in absent:
            found.setdefault(turn.person_id, turn.person)
    return list(found.values())


def skills_of(person_ids: Iterable[int], at: datetime) -> dict[int, dict[int, int]]:
    """Level of every skill that counts at a moment, per person: confirmed by a lead, and valid on that date in UTC.

    A skill counts for everything it is a part of at the same level ("1C: accounting" 4 is "1C" 4), never the other
    way round; of several parts the highest level counts.
    """
    ids = list(person_ids)
    found: dict[int, dict[int, int]] = {key: {} for key in ids}
    held = AgentSkill.objects.filter(person__in=among(ids), confirmed_at__lte=at, skill__is_active=True).filter(
        Q(valid_until=None) | Q(valid_until__gte=at.date())
    )
    above = dict(Skill.objects.values_list("pk", "parent_id"))
    for key, skill, level in held.values_list("person_id", "skill_id", "level"):
        one: int | None = skill
        while one is not None:
            found[key][one] = max(level, found[key].get(one, 0))
            one = above.get(one)
    return found
