"""Whom a step of an agreement's ladder names on one ticket, as a row of the table (domain.md §4.8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from otklik.tickets.models import Ticket

from .matrix import TABLE, Row

LOUD = "P1"  # the priority that quiet hours do not hold back
_ROLES = {"assignee": "assignee", "lead": "lead", "team": "team", "manager": "manager"}


@dataclass(frozen=True, slots=True)
class Rung:
    """Who hears: a row of roles, and people who are named by themselves."""

    row: Row
    named: frozenset[int] = frozenset()


def rung(what: str, ticket: Ticket, tell: Collection[str] | None) -> Rung:
    """The row for a step that tells these; None: the step names nobody, and the table holds.

    A whole team hears by the bell alone. Where the owner of the service is to hear and there is none, the service
    managers do.
    """
    loud = ticket.priority == LOUD
    if tell is None:
        return Rung(replace(TABLE[what], loud=loud))
    roles = {_ROLES[name] for name in tell if name in _ROLES}
    named: frozenset[int] = frozenset()
    if "lead_if_unassigned" in tell and ticket.assignee_id is None:
        roles.add("lead")
    if "service_owner" in tell:
        owner = ticket.service.owner_id if ticket.service is not None else None
        named = frozenset({owner} if owner else ())
        roles.add("mentioned" if owner else "manager")
    return Rung(Row(mail=frozenset(roles - {"team"}), bell=frozenset(roles), loud=loud), named)
