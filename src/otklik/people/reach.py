"""Whose skills and hours somebody may settle: one's own teams as a lead, everybody's as service manager (§12)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from otklik.journal.record import SYSTEM, Actor
from otklik.people.access import NOBODY, Rights, person_of, rights_of
from otklik.people.models import Membership, Person, Team
from otklik.people.refusal import Refused


def people_under(rights: Rights) -> QuerySet[Person]:
    """Active members of the teams whose people this person may settle things for."""
    every = Person.objects.filter(is_active=True, memberships__team__is_active=True)
    if "service_manager" not in rights.roles:
        every = every.filter(memberships__team__in=rights.leads)
    return every.distinct().order_by("name", "pk")


def teams_under(rights: Rights) -> QuerySet[Team]:
    """Teams that this person leads, or all."""
    every = Team.objects.filter(is_active=True)
    return (every if "service_manager" in rights.roles else every.filter(pk__in=rights.leads)).order_by("pk")


def over_person(rights: Rights, person: int) -> bool:
    """True for a service manager, and for a lead of a team that the person is in."""
    if "service_manager" in rights.roles:
        return True
    return bool(rights.leads) and Membership.objects.filter(person=person, team__in=rights.leads).exists()


def over_team(rights: Rights, team: int) -> bool:
    """True for a service manager and for a lead of the team."""
    return "service_manager" in rights.roles or team in rights.leads


def must_reach(actor: Actor, person: Person, *, own: bool = False) -> None:
    """Raise `Refused` unless the actor may settle things for a person; ``own``: everybody may for himself."""
    if actor.kind == SYSTEM.kind:
        return
    who = person_of(actor)
    if own and who is not None and who.pk == person.pk and rights_of(who).teams:
        return
    if not over_person(rights_of(who) if who else NOBODY, person.pk):
        raise Refused(_("Only leads of this person's teams and service managers may change this"))


def must_reach_team(actor: Actor, team: Team | None) -> None:
    """Raise `Refused` unless the actor leads the team or is a service manager."""
    if actor.kind == SYSTEM.kind or team is None:
        return
    if not over_team(rights_of(person_of(actor)), team.pk):
        raise Refused(_("Only leads of this team and service managers may change this"), field="team")


def must_manage(actor: Actor) -> None:
    """Raise `Refused` unless the actor is a service manager: what concerns all teams."""
    if actor.kind != SYSTEM.kind and "service_manager" not in rights_of(person_of(actor)).roles:
        raise Refused(_("Only service managers may change this"))
