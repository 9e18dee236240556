"""Facts of the journal itself: configuration published, a value of a settings page changed, data redacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class ConfigPublished(Event):
    """A new version of a named configuration: what each changed key was and is now."""

    kind = "config.published"
    name: str
    version: int
    changes: dict[str, list[Any]]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordAdded(Event):
    """A record of a settings page (person, team, service, …) was added, with its first values."""

    kind = "record.added"
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RecordChanged(Event):
    """Fields of a settings record changed: ``{"field": [old, new]}``."""

    kind = "record.changed"
    changes: dict[str, list[Any]]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RedactionDone(Event):
    """Content was erased; ids, times and digests stay."""

    kind = "redaction.done"
    what: str
    reason: str
    sha256: str
