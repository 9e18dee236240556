"""Rules at work: the team of a new ticket, the rule behind a ticket, and what another set of rules would have done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otklik.people.models import Organisation, Place, Team
from otklik.routing import policy
from otklik.routing.policy import Book
from otklik.routing.rules import Rule, Traits, first
from otklik.tickets import access, teams
from otklik.tickets.models import Ticket

PREVIEWED = 200  # newest tickets that a draft of the rules is tried on


def above(model: type[Organisation] | type[Place], key: int | None) -> frozenset[int]:
    """An organisation or a place together with everything it lies in."""
    parents = dict(model.objects.values_list("pk", "parent_id")) if key is not None else {}
    return _climb(parents, key)


def _climb(parents: Mapping[int, int | None], key: int | None) -> frozenset[int]:
    found: set[int] = set()
    while key is not None and key not in found:
        found.add(key)
        key = parents.get(key)
    return frozenset(found)


def active_teams() -> frozenset[int]:
    """Teams that a rule may name."""
    return frozenset(Team.objects.filter(is_active=True).values_list("pk", flat=True))


def team_for(ticket: teams.Newcomer) -> Team | None:
    """The team that the rules in force name for a ticket that is being opened."""
    book = policy.book()
    if not book.rules:
        return None
    traits = _traits(
        book.rules,
        service=ticket.service.pk if ticket.service else None,
        type=ticket.type,
        organisation=ticket.organisation.pk if ticket.organisation else None,
        place=ticket.place.pk if ticket.place else None,
        channel=ticket.channel,
        alert=ticket.alert,
    )
    rule = first(book.rules, traits, active_teams())
    return Team.objects.get(pk=rule.team) if rule else None


def register() -> None:
    """Give the desk its answer."""
    teams.offer(team_for)


def traits_of(ticket: Ticket, rules: Sequence[Rule]) -> Traits:
    """What rules may know of a stored ticket."""
    return _traits(
        rules,
        service=ticket.service_id,
        type=ticket.type,
        organisation=ticket.organisation_id,
        place=ticket.place_id,
        channel=ticket.channel,
        alert=ticket.alert_key,
    )


def _traits(
    rules: Sequence[Rule],
    *,
    service: int | None,
    type: str,
    organisation: int | None,
    place: int | None,
    channel: str,
    alert: str,
) -> Traits:
    """Trees are read only where a rule asks for them."""
    return Traits(
        service=service,
        type=type,
        organisations=above(Organisation, organisation) if any(one.organisations for one in rules) else frozenset(),
        places=above(Place, place) if any(one.places for one in rules) else frozenset(),
        channel=channel,
        alert=alert,
    )


def rule_behind(ticket: Ticket, book: Book) -> Rule | None:
    """The rule that fits a ticket, whichever team it is in now."""
    return first(book.rules, traits_of(ticket, book.rules), active_teams()) if book.rules else None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A real ticket that a draft of the rules would have sent to another team than the rules in force."""

    ticket: Ticket
    now: Team | None
    then: Team | None
    rule: str


@dataclass(frozen=True, slots=True)
class Preview:
    """How many tickets were tried, those that would go elsewhere, and how often each rule of the draft was first."""

    tried: int
    elsewhere: list[Elsewhere]
    hits: list[int]


def preview(data: dict[str, Any], who: access.Viewer, limit: int = PREVIEWED) -> Preview:
    """Try a draft on the newest tickets that the viewer may see, against the rules in force."""
    draft, force = policy.book_of(0, data), policy.book()
    related = ("service__team", "team")
    tickets = list(access.visible_to(who).select_related(*related).order_by("-opened_at", "-number")[:limit])
    known = {team.pk: team for team in Team.objects.filter(is_active=True)}
    default = next(iter(sorted(known.values(), key=lambda team: (not team.is_default, team.pk))), None)
    organisations = dict(Organisation.objects.values_list("pk", "parent_id"))
    places = dict(Place.objects.values_list("pk", "parent_id"))
    hits = [0] * len(draft.rules)
    moved = []
    for ticket in tickets:
        traits = Traits(
            service=ticket.service_id,
            type=ticket.type,
            organisations=_climb(organisations, ticket.organisation_id),
            places=_climb(places, ticket.place_id),
            channel=ticket.channel,
            alert=ticket.alert_key,
        )
        then = first(draft.rules, traits, frozenset(known))
        if then is not None:
            hits[draft.rules.index(then)] += 1
        now = first(force.rules, traits, frozenset(known))
        ends = [_end(rule, ticket, known, default) for rule in (now, then)]
        if ends[0] != ends[1]:
            moved.append(Elsewhere(ticket, ends[0], ends[1], then.name if then else ""))
    return Preview(len(tickets), moved, hits)


def _end(rule: Rule | None, ticket: Ticket, known: dict[int, Team], default: Team | None) -> Team | None:
    if rule is not None:
        return known[rule.team]
    support = ticket.service.team_id if ticket.service else None
    return known.get(support, default) if support is not None else default


def skills_named(book: Book) -> Iterable[str]:
    """Codes of every skill that rules and services ask."""
    asked = [one.skills for one in book.rules] + list(book.services.values())
    return {wanted.skill for skills in asked for wanted in skills}
