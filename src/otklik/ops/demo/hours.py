"""When the support of the demo is there and what it can: ``material/hours.toml``, put into the desk once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from otklik import clock
from otklik.businesstime import from_wall
from otklik.businesstime.hours import WEEKDAYS
from otklik.calendars.models import Calendar
from otklik.journal.record import SYSTEM
from otklik.ops.demo.material import read
from otklik.people import absences, oncall, roster, shifts, skills
from otklik.people.access import as_actor
from otklik.people.expertise import Skill
from otklik.people.models import Person, Team
from otklik.people.rota import ShiftPattern

ZONE = "Europe/Moscow"
HOLIDAYS = "ru-5x2"
OFFICE = ["09:00", "18:00"]
LONG_AGO = timedelta(days=400)  # before the first ticket of the demo


def settle(people: Mapping[str, Person], teams: Mapping[str, Team], manager: Person) -> None:
    """Give the support skills, hours, absences and turns; nothing where it has hours already.

    Args:
        people: by the short name of their address; teams by key; manager: who confirms the skills.
    """
    if ShiftPattern.objects.exists():
        return
    told = read("hours")
    _skills(told, people, teams, manager)
    monday = clock.now().date() - timedelta(days=clock.now().weekday())
    for name in told["holders"]:
        _week(people[name], told["weeks"].get(name, {}), monday - LONG_AGO)
    for one in told["absences"]:
        absences.add(
            people[one["person"]],
            starts_at=_midnight(monday + timedelta(days=one["first"])),
            ends_at=_midnight(monday + timedelta(days=one["last"] + 1)),
            kind=one["kind"],
            deputy=people[one["deputy"]],
            actor=SYSTEM,
        )
    for key, ring in told["rings"].items():
        oncall.add_rotation(
            team=teams[key],
            name=ring["ru"],
            tz=ZONE,
            starts_on=monday - timedelta(days=28),
            hand_over=time(9),
            days=7,
            depth=2,
            ring=[people[name] for name in ring["people"]],
            actor=SYSTEM,
        )


def _skills(told: Mapping[str, Any], people: Mapping[str, Person], teams: Mapping[str, Team], manager: Person) -> None:
    known: dict[str, Skill] = {}
    for one in told["skills"]:
        known[one["code"]] = skills.add_skill(
            code=one["code"],
            name_ru=one["ru"],
            name_en=one["en"],
            parent=known.get(one.get("parent", "")),
            actor=SYSTEM,
        )
    for name, held in told["holders"].items():
        for code, level in held.items():
            skills.confirm(people[name], known[code], level, actor=as_actor(manager))
    for name, held in told["claims"].items():
        for code, level in held.items():
            skills.claim(people[name], known[code], level, actor=as_actor(people[name]))
    for key, wanted in told["needs"].items():
        for code, (level, count) in wanted.items():
            skills.add_need(team=teams[key], skill=known[code], level=level, people=count, actor=SYSTEM)


def _week(person: Person, told: Mapping[str, Any], first: date) -> None:
    hours = {day: [told.get("hours", OFFICE)] for day in WEEKDAYS[:5]}
    if "saturday" in told:
        hours["sat"] = [told["saturday"]]
    zone = told.get("zone", ZONE)
    if person.timezone != zone:
        person = roster.edit_person(person, timezone=zone, actor=SYSTEM)
    holidays = Calendar.objects.filter(code=HOLIDAYS).first() if zone == ZONE else None
    shifts.add_pattern(person=person, tz=zone, hours=hours, valid_from=first, calendar=holidays, actor=SYSTEM)


def _midnight(day: date) -> datetime:
    return from_wall(ZONE, datetime.combine(day, time.min), strict=False)
