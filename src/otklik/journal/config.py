"""Named configuration as chains of immutable versions: ``current(name)`` reads, ``publish(name, …)`` adds one."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import transaction

from otklik import clock, database
from otklik.journal.events import ConfigPublished
from otklik.journal.models import ConfigVersion
from otklik.journal.record import Actor, Subject, record


@dataclass(frozen=True, slots=True)
class Config:
    """One version: its number (0 for the shipped default) and its values."""

    version: int
    data: dict[str, Any]


_defaults: dict[str, dict[str, Any]] = {}
_NEWEST = "select id, version, xmin::text from journal_configversion where name = %s order by version desc limit 1"


def declare(name: str, default: dict[str, Any]) -> str:
    """Announce a configuration and its shipped default; keys that a stored version lacks are taken from it."""
    _defaults[name] = default
    return name


def current(name: str) -> Config:
    """The version in force."""
    row = database.row(_NEWEST, (name,))
    if row is None:
        return Config(0, deepcopy(_defaults[name]))
    return Config(row[1], _defaults[name] | deepcopy(_stored(*row)))


@lru_cache(maxsize=256)
def _stored(pk: int, version: int, stamp: str) -> dict[str, Any]:
    """The values of a version, which never change: read once. ``stamp`` tells the row from one that was rolled back."""
    return dict(ConfigVersion.objects.values_list("data", flat=True).get(pk=pk))


def version(name: str, number: int) -> Config:
    """An earlier version, by its number."""
    if number == 0:
        return Config(0, dict(_defaults[name]))
    return Config(number, _defaults[name] | ConfigVersion.objects.get(name=name, version=number).data)


def versions(name: str) -> list[ConfigVersion]:
    """All stored versions, newest first."""
    return list(ConfigVersion.objects.filter(name=name).order_by("-version"))


@transaction.atomic
def publish(name: str, data: dict[str, Any], *, actor: Actor, note: str = "") -> Config:
    """Add a version; the same values as now make none. Values are JSON."""
    was = current(name)
    unknown = data.keys() - _defaults[name].keys()
    if unknown:
        raise KeyError(f"{name} has no {', '.join(sorted(unknown))}")
    data = was.data | data
    changes = {key: [was.data.get(key), value] for key, value in data.items() if was.data.get(key) != value}
    if not changes:
        return was
    row = ConfigVersion.objects.create(
        name=name, version=was.version + 1, data=data, published_by=str(actor), published_at=clock.now(), note=note
    )
    fact = ConfigPublished(name=name, version=row.version, changes=changes, note=note)
    record(Subject(kind="config", id=name), fact, actor=actor)
    return Config(row.version, data)
