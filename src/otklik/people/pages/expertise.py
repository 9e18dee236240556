"""Settings pages of skills: the tree, what people can and who has confirmed it, how many a team needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from otklik import clock
from otklik.people import reach, skills
from otklik.people.expertise import AgentSkill, Skill, SkillNeed
from otklik.people.forms.expertise import HeldForm, NeedForm, SkillForm
from otklik.people.models import Person, Team
from otklik.people.pages.histories import of_record
from otklik.people.pages.settling import by_act, initial_of, through
from otklik.ui.settings_pages import Column, SettingsPage
from otklik.ui.sidebar import add_page, frame

FAR_IN = " · "  # before a part in the list of the tree


# -- the tree ------------------------------------------------------------------------------------------------------
def _tree(request: HttpRequest) -> Iterator[Skill]:
    """Every skill below the one it is part of."""
    below: dict[int | None, list[Skill]] = {}
    for skill in Skill.objects.order_by("-is_active", "code"):
        below.setdefault(skill.parent_id, []).append(skill)

    def walk(above: int | None, depth: int) -> Iterator[Skill]:
        for skill in below.get(above, []):
            skill.depth = depth  # type: ignore[attr-defined]  # read by the column
            yield skill
            yield from walk(skill.pk, depth + 1)

    return walk(None, 0)


def _save_skill(request: HttpRequest, item: Skill | None, data: dict[str, Any]) -> Skill:
    command = skills.edit_skill if item is not None else skills.add_skill
    return through(command, *([item] if item else []), actor=request.actor, **data)  # type: ignore[no-any-return, attr-defined]  # middleware


SKILLS = SettingsPage(
    name="skills",
    namespace="people",
    title=gettext_lazy("Skills"),
    one=gettext_lazy("Skill"),
    items=_tree,
    find=lambda request, key: _find(Skill.objects.all(), key),
    form=lambda data, initial, item: SkillForm(data, initial=initial),
    initial=lambda item: initial_of(item, sorted(skills.SKILL)) or {"is_active": True},
    save=_save_skill,
    columns=[
        Column(pgettext_lazy("of a thing", "Name"), lambda skill: FAR_IN * getattr(skill, "depth", 0) + skill.name),
        Column(gettext_lazy("Short name"), "code", width=160),
        Column(gettext_lazy("Use"), lambda skill: "" if skill.is_active else _("not in use"), width=120),
    ],
    allowed=by_act("settings.skill_tree"),
    history=lambda item: of_record(item, SkillForm),
    around=frame,
)


# -- what people can -----------------------------------------------------------------------------------------------
def _held(request: HttpRequest) -> Any:
    people = reach.people_under(request.rights)  # type: ignore[attr-defined]  # set by the middleware
    return AgentSkill.objects.filter(person__in=people).select_related("person", "skill", "confirmed_by")


def _state(held: AgentSkill) -> str:
    if held.confirmed_at is None:
        return _("waits for confirmation")
    if held.valid_until is not None and held.valid_until < clock.now().date():
        return _("out of date")
    if held.wish:
        return _("confirmed; says %(level)s of himself") % {"level": held.wish}
    return _("confirmed")


def _save_held(request: HttpRequest, item: AgentSkill | None, data: dict[str, Any]) -> AgentSkill:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    person, skill = (item.person, item.skill) if item is not None else (data["person"], data["skill"])
    if data["confirmed"]:
        more = {"source": data["source"], "valid_until": data["valid_until"]}
        return through(skills.confirm, person, skill, data["level"], actor=actor, **more)  # type: ignore[no-any-return]  # a row
    if item is not None:
        return through(skills.withdraw, item, actor=actor)  # type: ignore[no-any-return]  # a row
    return through(skills.claim, person, skill, data["level"], actor=actor)  # type: ignore[no-any-return]  # a row


def _held_initial(item: AgentSkill | None) -> dict[str, Any]:
    if item is None:
        return {"source": "lead", "confirmed": True, "level": "3"}
    told = initial_of(item, ["person", "skill", "source", "valid_until"])
    return told | {"level": item.wish or item.level, "confirmed": item.confirmed_at is not None}


def _held_form(data: Any, initial: dict[str, Any], item: AgentSkill | None) -> HeldForm:
    return HeldForm(data, initial=initial, people=staff())


def staff() -> QuerySet[Person]:
    """Everybody who may be chosen: the front door refuses whom one does not lead."""
    return Person.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("name", "pk")


def _find(rows: Any, key: str) -> Any | None:
    return rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None


HELD = SettingsPage(
    name="people-skills",
    namespace="people",
    title=gettext_lazy("Who can what"),
    one=gettext_lazy("Skill of a person"),
    items=lambda request: _held(request).order_by("person__name", "person_id", "skill__code"),
    find=lambda request, key: _find(_held(request), key),
    form=_held_form,
    initial=_held_initial,
    save=_save_held,
    label=lambda held: f"{held.person.name}: {held.skill.name}",
    columns=[
        Column(gettext_lazy("Skill"), lambda held: held.skill.name),
        Column(gettext_lazy("Level"), "level", width=96, cls="num"),
        Column(gettext_lazy("State"), _state, width=240),
    ],
    allowed=by_act("settings.skills"),
    group=lambda held: held.person.name,
    history=lambda item: of_record(item, HeldForm),
    around=frame,
)


# -- how many a team needs -----------------------------------------------------------------------------------------
def _needs(request: HttpRequest) -> Any:
    teams = reach.teams_under(request.rights)  # type: ignore[attr-defined]  # set by the middleware
    return SkillNeed.objects.filter(team__in=teams).select_related("team", "skill")


def _save_need(request: HttpRequest, item: SkillNeed | None, data: dict[str, Any]) -> SkillNeed:
    command = skills.edit_need if item is not None else skills.add_need
    return through(command, *([item] if item else []), actor=request.actor, **data)  # type: ignore[no-any-return, attr-defined]  # middleware


def _need_form(data: Any, initial: dict[str, Any], item: SkillNeed | None) -> NeedForm:
    return NeedForm(data, initial=initial, teams=Team.objects.filter(is_active=True).order_by("pk"))


NEEDS = SettingsPage(
    name="skill-needs",
    namespace="people",
    title=gettext_lazy("Needed on shift"),
    one=gettext_lazy("Need"),
    items=lambda request: _needs(request).order_by("team_id", "skill__code"),
    find=lambda request, key: _find(_needs(request), key),
    form=_need_form,
    initial=lambda item: initial_of(item, sorted(skills.NEED)) or {"level": "3", "people": 1},
    save=_save_need,
    label=lambda need: f"{need.team.name}: {need.skill.name}",
    columns=[
        Column(gettext_lazy("Skill"), lambda need: need.skill.name),
        Column(gettext_lazy("At least at level"), "level", width=140, cls="num"),
        Column(gettext_lazy("How many on shift"), "people", width=140, cls="num"),
    ],
    allowed=by_act("settings.skills"),
    group=lambda need: need.team.name,
    history=lambda item: of_record(item, NeedForm),
    around=frame,
)
PAGES: Iterable[SettingsPage] = (SKILLS, HELD, NEEDS)
add_page("house", gettext_lazy("Skills"), "list-tree", "people:skills", "settings.skill_tree", 58)
add_page("house", gettext_lazy("Who can what"), "graduation-cap", "people:people-skills", "settings.skills", 60)
add_page("house", gettext_lazy("Needed on shift"), "target", "people:skill-needs", "settings.skills", 62)
