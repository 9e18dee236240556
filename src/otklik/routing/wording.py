"""Choice, refusals and changes in the reader's words; only facts that the score uses are said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik import clock
from otklik.routing.choice import COMPONENTS, FULL, Refusal
from otklik.ui import wording


def reason_codes() -> list[tuple[str, str]]:
    """Why a ticket is handed on."""
    return [
        ("wrong_team", _("another team's work")),
        ("needs_expertise", _("needs more expertise")),
        ("load", _("too much work")),
        ("shift_end", _("the shift ends")),
        ("absence", _("absence")),
        ("requester_wish", _("the requester's wish")),
    ]


def component(name: str) -> str:
    """A column of the table."""
    return {
        "skill": _("Skill"),
        "load": _("Load"),
        "continuity": _("Knows the requester"),
        "fairness": _("Fair share"),
        "time": _("Time of the shift"),
    }[name]


def components() -> list[tuple[str, str]]:
    """All columns in order."""
    return [(name, component(name)) for name in COMPONENTS]


def moment(at: datetime, now: datetime | None = None) -> str:
    """A time of today as hours, another day with its date, in the reader's zone."""
    return wording.short_moment(at, now or clock.now(), timezone.get_current_timezone())


def refusal(one: Refusal, skills: Mapping[str, str]) -> str:
    """The one condition that failed; ``skills`` are names by code."""
    if one.condition == "skill":
        name = skills.get(one.skill, one.skill)
        if one.has == 0:
            return _("does not have “%(skill)s”, %(needs)s is needed") % {"skill": name, "needs": one.needs}
        return _("“%(skill)s” %(has)s, %(needs)s is needed") % {"skill": name, "has": one.has, "needs": one.needs}
    if one.condition == "full":
        return _("load with this one %(load)s, at most %(limit)s") % {"load": one.has, "limit": one.needs}
    if one.condition == "absent" and one.until:
        return _("away until %(time)s") % {"time": moment(one.until)}
    if one.condition == "off_shift" and one.until:
        return _("shift from %(time)s") % {"time": moment(one.until)}
    return {
        "absent": _("away"),
        "off_shift": _("no shift in sight"),
        "away": _("has stepped away"),
        "accepts": _("gets nothing automatically"),
        "sees": _("may not see this ticket"),
        "requester": _("asked for it"),
        "declined": _("gave it back"),
    }[one.condition]


def refusal_of(data: Mapping[str, Any], skills: Mapping[str, str]) -> str:
    """The same of a stored refusal."""
    until = datetime.fromisoformat(data["until"]) if data.get("until") else None
    return refusal(Refusal(**{**data, "until": until}), skills)


def lines(
    scored: Mapping[str, Any], candidate: Mapping[str, Any], need: Mapping[str, Any], skills: Mapping[str, str]
) -> list[str]:
    """Three short lines about somebody chosen: the skill, the load, and what says most besides."""
    found = [*_skill_lines(candidate, need, skills)][:1]
    load, capacity = candidate.get("load", 0), candidate.get("capacity", 40)
    found.append(
        _("Load %(load)s of %(capacity)s, %(with)s with this one")
        % {"load": load, "capacity": capacity, "with": load + need["weight"]}
    )
    rest = [_continuity(candidate.get("continuity", "")), _shift(scored, candidate), _share(scored)]
    return [*found, *(line for line in rest if line)][:3]


def _skill_lines(candidate: Mapping[str, Any], need: Mapping[str, Any], skills: Mapping[str, str]) -> list[str]:
    levels = candidate.get("levels", {})
    found = []
    for wanted in sorted(need["skills"], key=lambda one: (not one["required"], -one["level"])):
        has = levels.get(wanted["skill"], 0)
        if not has:
            continue
        values = {"skill": skills.get(wanted["skill"], wanted["skill"]), "has": has, "needs": wanted["level"]}
        if has < wanted["level"] and wanted["required"]:
            found.append(_("Skill “%(skill)s” %(has)s of 5, below the %(needs)s that is needed") % values)
        else:
            found.append(_("Skill “%(skill)s” %(has)s of 5, %(needs)s is needed") % values)
    return found


def _continuity(kind: str) -> str:
    return {
        "former": _("Worked on this before"),
        "requester": _("Has another open ticket of the requester"),
        "solved": _("Solved a ticket of the requester within 30 days"),
        "organisation": _("Works for the same organisation"),
    }.get(kind, "")


def _shift(scored: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    if not candidate.get("ends_at"):
        return ""
    until = moment(datetime.fromisoformat(candidate["ends_at"]))
    if scored["time"] == FULL:
        return _("On shift until %(time)s, enough for the solution") % {"time": until}
    return _("On shift until %(time)s, little time for the solution") % {"time": until}


def _share(scored: Mapping[str, Any]) -> str:
    if scored["fairness"] == FULL:
        return _("Got the least this week")
    return _("Got more than others this week") if scored["fairness"] < FULL // 2 else ""


def nearest(data: Mapping[str, Any] | None, names: Mapping[int, str], skills: Mapping[str, str]) -> str:
    """The smallest change that would have given another answer; '' where there is none."""
    if data is None:
        return ""
    what = _what(data, names.get(data["id"], "—"), skills)
    if data["then"] is None:
        return _("%(what)s: then nobody would be available.") % {"what": what}
    return _("%(what)s: then the choice would be %(name)s.") % {"what": what, "name": names.get(data["then"], "—")}


def _what(data: Mapping[str, Any], name: str, skills: Mapping[str, str]) -> str:
    kind, by = data["kind"], data["by"]
    values = {"name": name, "by": abs(by), "skill": skills.get(data["skill"], data["skill"])}
    if kind == "load_more":
        return (
            ngettext("If %(name)s had %(by)s point more of work", "If %(name)s had %(by)s points more of work", by)
            % values
        )
    if kind in ("load_less", "full"):
        return (
            ngettext("If %(name)s had %(by)s point less of work", "If %(name)s had %(by)s points less of work", by)
            % values
        )
    if kind in ("level", "skill"):
        if by > 0:
            return (
                ngettext(
                    "If “%(skill)s” of %(name)s were %(by)s level higher",
                    "If “%(skill)s” of %(name)s were %(by)s levels higher",
                    by,
                )
                % values
            )
        return (
            ngettext(
                "If “%(skill)s” of %(name)s were %(by)s level lower",
                "If “%(skill)s” of %(name)s were %(by)s levels lower",
                -by,
            )
            % values
        )
    if kind == "shift":
        longer = wording.duration(timedelta(seconds=-(-by // 60) * 60))
        return _("If the shift of %(name)s lasted %(time)s longer") % {"name": name, "time": longer}
    return {
        "continuity": _("If %(name)s had solved a ticket of the requester lately"),
        "off_shift": _("If %(name)s were on shift"),
        "absent": _("If %(name)s were not away"),
        "away": _("If %(name)s had not stepped away"),
        "accepts": _("If %(name)s got tickets automatically"),
    }[kind] % values


def step(name: str) -> str:
    """What had to be relaxed, '' for nothing."""
    return {
        "": "",
        "capacity": _("The load was allowed to be a fifth higher"),
        "level": _("One level less was accepted"),
        "partner": _("The partner team was asked"),
        "lead": _("Nothing helped: the lead is told"),
    }[name]
