"""Plain functions that bring a test to where its story begins, always through the front door."""

from __future__ import annotations

from itertools import count
from typing import Any

from otklik.catalogue.models import Service
from otklik.journal.record import Actor
from otklik.people.access import as_actor
from otklik.people.models import Membership, Organisation, Person, Place, Team
from otklik.tickets import desk
from otklik.tickets.models import Ticket

_number = count(1)


def person(name: str = "", **values: Any) -> Person:
    """A requester; ``email=None`` for people without an address."""
    n = next(_number)
    values.setdefault("email", f"person{n}@clinic.example")
    return Person.objects.create(name=name or f"Person {n}", **values)


def organisation(name: str = "Clinic", **values: Any) -> Organisation:
    """A customer."""
    return Organisation.objects.create(name=name, **values)


def place(name: str = "Room 314", **values: Any) -> Place:
    """A room."""
    return Place.objects.create(name=name, path=name, **values)


def team(name: str = "", *members: Person, lead: Person | None = None, **values: Any) -> Team:
    """A team with its members."""
    n = next(_number)
    one = Team.objects.create(name_ru=name or f"Группа {n}", name_en=name or f"Team {n}", **values)
    for member in members:
        Membership.objects.create(team=one, person=member)
    if lead is not None:
        Membership.objects.create(team=one, person=lead, role="lead")
    return one


def agent(name: str = "", team: Team | None = None, **values: Any) -> Person:
    """Somebody who resolves tickets, in the given team or the default one."""
    one = person(name, **values)
    Membership.objects.create(team=team or default_team(), person=one)
    return one


def lead(name: str = "", team: Team | None = None, **values: Any) -> Person:
    """The lead of a team."""
    one = person(name, **values)
    Membership.objects.create(team=team or default_team(), person=one, role="lead")
    return one


def default_team() -> Team:
    """The service desk."""
    return Team.objects.get_or_create(is_default=True, defaults={"name_ru": "1-я линия", "name_en": "First line"})[0]


def service(code: str = "", **values: Any) -> Service:
    """A service."""
    code = code or f"service-{next(_number)}"
    return Service.objects.create(code=code, name_ru=code, name_en=code, **values)


def actor(one: Person) -> Actor:
    """The person as the actor of a command."""
    return as_actor(one)


def ticket(
    *,
    requester: Person | None = None,
    status: str = "new",
    by: Person | None = None,
    text: str = "Ничего не печатает",
    **values: Any,
) -> Ticket:
    """A ticket in a state, reached as people would have brought it there; ``by`` is the agent who works on it."""
    requester = requester or person()
    values.setdefault("subject", "Не печатает принтер")
    values.setdefault("channel", "portal")
    values.setdefault("team", default_team())
    values.setdefault("service", service())
    one = desk.open_ticket(content=desk.Content(text=text), requester=requester, actor=actor(requester), **values)
    if status == "new":
        return one
    by = by or agent(team=values["team"])
    one = desk.take(one, actor=actor(by))
    if status == "pending":
        one = desk.hold(
            one, reason="requester", question=desk.Content(text="Какой номер на наклейке?"), actor=actor(by)
        )
    if status in {"resolved", "closed"}:
        solution = desk.Content(text="Заменили картридж и проверили печать.")
        one = desk.resolve(one, code="fixed", content=solution, cause_code="hardware", actor=actor(by))
    if status == "closed":
        one = desk.confirm(one, actor=actor(requester))
    if status == "cancelled":
        one = desk.cancel(one, reason="test", actor=actor(by))
    return one
