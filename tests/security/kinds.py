"""Kinds of routes and who may use them, written from domain.md §12 and not from the code that it judges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from otklik.people.access import ACTS

# Everybody the matrix sends to every route. Roles as in domain.md §12.
ROLES: dict[str, frozenset[str]] = {
    "anonymous": frozenset(),
    "disabled": frozenset(),  # was an agent of the team until a moment ago; the session is still there
    "demoted": frozenset({"requester"}),  # was an agent of the team until a moment ago
    "owner": frozenset({"requester"}),
    "stranger": frozenset({"requester"}),
    "org_manager": frozenset({"requester", "org_manager"}),
    "agent": frozenset({"requester", "agent"}),
    "agent_other": frozenset({"requester", "agent"}),
    "lead": frozenset({"requester", "agent", "team_lead"}),
    "dispatcher": frozenset({"requester", "dispatcher"}),
    "service_manager": frozenset({"requester", "service_manager"}),
    "change_manager": frozenset({"requester", "change_manager"}),
    "cab": frozenset({"requester", "cab"}),
    "admin": frozenset({"requester", "admin"}),
    "auditor": frozenset({"requester", "auditor"}),
    "client": frozenset({"requester", "agent"}),  # a program with every scope, whose owner is an agent of the team
}
NOBODY = frozenset({"anonymous", "disabled"})
EVERYBODY = frozenset(ROLES) - NOBODY

# The sample ticket: of ``owner``, in the organisation of ``org_manager``, with the team of ``agent`` and ``lead``.
READS = frozenset({"owner", "org_manager", "agent", "lead", "dispatcher", "service_manager", "auditor", "client"})
WORKS = frozenset({"agent", "lead", "service_manager", "client"})
INTERNAL = WORKS | {"auditor"}
VERBS: dict[str, frozenset[str]] = {
    "work": WORKS,
    "note": WORKS,
    "take": WORKS - {"client"},  # a program takes nothing without naming a person
    "assign": WORKS | {"dispatcher"},
    "reply": WORKS | {"owner"},
    "confirm": frozenset({"owner", "org_manager"}),
    "reopen": WORKS | {"owner", "org_manager"},
    "waive": frozenset({"service_manager"}),
    "uncancel": frozenset({"lead", "service_manager"}),
    "own": frozenset({"owner"}),
}

# What must stay so in ``people.access`` (domain.md §12): who holds the acts that matter most.
PINNED: dict[str, frozenset[str]] = {
    "settings.people": frozenset({"admin"}),
    "settings.mail": frozenset({"admin"}),
    "settings.tokens": frozenset({"admin"}),
    "mail.see": frozenset({"admin"}),
    "settings.agreements": frozenset({"service_manager"}),
    "settings.priorities": frozenset({"service_manager"}),
    "reports.keep": frozenset({"service_manager"}),
    "agreements.accept": frozenset({"org_manager"}),
    "settings.skills": frozenset({"team_lead", "service_manager"}),
    "settings.shifts": frozenset({"team_lead", "service_manager"}),
    "roster.own": frozenset({"agent", "team_lead", "service_manager"}),
    "roster.see": frozenset({"agent", "team_lead", "dispatcher", "service_manager", "auditor"}),
    "queue.see": frozenset({"agent", "team_lead", "dispatcher", "service_manager", "auditor"}),
    "people.find": frozenset({"agent", "team_lead", "dispatcher", "service_manager", "admin"}),
}


@dataclass(frozen=True)
class Kind:
    """What a route is: who may use it, who may see its object, how it says no."""

    name: str
    allowed: frozenset[str]
    sees: frozenset[str] = EVERYBODY  # everybody else gets the 404 of an object that does not exist
    ticket: bool = False  # the address names a ticket
    public: bool = False  # strangers too
    empty: bool = False  # whoever may use it may find nothing there (404)
    hides: bool = False  # whoever may not use it may also be answered with 404, or be led to their own page
    answers: frozenset[int] = frozenset()  # the only statuses it may have, where that says more than "let in"


def act(*names: str) -> Kind:
    """For those who hold one of these acts of ``people.access``."""
    roles = frozenset().union(*(ACTS[name] for name in names))
    return Kind(" or ".join(names), frozenset(one for one in EVERYBODY if ROLES[one] & roles), hides=True)


def settings(name: str) -> Kind:
    """A settings page: the act that opens it."""
    return act(name)


def ticket(verb: str) -> Kind:
    """An act on a ticket that others may see but not do."""
    return Kind(f"ticket.{verb}", VERBS[verb], READS, ticket=True)


def staff(verb: str) -> Kind:
    """An act on a ticket in the workspace, which does not exist for those who have no queue."""
    return Kind(f"staff, {verb}", VERBS[verb], READS, ticket=True, hides=True)


PUBLIC = Kind("public", EVERYBODY | NOBODY, public=True)
SIGNED_IN = Kind("signed in", EVERYBODY)
CALLS = Kind("calls", frozenset({"agent", "agent_other", "lead", "dispatcher", "service_manager"}), hides=True)
TICKET_PUBLIC = Kind("ticket", READS, READS, ticket=True)
TICKET_INTERNAL = Kind("ticket, internal", INTERNAL, READS, ticket=True, hides=True)
DESK_PAGE = Kind("ticket in the workspace", INTERNAL | {"dispatcher"}, READS, ticket=True, hides=True)
TEAM_BOARD = Kind("board of the sample team", INTERNAL | {"dispatcher"}, hides=True)
TEAM_PROPOSALS = Kind("proposals of the sample team", WORKS | {"dispatcher"}, hides=True)
NOTHING = Kind("nothing", frozenset(), public=True, answers=frozenset({404}))
OWN_PAGE = replace(SIGNED_IN, name="one's own, may be empty", answers=frozenset({200, 204, 302, 303, 404, 409, 422}))
SECRET = Kind("secret link", frozenset(), public=True)  # opened by a secret of its own; tested where it is made


@dataclass(frozen=True)
class Route:
    """One method of one address, as the URLconf writes it."""

    method: str
    address: str
    kind: Kind
    body: Any = None
    parts: dict[str, Any] = field(default_factory=dict)  # values for the address; "@message" is the world's message

    def but(self, **changes: Any) -> Route:
        """The same with something else."""
        return replace(self, **changes)
