"""What stands on a person or a service in tickets: asked before somebody leaves, and shown before a service changes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import ngettext

from otklik.catalogue import register
from otklik.catalogue.models import Service
from otklik.people import roster
from otklik.people.models import Person
from otklik.tickets.models import Ticket

NAMED = 5  # ticket numbers told, at most


def held_by(person: Person) -> list[str]:
    """Open tickets that a person holds and must hand over before leaving the last team or the desk."""
    numbers = list(Ticket.objects.of(person).live().order_by("number").values_list("number", flat=True))
    if not numbers:
        return []
    text = ngettext(
        "%(name)s holds %(num)s open ticket: %(numbers)s. Hand it over first",
        "%(name)s holds %(num)s open tickets: %(numbers)s. Hand them over first",
        len(numbers),
    )
    told = ", ".join(f"№ {number}" for number in numbers[:NAMED]) + (", …" if len(numbers) > NAMED else "")
    return [text % {"name": person.name, "num": len(numbers), "numbers": told}]


def standing_on(service: Service, changes: dict[str, Any]) -> list[str]:
    """Open tickets of a service."""
    count = Ticket.objects.filter(service=service).live().count()
    return [ngettext("%(num)s open ticket", "%(num)s open tickets", count) % {"num": count}] if count else []


def connect() -> None:
    """Tell the rooms below what to ask; called once at start."""
    roster.obstacles.append(held_by)
    register.effects.append(standing_on)
