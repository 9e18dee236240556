"""A mapping: which column of a log means what, read from TOML; it holds names and words, no code (docs/import.md)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from otklik.ops.words import _
from otklik.tickets.lifecycle import RESOLUTION_CODES, STATES
from otklik.tickets.models import Ticket

SHIPPED = Path(__file__).with_name("mappings")
NAMES = ("requester", "assignee", "actor", "team", "service", "place")
REASONS = ("requester", "third_party", "change", "parent", "scheduled_requester", "scheduled_provider")
ALLOWED: dict[str, set[str]] = {
    "type": set(Ticket.TYPES),
    "channel": set(Ticket.CHANNELS),
    "impact": {"1", "2", "3"},
    "urgency": {"1", "2", "3"},
    "priority": {"P1", "P2", "P3", "P4"},
    "solution": set(RESOLUTION_CODES),
}
DEFAULTS = {"type": "incident", "channel": "portal", "impact": "3", "urgency": "3", "priority": "", "solution": "fixed"}
PARTS = {"source", "title", "file", "case", "names", "values", "states", "steps", "log"}


class MappingError(ValueError):
    """A mapping that cannot be used; the message names the spot."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a row: a column, what its words mean here, and what holds where there is none."""

    columns: tuple[str, ...] = ()
    words: Table[str, str] = field(default_factory=dict)
    default: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody or something that a column names; ``pattern`` makes the name shown, ``{}`` stands for the cell."""

    columns: tuple[str, ...]
    pattern: str = "{}"


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a row reaches at the instant in a column, where another column says so."""

    at: tuple[str, ...]
    state: str
    where: tuple[str, ...] = ()
    equals: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a log is read.

    Args:
        source: name kept with everything that is taken in; the same name means the same source.
        row_at, state: of a log with a row per change: its instant and its state.
        steps: of a table with a row per ticket: instants of states in columns of their own.
        live: channels on which somebody of the desk speaks with the requester at once.
        digest: SHA-256 of the file, so that the manifest says what was read how.
    """

    source: str
    delimiter: str
    encoding: str
    zone: ZoneInfo
    times: tuple[str, ...]
    missing: frozenset[str]
    case: tuple[str, ...]
    opened: tuple[str, ...]
    subject: str
    description: tuple[str, ...]
    solution_text: tuple[str, ...]
    live: frozenset[str]
    names: Table[str, Name]
    values: Table[str, Value]
    row_at: tuple[str, ...]
    state: Value | None
    steps: tuple[Step, ...]
    digest: str


def load(name: str) -> Mapping:
    """A mapping by its path, or one of those shipped by its name. Raises MappingError, OSError."""
    path = Path(name)
    if not path.suffix and not path.exists():
        path = SHIPPED / f"{name}.toml"
        if not path.exists():
            shipped = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.toml")))
            words = _("There is no mapping “%(name)s”: give the path of a file, or one of %(shipped)s.")
            raise MappingError(words % {"name": name, "shipped": shipped})
    try:
        raw = path.read_bytes()
        return read(tomllib.loads(raw.decode()), hashlib.sha256(raw).hexdigest())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path}: {error}") from error


def read(told: dict[str, Any], digest: str = "") -> Mapping:
    """A mapping from its table. Raises MappingError."""
    _only(told, PARTS, "")
    file, case, log = told.get("file", {}), told.get("case", {}), told.get("log", {})
    _only(file, {"delimiter", "encoding", "zone", "times", "missing"}, "file")
    _only(case, {"id", "opened", "subject", "description", "solution_text", "live"}, "case")
    _only(log, {"at", "state"}, "log")
    _only(told.get("names", {}), set(NAMES), "names")
    _only(told.get("values", {}), set(ALLOWED), "values")
    if bool(log) == bool(told.get("steps")):
        raise MappingError("either [log] for a row per change, or [[steps]] for a row per ticket")
    try:
        return Mapping(
            source=str(told["source"]),
            delimiter=file.get("delimiter", ","),
            encoding=file.get("encoding", "utf-8"),
            zone=ZoneInfo(file.get("zone", "UTC")),
            times=tuple(file["times"]),
            missing=frozenset(file.get("missing", [""])) | {""},
            case=_columns(case["id"]),
            opened=_columns(case["opened"]),
            subject=case["subject"],
            description=_columns(case.get("description", ())),
            solution_text=_columns(case.get("solution_text", ())),
            live=frozenset(case.get("live", ())),
            names={name: _name(one) for name, one in told.get("names", {}).items()},
            values={name: _value(name, told.get("values", {}).get(name, {})) for name in ALLOWED},
            row_at=_columns(log.get("at", ())),
            state=_states(log, told.get("states", {})) if log else None,
            steps=tuple(_step(one) for one in told.get("steps", ())),
            digest=digest,
        )
    except KeyError as error:
        raise MappingError(f"{error.args[0]}: missing") from error
    except (TypeError, AttributeError, OSError) as error:
        raise MappingError(str(error)) from error


def _only(table: Table[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise MappingError(f"{where or 'mapping'}: unknown {', '.join(unknown)}")


def _columns(told: str | Sequence[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


def _name(told: dict[str, Any]) -> Name:
    _only(told, {"column", "name"}, "names")
    return Name(_columns(told["column"]), told.get("name", "{}"))


def _value(name: str, told: dict[str, Any]) -> Value:
    _only(told, {"column", "words", "default"}, name)
    value = Value(
        _columns(told.get("column", ())),
        {str(word): str(meaning) for word, meaning in told.get("words", {}).items()},
        str(told.get("default", DEFAULTS[name])),
    )
    for meaning in {*value.words.values(), value.default} - {""}:
        if meaning not in ALLOWED[name]:
            raise MappingError(f"{name}: {meaning} is none of {', '.join(sorted(ALLOWED[name]))}")
    return value


def _states(log: dict[str, Any], words: dict[str, str]) -> Value:
    return Value(_columns(log["state"]), {word: _state(meaning) for word, meaning in words.items()})


def _state(meaning: str) -> str:
    """``open``, or ``pending:requester`` with its reason."""
    state, _, reason = str(meaning).partition(":")
    if state not in STATES or (state == "pending") != bool(reason) or (reason and reason not in REASONS):
        raise MappingError(f"states: {meaning}")
    return str(meaning)


def _step(told: dict[str, Any]) -> Step:
    _only(told, {"at", "state", "where", "equals"}, "steps")
    return Step(_columns(told["at"]), _state(told["state"]), _columns(told.get("where", ())), told.get("equals", ""))
