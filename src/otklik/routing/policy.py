"""Settings of routing as versioned configuration: weights and points, rules and the skills that services ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otklik.journal.config import Config, current, declare
from otklik.routing.choice import SHIPPED, Wanted, Weights
from otklik.routing.rows import Points
from otklik.routing.rules import Rule, rule_of, skills_of

WEIGHTS_NAME = declare(
    "routing.weights",
    {
        "skill": SHIPPED.skill,
        "load": SHIPPED.load,
        "continuity": SHIPPED.continuity,
        "fairness": SHIPPED.fairness,
        "time": SHIPPED.time,
        "points": {"P1": 8, "P2": 4, "P3": 2, "P4": 1},
        "relax_after": dict(SHIPPED.relax_after),  # seconds of the team's calendar
    },
)
RULES_NAME = declare("routing.rules", {"rules": [], "services": {}})


@dataclass(frozen=True, slots=True)
class Book:
    """The rules in force, in order, and what skills services ask; ``version`` is theirs together."""

    version: int
    rules: tuple[Rule, ...]
    services: dict[int, tuple[Wanted, ...]]


def weights() -> tuple[Weights, Points]:
    """Weights of the choice and points of tickets, both of the version in force."""
    return weights_of(current(WEIGHTS_NAME))


def weights_of(config: Config) -> tuple[Weights, Points]:
    """The same of one version."""
    names = ("skill", "load", "continuity", "fairness", "time", "relax_after")
    return Weights(config.version, **{name: config.data[name] for name in names}), Points(config.data["points"])


def book() -> Book:
    """The rules in force."""
    config = current(RULES_NAME)
    return book_of(config.version, config.data)


def book_of(version: int, data: dict[str, Any]) -> Book:
    """Rules from their stored form."""
    return Book(
        version,
        tuple(rule_of(one) for one in data["rules"]),
        {int(key): skills_of(skills) for key, skills in data["services"].items()},
    )
