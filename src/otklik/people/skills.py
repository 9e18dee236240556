"""The front door for skills: the tree, what people claim, what leads confirm, how many a team needs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import SYSTEM, Actor
from otklik.people import keeping, reach
from otklik.people.access import person_of
from otklik.people.expertise import LEVELS, AgentSkill, Skill, SkillNeed
from otklik.people.keeping import noted
from otklik.people.models import Person, Team
from otklik.people.refusal import Refused

SKILL = frozenset(["code", "name_ru", "name_en", "parent", "is_active"])
NEED = frozenset(["team", "skill", "level", "people"])
DEEPEST = 6


@noted
def add_skill(*, actor: Actor, **values: Any) -> Skill:
    """Add a skill to the tree. Raises `Refused`, `UnknownField`."""
    reach.must_manage(actor)
    given = keeping.known(values, SKILL, "skill")
    _acyclic(None, given.get("parent"))
    return keeping.add(Skill, given, actor=actor)


@noted
def edit_skill(skill: Skill, *, actor: Actor, note: str = "", **values: Any) -> Skill:
    """Rename or move a skill, or take it out of use. Raises `Refused`, `UnknownField`."""
    reach.must_manage(actor)
    given = keeping.known(values, SKILL, "skill")
    _acyclic(skill, given.get("parent"))
    return keeping.change(skill, given, actor=actor, note=note)


def _acyclic(skill: Skill | None, above: Skill | None) -> None:
    steps = 1
    while above is not None:
        if skill is not None and above.pk == skill.pk:
            raise Refused(_("A skill cannot be a part of itself"), field="parent")
        steps += 1
        if steps > DEEPEST:
            raise Refused(_("More than six levels deep: choose a skill higher up"), field="parent")
        above = above.parent


@noted
def claim(person: Person, skill: Skill, level: int, *, actor: Actor) -> AgentSkill:
    """Say how well one can something; it counts once a lead confirms it. Raises `Refused`."""
    reach.must_reach(actor, person, own=True)
    _level(level)
    held = AgentSkill.objects.filter(person=person, skill=skill).first()
    if held is None:
        return keeping.add(AgentSkill, {"person": person, "skill": skill, "level": level}, actor=actor)
    if held.confirmed_at is None:
        return keeping.change(held, {"level": level, "source": "self"}, actor=actor)
    return keeping.change(held, {"wish": None if level == held.level else level}, actor=actor)


@noted
def confirm(
    person: Person, skill: Skill, level: int, *, actor: Actor, source: str = "lead", valid_until: date | None = None
) -> AgentSkill:
    """Confirm a level, or set another one: from now on it counts. Nobody confirms his own. Raises `Refused`."""
    reach.must_reach(actor, person)
    _level(level)
    who = person_of(actor) if actor.kind != SYSTEM.kind else None
    if who is not None and who.pk == person.pk:
        raise Refused(_("Nobody confirms his own skills. Ask another lead or a service manager"))
    if source not in dict(AgentSkill.SOURCES):
        raise Refused(_("There is no source “%(name)s”") % {"name": source}, field="source")
    values = {"level": level, "source": source, "valid_until": valid_until, "wish": None}
    values |= {"confirmed_at": clock.now(), "confirmed_by": who}
    held = AgentSkill.objects.filter(person=person, skill=skill).first()
    if held is None:
        return keeping.add(AgentSkill, {"person": person, "skill": skill} | values, actor=actor)
    return keeping.change(held, values, actor=actor)


@noted
def withdraw(held: AgentSkill, *, actor: Actor) -> AgentSkill:
    """Let a skill count no longer; what the person says of it stays to be seen. Raises `Refused`."""
    reach.must_reach(actor, held.person, own=True)
    return keeping.change(held, {"confirmed_at": None, "confirmed_by": None, "wish": None}, actor=actor)


@noted
def add_need(*, actor: Actor, **values: Any) -> SkillNeed:
    """Say how many people with a skill a team wants on shift. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, NEED, "skillneed")
    reach.must_reach_team(actor, given["team"])
    _level(given.get("level", 3))
    return keeping.add(SkillNeed, given, actor=actor)


@noted
def edit_need(need: SkillNeed, *, actor: Actor, **values: Any) -> SkillNeed:
    """Change how many; none (0) asks no more. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, NEED, "skillneed")
    reach.must_reach_team(actor, need.team)
    reach.must_reach_team(actor, given.get("team", need.team))
    _level(given.get("level", need.level))
    return keeping.change(need, given, actor=actor)


def need_of(team: Team) -> list[SkillNeed]:
    """What a team wants to have on shift, in the order of its skills."""
    return list(SkillNeed.objects.filter(team=team, people__gt=0).select_related("skill").order_by("skill_id"))


def _level(level: int) -> None:
    if level not in LEVELS:
        raise Refused(_("A level is from 1 to 5"), field="level")
