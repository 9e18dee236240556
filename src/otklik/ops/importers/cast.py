"""Who and what a log names: people, teams, services and places, found again or put into the desk, once per source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max
from psycopg import sql

from otklik import clock
from otklik.catalogue.models import Service
from otklik.journal import bulk
from otklik.ops.importers.mapping import NAMES, Mapping
from otklik.ops.importers.reading import Case
from otklik.ops.models import ImportedName
from otklik.people.models import Membership, Person, Place, Team

KINDS = {"requester": "person", "assignee": "person", "actor": "person"}  # of the names; the others are their own


@dataclass(slots=True)
class Cast:
    """Ids by kind and by the name shown."""

    known: dict[str, dict[str, int]] = field(default_factory=dict)

    def find(self, kind: str, name: str) -> int | None:
        """The id of somebody or something; None for no name."""
        return self.known[kind][name] if name else None


@transaction.atomic
def gather(mapping: Mapping, cases: Iterable[Case]) -> Cast:
    """All that the cases name, in the order in which the log names them; what is there already stays.

    Ids count on from the highest one under a lock, so that an import that was cut short here gives the same again.
    """
    wanted, pairs = _wanted(mapping, cases)
    cast = Cast()
    for kind, make in MAKERS.items():
        cast.known[kind] = _gathered(mapping.source, kind, wanted[kind], make)
    _join(cast, pairs)
    return cast


def shown(mapping: Mapping, kind: str, cell: str) -> str:
    """The name that a cell means."""
    return mapping.names[kind].pattern.replace("{}", cell)[:120] if cell else ""


def _wanted(mapping: Mapping, cases: Iterable[Case]) -> tuple[dict[str, dict[str, None]], dict[tuple[str, str], None]]:
    wanted: dict[str, dict[str, None]] = {kind: {} for kind in MAKERS}
    pairs: dict[tuple[str, str], None] = {}
    used = [name for name in NAMES if name in mapping.names]
    for case in cases:
        for row in case.rows:
            told = {name: shown(mapping, name, row.get(mapping.names[name].columns)) for name in used}
            for name, text in told.items():
                if text:
                    wanted[KINDS.get(name, name)][text] = None
            if told.get("team") and told.get("assignee"):
                pairs[told["team"], told["assignee"]] = None
    return wanted, pairs


def _gathered(
    source: str, kind: str, names: dict[str, None], make: Callable[[str, str], models.Model]
) -> dict[str, int]:
    rows = ImportedName.objects.filter(source=source, kind=kind)
    known = dict(rows.values_list("name", "record"))
    fresh = [name for name in names if name not in known]
    if not fresh:
        return known
    made = [make(source, name) for name in fresh]
    _number(made)
    bulk.insert(made)
    known |= {name: int(one.pk) for name, one in zip(fresh, made, strict=True)}
    bulk.insert([ImportedName(source=source, kind=kind, name=name, record=known[name]) for name in fresh])
    return known


def _number(made: list[Any]) -> None:
    """Give new rows the ids after the highest one, and let the sequence go on behind them."""
    table = made[0]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'lock table "{table}" in share row exclusive mode')
        last = type(made[0])._default_manager.aggregate(last=Max("pk"))["last"] or 0
        for number, one in enumerate(made, last + 1):
            one.pk = number
        cursor.execute("select pg_get_serial_sequence(%s, 'id')", [table])
        sequence = str(cursor.fetchone()[0])  # the plain role may draw from it, not set it
        cursor.execute(sql.SQL("select last_value, is_called from {}").format(sql.Identifier(*sequence.split("."))))
        drawn, is_called = cursor.fetchone()
        missing = last + len(made) - drawn + (not is_called)
        cursor.execute("select max(nextval(%s::regclass)) from generate_series(1, %s)", [sequence, max(0, missing)])


def _join(cast: Cast, pairs: Iterable[tuple[str, str]]) -> None:
    """Who worked for a team is a member of it; nobody is given new work because of that."""
    Membership.objects.bulk_create(
        (
            Membership(team_id=cast.known["team"][team], person_id=cast.known["person"][person], accepts_auto=False)
            for team, person in pairs
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )


def _person(source: str, name: str) -> Person:
    return Person(name=name, created_at=clock.now())


def _team(source: str, name: str) -> Team:
    return Team(name_ru=name, name_en=name)


def _service(source: str, name: str) -> Service:
    code = f"{source}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"[:40]
    return Service(code=code, name_ru=name, name_en=name, is_active=False)  # known, and not offered to anybody


def _place(source: str, name: str) -> Place:
    return Place(name=name, path=name)


MAKERS: dict[str, Callable[[str, str], models.Model]] = {
    "person": _person,
    "team": _team,
    "service": _service,
    "place": _place,
}
