"""Which team a new ticket comes to: a hook that ``routing`` fills with its rules; nothing here imports upward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otklik.catalogue.models import Service
from otklik.people.models import Organisation, Place, Team


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of a ticket before it has a team."""

    service: Service | None
    type: str
    organisation: Organisation | None
    place: Place | None
    channel: str
    alert: str


_source: list[Callable[[Newcomer], Team | None]] = []


def offer(source: Callable[[Newcomer], Team | None]) -> None:
    """Register the room that knows the rules."""
    _source[:] = [source]


def by_rule(ticket: Newcomer) -> Team | None:
    """The team that a rule names, None where no rule fits."""
    return _source[0](ticket) if _source else None
