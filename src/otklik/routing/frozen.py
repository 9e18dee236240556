"""PURE: what a choice is given and what it answers, as JSON and back: a stored decision can be computed again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from otklik.routing.choice import SHIPPED, Candidate, Choice, Need, Wanted, Weights, choose

_INSTANTS = {"last_at", "ends_at", "next_at", "absent_until", "until"}
_EMPTY = Candidate(id=0)


def freeze(need: Need, candidates: Iterable[Candidate], now: datetime, weights: Weights = SHIPPED) -> dict[str, Any]:
    """Everything that ``choose`` is given, as JSON; of a candidate only what differs from the defaults."""
    people = sorted(candidates, key=lambda one: one.id)
    return {
        "now": _text(now),
        "need": _plain(need) | {"skills": [_plain(one) for one in need.skills]},
        "candidates": [
            {name: value for name, value in _plain(one).items() if value != getattr(_EMPTY, name) or name == "id"}
            for one in people
        ],
        "weights": _plain(weights),
    }


def thaw(data: dict[str, Any]) -> tuple[Need, list[Candidate], datetime, Weights]:
    """The inputs read back."""
    need = dict(data["need"])
    need["skills"] = tuple(Wanted(**one) for one in need["skills"])
    people = [Candidate(**{name: _read(name, value) for name, value in one.items()}) for one in data["candidates"]]
    return Need(**need), people, datetime.fromisoformat(data["now"]), Weights(**data["weights"])


def answer(choice: Choice) -> dict[str, Any]:
    """A choice as JSON."""
    return _plain(choice) | {
        "scored": [_plain(one) | {"below": list(one.below)} for one in choice.scored],
        "refused": [_plain(one) for one in choice.refused],
        "nearest": None if choice.nearest is None else _plain(choice.nearest),
    }


def recomputed(data: dict[str, Any]) -> dict[str, Any]:
    """The answer computed anew from frozen inputs."""
    return answer(choose(*thaw(data)))


def _plain(one: Any) -> dict[str, Any]:
    values = one._asdict() if hasattr(one, "_asdict") else {name.name: getattr(one, name.name) for name in fields(one)}
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    return dict(value) if hasattr(value, "keys") else value


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _INSTANTS and value is not None else value
