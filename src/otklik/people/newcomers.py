"""A table of people becomes people: checked row by row, then the right rows applied and the wrong ones given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from otklik.journal.record import Actor
from otklik.people import roster, table
from otklik.people.models import Organisation, Person, Place, Team
from otklik.people.refusal import Refused

FIELDS = ("name", "email", "phone", "job_title", "device")


@dataclass(slots=True)
class Planned:
    """What a row would do: add somebody, change somebody (from → to by field), nothing, or be refused with reasons."""

    row: table.Row
    person: Person | None = None
    values: dict[str, Any] = field(default_factory=dict)
    team: Team | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def what(self) -> str:
        """``wrong``, ``new``, ``change`` or ``same``."""
        if self.errors:
            return "wrong"
        if self.person is None:
            return "new"
        return "change" if self.changes else "same"


@dataclass(slots=True)
class Plan:
    """All rows of a table with what they would do."""

    table: table.Table
    rows: list[Planned]

    def count(self, what: str) -> int:
        """How many rows would do this."""
        return sum(one.what == what for one in self.rows)


@dataclass(frozen=True, slots=True)
class Result:
    """What was done, and the rows that were not, as a table to correct."""

    added: int
    changed: int
    same: int
    left: list[Planned]
    rest: str


def plan(text: str) -> Plan:
    """Read and check a table, changing nothing. Raises `table.Unreadable`."""
    read = table.read(text)
    addresses = [row.cells["email"].lower() for row in read.rows if row.cells.get("email")]
    people = {(one.email or "").lower(): one for one in _with_addresses(addresses)}
    known = _Known(
        {one.name.lower(): one for one in Organisation.objects.filter(is_active=True)},
        _by_name(Place.objects.filter(is_active=True), lambda place: [place.path, place.name]),
        _by_name(Team.objects.filter(is_active=True), lambda team: [team.name_ru, team.name_en]),
    )
    return Plan(read, [_planned(row, people.get(row.cells.get("email", "").lower()), known) for row in read.rows])


def apply(text: str, *, actor: Actor) -> Result:
    """Apply the rows that are right, each in its own transaction; give the others back. Raises `table.Unreadable`."""
    planned = plan(text)
    done = {"new": 0, "change": 0, "same": 0}
    left = []
    for one in planned.rows:
        if one.what != "wrong":
            what = one.what
            try:
                with transaction.atomic():
                    _apply(one, actor)
                done[what] += 1
                continue
            except Refused as refusal:
                one.errors += refusal.texts
        left.append(one)
    rest = table.written(planned.table, [one.row for one in left]) if left else ""
    return Result(done["new"], done["change"], done["same"], left, rest)


@dataclass(frozen=True, slots=True)
class _Known:
    organisations: dict[str, Organisation]
    places: dict[str, Place | None]
    teams: dict[str, Team | None]


def _with_addresses(addresses: list[str]) -> list[Person]:
    found = Person.objects.annotate(lower=Lower("email")).filter(lower__in=addresses)
    return list(found.select_related("organisation", "place").prefetch_related("teams"))


def _by_name(items: Any, names: Callable[[Any], list[str]]) -> dict[str, Any]:
    """Things by each of their names; a name that several share leads to None."""
    found: dict[str, Any] = {}
    for item in items:
        for name in {name.lower() for name in names(item) if name}:
            found[name] = None if name in found and found[name] != item else item
    return found


def _planned(row: table.Row, person: Person | None, known: _Known) -> Planned:
    one = Planned(row, person, errors=[say(code, detail) for code, detail in row.errors])
    one.values = {name: row.cells[name] for name in FIELDS if row.cells.get(name)}
    if email := one.values.get("email"):
        try:
            validate_email(email)
        except ValidationError:
            one.errors.append(_("“%(value)s” is no e-mail address") % {"value": email})
    if language := table.language_of(row):
        one.values["language"] = language
    if (vip := table.is_vip(row)) is not None:
        one.values["is_vip"] = vip
    _look_up(one, "organisation", known.organisations)
    _look_up(one, "place", known.places)
    _look_up(one, "team", known.teams)
    one.team = one.values.pop("team", None)
    if person is not None:
        one.changes = _changes(one, person)
    return one


def _look_up(one: Planned, name: str, things: dict[str, Any]) -> None:
    said = one.row.cells.get(name, "")
    if not said:
        return
    if said.lower() not in things:
        text = {
            "organisation": _("There is no organisation “%(value)s”. Add it first, or leave the cell empty"),
            "place": _("There is no place “%(value)s”. Add it first, or leave the cell empty"),
            "team": _("There is no team “%(value)s”. Add it first, or leave the cell empty"),
        }[name]
        one.errors.append(text % {"value": said})
    elif things[said.lower()] is None:
        one.errors.append(_("Several are called “%(value)s”. Write the whole path") % {"value": said})
    else:
        one.values[name] = things[said.lower()]


def _changes(one: Planned, person: Person) -> list[tuple[str, str, str]]:
    changes = []
    for name, value in one.values.items():
        old = getattr(person, name)
        if name == "email" and str(old).lower() == str(value).lower():
            continue
        if old != value:
            changes.append((name, "" if old is None else str(old), str(value)))
    if one.team is not None and one.team not in person.teams.all():
        changes.append(("team", "", str(one.team)))
    return changes


def _apply(one: Planned, actor: Actor) -> None:
    if one.person is None:
        one.person = roster.add_person(actor=actor, **one.values)
    elif one.changes:
        wanted = {name for name, _old, _new in one.changes} - {"team"}
        roster.edit_person(one.person, actor=actor, **{name: one.values[name] for name in wanted})
    if one.team is not None and not one.team.memberships.filter(person=one.person).exists():
        roster.join(one.team, one.person, actor=actor)


def say(code: str, detail: str) -> str:
    """What is wrong with a row, and what to do."""
    texts = {
        "cells": _("More cells than headings. Is a separator inside a value? Put that value in quotes"),
        "name": _("The name is missing"),
        "long": _("Too long: %(detail)s"),
        "language": _("Write the language as ru or en, not “%(detail)s”"),
        "double": _("Line %(detail)s has the same address"),
    }
    return texts[code] % {"detail": detail}


def say_unreadable(problem: table.Unreadable) -> str:
    """Why the whole table cannot be read, and what to do."""
    texts = {
        "empty": _("There are no rows. The first line holds headings, each further line one person"),
        "large": _("Over 2 MB. Split the table"),
        "rows": _("Over 5,000 rows. Split the table"),
        "no_name": _("No column is called “Name”. Call one so"),
        "encoding": _("The letters cannot be read. Save the file as “CSV UTF-8”"),
        "twice": _("Two columns mean the same: %(detail)s"),
    }
    return texts[problem.reason] % {"detail": problem.detail}
