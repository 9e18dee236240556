"""What the rooms above add to letters, found by the name of their file: ``letter_parts.parts(kind=, ticket=, …)``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from markupsafe import Markup

from otklik.people.models import Person
from otklik.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a letter as plain text and as HTML."""

    text: str
    html: Markup


@lru_cache(maxsize=1)
def _rooms() -> tuple[Any, ...]:
    names = [f"{app.name}.letter_parts" for app in apps.get_app_configs() if app.name.startswith("otklik.")]
    return tuple(import_module(name) for name in names if find_spec(name))


def gathered(kind: str, ticket: Ticket, recipient: Person, language: str) -> list[Part]:
    """Every room's blocks for one letter, in the transaction that posts it: secrets made here are kept with it."""
    made = []
    for room in _rooms():
        for part in room.parts(kind=kind, ticket=ticket, recipient=recipient, language=language):
            made.append(Part(str(part.text), Markup(part.html)))  # noqa: S704  # rooms build it by Markup.format
    return made
