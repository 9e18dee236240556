"""PURE: ordered rules that name the team of a ticket; the first that fits wins (domain.md §6.2).

Conditions look at service, item, type, organisation, place, channel and alert source, never at tags or free text. An
empty condition fits everything; a place or an organisation fits everything inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otklik.routing.choice import Wanted


@dataclass(frozen=True, slots=True)
class Traits:
    """What rules may know of a ticket.

    Args:
        organisations, places: the ticket's own and everything above it.
        alert: key of the alert it was born from, '' for others.
    """

    service: int | None = None
    type: str = "incident"
    organisations: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    channel: str = ""
    alert: str = ""
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its conditions, the team it names, and the skills it asks."""

    name: str
    team: int
    services: frozenset[int] = frozenset()
    items: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    organisations: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    channels: frozenset[str] = frozenset()
    alert: str = ""  # how the key of an alert begins
    skills: tuple[Wanted, ...] = ()

    def fits(self, ticket: Traits) -> bool:
        """Do all conditions hold?"""
        return (
            (not self.services or ticket.service in self.services)
            and (not self.items or ticket.item in self.items)
            and (not self.types or ticket.type in self.types)
            and (not self.organisations or bool(self.organisations & ticket.organisations))
            and (not self.places or bool(self.places & ticket.places))
            and (not self.channels or ticket.channel in self.channels)
            and (not self.alert or ticket.alert.startswith(self.alert))
        )


SETS = {"services": int, "items": int, "types": str, "organisations": int, "places": int, "channels": str}


def rule_of(data: Mapping[str, Any]) -> Rule:
    """A rule from its stored form."""
    sets = {name: frozenset(kind(one) for one in data.get(name, ())) for name, kind in SETS.items()}
    skills = skills_of(data.get("skills", ()))
    return Rule(str(data.get("name", "")), int(data["team"]), alert=str(data.get("alert", "")), skills=skills, **sets)


def skills_of(data: Iterable[Mapping[str, Any]]) -> tuple[Wanted, ...]:
    """Asked skills from their stored form."""
    return tuple(Wanted(str(one["skill"]), int(one["level"]), bool(one.get("required", True))) for one in data)


def first(rules: Sequence[Rule], ticket: Traits, teams: frozenset[int]) -> Rule | None:
    """The first rule that fits; one whose team is no more (``teams`` are the active ones) is passed over."""
    return next((rule for rule in rules if rule.team in teams and rule.fits(ticket)), None)


def asked(rule: Rule | None, service: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Skills of service and rule together: of one skill asked twice the rule's word counts."""
    found = {one.skill: one for one in service}
    if rule is not None:
        found |= {one.skill: one for one in rule.skills}
    return tuple(found.values())
