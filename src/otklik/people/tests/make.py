"""People, teams and places for tests of this room."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from otklik.journal.record import SYSTEM, Actor
from otklik.people.access import as_actor
from otklik.people.models import Membership, Person, Team

PASSWORD = "кофе облако рельсы 7"
_number = count(1)


def system() -> Actor:
    """The house itself."""
    return SYSTEM


def actor(one: Person) -> Actor:
    """The person as the actor of a command."""
    return as_actor(one)


def person(name: str = "", *, password: str = "", **values: Any) -> Person:
    """Somebody, with a password if one is given."""
    n = next(_number)
    values.setdefault("email", f"someone{n}@clinic.example")
    return Person.objects.create(name=name or f"Person {n}", password=make_password(password or None), **values)


def admin(**values: Any) -> Person:
    """An administrator."""
    return person(roles=["admin"], **values)


def manager(**values: Any) -> Person:
    """A service manager."""
    return person(roles=["service_manager"], **values)


def team(name: str = "", **values: Any) -> Team:
    """A team."""
    n = next(_number)
    return Team.objects.create(name_ru=name or f"Группа {n}", name_en=name or f"Team {n}", **values)


def agent(*, team: Team | None = None, role: str = "member", **values: Any) -> Person:
    """A member of a team."""
    one = person(**values)
    Membership.objects.create(team=team or globals()["team"](), person=one, role=role)
    return one
