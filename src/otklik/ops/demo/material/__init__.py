"""The demo's texts and people, and who may be looked as; without Django, so that ``otklik up`` may read it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
PASSWORD = "svetly-mys"  # noqa: S105  # of everybody in the demo, printed at start; the demo serves this machine only


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody to look as: the short name of what they show, their name and address."""

    what: str
    name: str
    address: str
    language: str


@cache
def read(name: str) -> dict[str, Any]:
    """A file of the material."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def address_of(mail: str) -> str:
    """The whole address of a member of the cast."""
    return f"{mail}@{read('cast')['desk']['domain']}"


def looks() -> list[Look]:
    """Who may be looked as, in the order of the page."""
    told = read("cast")
    people = {one["mail"]: one for one in told["people"]}
    return [
        Look(
            one["as"],
            people[one["mail"]]["name"],
            address_of(one["mail"]),
            people[one["mail"]].get("language", "ru"),
        )
        for one in told["looks"]
    ]
