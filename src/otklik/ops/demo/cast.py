"""Who and where: the people, places, teams and services of the demo, read from ``material/`` and put into the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from otklik.businesstime import Timetable
from otklik.calendars import shelf
from otklik.catalogue import register
from otklik.catalogue.models import Service
from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.ops.demo import hours
from otklik.ops.demo.material import PASSWORD, address_of, read
from otklik.outbox import sender
from otklik.people import roster, standing
from otklik.people.models import Membership, Organisation, Person, Place, Team
from otklik.tickets.policy import MATRIX_NAME

TEAM_OF = {"workplace": "second", "printing": "first", "mail": "first", "access": "first"}
TEAM_OF |= {"network": "network", "telephony": "network", "erp": "apps", "apps": "apps"}
MOSCOW = ZoneInfo("Europe/Moscow")
HOURS = {"P1": "24x7", "P2": "ru-5x2-long", "P3": "ru-5x2", "P4": "ru-5x2"}
HOSPITAL: dict[str, Any] = {
    "name_ru": "Медицинская система",
    "name_en": "Hospital information system",
    "description_ru": "Карты пациентов, назначения, анализы, снимки",
    "description_en": "Patient records, orders, results, images",
    "icon": "heart-pulse",
    "is_critical": True,
}


@dataclass(kw_only=True)
class Cast:
    """Everybody and everything the stories need, by their short names."""

    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    staff: dict[str, list[Person]] = field(default_factory=dict)  # team → its members, the lead first
    services: dict[str, Service] = field(default_factory=dict)
    requesters: list[tuple[Person, str]] = field(default_factory=list)  # (person, department)
    hours: dict[str, Timetable] = field(default_factory=dict)  # priority → working time of its promise
    matrix: dict[str, dict[str, str]] = field(default_factory=dict)
    zone: ZoneInfo = MOSCOW


def gather() -> Cast:
    """Put the clinic into the desk, or find what is there already; may be repeated."""
    told = read("cast")
    _name_desk(told["desk"])
    organisations = _organisations(told["organisations"])
    places = _places(told["places"])
    cast = Cast(teams=_teams(told["teams"]))
    _people(cast, told["people"], organisations, places)
    _services(cast)
    hours.settle(cast.people, cast.teams, cast.people["k.volsky"])
    cast.hours = {priority: shelf.calendar_named(code) for priority, code in HOURS.items()}
    cast.matrix = config.current(MATRIX_NAME).data["matrix"]
    return cast


def _name_desk(told: dict[str, str]) -> None:
    if standing.desk().name == told["name"]:
        return
    standing.settle(name=told["name"], phone=told["phone"], language="ru", timezone="Europe/Moscow", actor=SYSTEM)
    mailbox = f"{told['mailbox']}@{told['domain']}"
    sender.configure(from_address=mailbox, from_name=f"Поддержка · {told['name']}")


def _organisations(told: list[dict[str, Any]]) -> dict[str, Organisation]:
    known: dict[str, Organisation] = {}
    for one in told:
        found = Organisation.objects.filter(name=one["name"]).first()
        known[one["key"]] = found or roster.add_organisation(
            name=one["name"],
            parent=known.get(one.get("parent", "")),
            shares_tickets=one.get("shares", False),
            actor=SYSTEM,
        )
    return known


def _places(told: dict[str, dict[str, list[str]]]) -> dict[str, Place]:
    known: dict[str, Place] = {}
    for building, floors in told.items():
        house = _place(building, None, "building")
        for floor, rooms in floors.items():
            storey = _place(floor, house, "floor")
            for room in rooms:
                known[room.lstrip("!")] = _place(room.lstrip("!"), storey, "room", critical=room.startswith("!"))
    return known


def _place(name: str, parent: Place | None, kind: str, *, critical: bool = False) -> Place:
    found = Place.objects.filter(name=name, parent=parent).first()
    return found or roster.add_place(name=name, parent=parent, kind=kind, is_critical=critical, actor=SYSTEM)


def _teams(told: list[dict[str, Any]]) -> dict[str, Team]:
    known: dict[str, Team] = {}
    for one in told:
        names = {"name_ru": one["ru"], "name_en": one["en"], "alias_ru": one["alias_ru"], "alias_en": one["alias_en"]}
        team = Team.objects.filter(name_en=one["en"]).first()
        if team is None:
            team = roster.add_team(**names, is_default=one.get("default", False), actor=SYSTEM)
        known[one["key"]] = roster.edit_team(team, **names, mode=one.get("mode", team.mode), actor=SYSTEM)
    return known


def _people(
    cast: Cast, told: list[dict[str, Any]], organisations: dict[str, Organisation], places: dict[str, Place]
) -> None:
    sealed = make_password(PASSWORD)  # one hash for all: sixty would take seconds
    for one in told:
        department, _, room = one["at"].partition(":")
        person = _person(one, organisations[department], places[room], sealed)
        cast.people[one["mail"] or one["name"]] = person
        if one.get("manages") and not person.manages.exists():
            person.manages.set(organisations[key] for key in one["manages"])
        if team := one.get("team"):
            if not Membership.objects.filter(person=person, team=cast.teams[team]).exists():
                role = "lead" if one.get("lead") else "member"
                roster.join(cast.teams[team], person, role=role, actor=SYSTEM)
            cast.staff.setdefault(team, []).append(person)
        elif department != "it":
            cast.requesters.append((person, department))


def _person(one: dict[str, Any], organisation: Organisation, place: Place, sealed: str) -> Person:
    address = address_of(one["mail"]) if one["mail"] else None
    found = Person.objects.filter(email=address, name=one["name"]).first()
    if found is not None:
        return found
    person = roster.add_person(
        name=one["name"],
        email=address,
        phone=one["phone"],
        job_title=one["title"],
        organisation=organisation,
        place=place,
        device=one.get("device", ""),
        language=one.get("language", "ru"),
        timezone="Europe/Moscow",
        is_vip=one.get("vip", False),
        roles=one.get("roles", []),
        actor=SYSTEM,
    )
    if address:
        person.password = sealed
        person.save(update_fields=["password"])
    return person


def _services(cast: Cast) -> None:
    owner = cast.people["k.volsky"]
    for service in Service.objects.filter(code__in=TEAM_OF):
        more = HOSPITAL if service.code == "apps" else {}
        team = cast.teams[TEAM_OF[service.code]]
        cast.services[service.code] = register.edit_service(service, team=team, owner=owner, **more, actor=SYSTEM)
