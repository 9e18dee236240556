"""Who may do what in general: a person's roles and the table of domain.md §12. Tickets: see ``tickets.access``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from otklik.journal.record import Actor
from otklik.people.models import Membership, Person

# Which roles may do an act that does not depend on one ticket.
ACTS: dict[str, frozenset[str]] = {
    name: frozenset(roles.split())
    for name, roles in {
        "tickets.create": "requester org_manager agent team_lead dispatcher service_manager change_manager cab admin",
        "tickets.create_for_others": "org_manager agent team_lead dispatcher service_manager",
        "tickets.work": "agent team_lead dispatcher service_manager",
        "tickets.assign_across": "team_lead dispatcher service_manager",
        "queue.see": "agent team_lead dispatcher service_manager auditor",
        "people.find": "agent team_lead dispatcher service_manager admin",
        "settings.see": "admin service_manager",
        "settings.people": "admin",
        "settings.organisations": "admin service_manager",
        "settings.places": "admin service_manager",
        "settings.teams": "admin service_manager",
        "roster.see": "agent team_lead dispatcher service_manager auditor",
        "roster.own": "agent team_lead service_manager",
        "settings.skills": "team_lead service_manager",
        "settings.skill_tree": "service_manager",
        "settings.shifts": "team_lead service_manager",
        "settings.services": "service_manager",
        "settings.priorities": "service_manager",
        "settings.routing": "service_manager",
        "settings.agreements": "service_manager",
        "settings.calendars": "service_manager",
        "agreements.accept": "org_manager",
        "settings.letters": "admin service_manager",
        "settings.mail": "admin",
        "settings.desk": "admin",
        "settings.tokens": "admin",
        "mail.see": "admin",
        "journal.verify": "service_manager auditor",
        "reports.keep": "service_manager",
        "reports.see": "org_manager agent team_lead service_manager auditor",
    }.items()
}
STAFF = frozenset({"agent", "team_lead", "dispatcher", "service_manager", "change_manager", "admin", "auditor"})


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person holds right now: roles, own teams, led teams, organisations represented."""

    roles: frozenset[str]
    teams: frozenset[int] = field(default_factory=frozenset)
    leads: frozenset[int] = field(default_factory=frozenset)
    organisations: frozenset[int] = field(default_factory=frozenset)

    @property
    def staff(self) -> bool:
        """True for anybody on the provider's side."""
        return bool(self.roles & STAFF)

    @property
    def works(self) -> bool:
        """True for people who resolve tickets."""
        return bool(self.roles & ACTS["tickets.work"])


NOBODY = Rights(frozenset())


def rights_of(person: Person | None) -> Rights:
    """Read a person's rights; an inactive or unknown person has none. Read anew for every request and job."""
    if person is None or not person.pk or not person.is_active:
        return NOBODY
    rows = list(Membership.objects.filter(person=person, team__is_active=True).values_list("team_id", "role"))
    teams = frozenset(team for team, _ in rows)
    leads = frozenset(team for team, role in rows if role == "lead")
    roles = {"requester", *person.roles}
    if teams:
        roles.add("agent")
    if leads:
        roles.add("team_lead")
    managed = frozenset(person.manages.values_list("pk", flat=True)) if "org_manager" in roles else frozenset()
    return Rights(frozenset(roles), teams, leads, managed)


def may(rights: Rights, act: str) -> bool:
    """True where any of the roles allows the act. An act that the table does not name raises ``KeyError``."""
    return bool(rights.roles & ACTS[act])


def as_actor(person: Person, *, on_behalf_of: Person | None = None) -> Actor:
    """The person as the actor of a command."""
    return Actor(
        kind="person", id=str(person.pk), on_behalf_of=f"person:{on_behalf_of.pk}" if on_behalf_of else "", who=person
    )


def person_of(actor: Actor) -> Person | None:
    """The person behind an actor, or in whose name a client speaks; None for parts of the house and other clients."""
    kind, _, key = actor.voice.partition(":")
    if kind != "person":
        return None
    return actor.who if isinstance(actor.who, Person) else Person.objects.filter(pk=int(key)).first()


@lru_cache(maxsize=1)
def all_roles() -> tuple[str, ...]:
    """Every role of domain.md §12 that a signed-in person may hold."""
    return tuple(sorted({role for roles in ACTS.values() for role in roles}))
