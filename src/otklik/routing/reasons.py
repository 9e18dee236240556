"""«Почему он»: the newest decision about a ticket in words: three lines, the table behind them, the nearest change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from otklik.people.expertise import Skill
from otklik.people.models import Person, Team
from otklik.routing import wording
from otklik.routing.models import Decision, Flag
from otklik.tickets import access
from otklik.tickets.models import Ticket

SHOWN = 3  # proposals with their reasons


@dataclass(frozen=True, slots=True)
class Scored:
    """One line of the table: a person with the five components and the sum."""

    id: int
    name: str
    score: int
    parts: list[int]
    load: int
    capacity: int
    lines: list[str]
    below: bool = False
    partner: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who could not get it, with the one condition that failed."""

    id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why this person; for the requester ``name`` and ``role`` alone, everything else is empty.

    Args:
        state: of the decision: 'proposed', 'assigned', 'accepted', 'overridden', 'unavailable', 'declined',
            'overtaken', or '' where people alone decided.
        lines: three short lines about the winner.
        best: everybody eligible, best first; ``proposals`` are the first three of a standing proposal.
        again: when relaxation begins, for a ticket that nobody may get now.
    """

    name: str = ""
    role: str = ""
    state: str = ""
    headline: str = ""
    lines: list[str] = field(default_factory=list)
    best: list[Scored] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    nearest: str = ""
    step: str = ""
    rule: str = ""
    made_at: datetime | None = None
    decision: int | None = None
    again: str = ""
    tie: str = ""
    path: list[str] = field(default_factory=list)

    @property
    def proposals(self) -> list[Scored]:
        """The first three, where they wait to be accepted."""
        return self.best[:SHOWN] if self.state == Decision.State.PROPOSED else []


def why(ticket: Ticket, viewer: access.Viewer) -> Why:
    """The reasons of the newest decision, as much of them as the viewer may know."""
    who = ticket.assignee
    name, role = (who.name, who.job_title) if who else ("", "")
    if access.level(viewer, ticket) != access.INTERNAL:
        return Why(name=name, role=role)
    decision = Decision.objects.filter(ticket=ticket).order_by("-pk").first()
    path = _path(ticket)
    if decision is None:
        return Why(name=name, role=role, path=path)
    return told(decision, names_of([decision]), skill_names(), name=name, role=role, path=path)


def told(
    decision: Decision,
    names: Mapping[int, str],
    skills: Mapping[str, str],
    *,
    name: str = "",
    role: str = "",
    path: list[str] | None = None,
) -> Why:
    """A decision in words, for a viewer who may read the internal part of its ticket."""
    result, need = decision.result, decision.inputs["need"]
    people = {one["id"]: one for one in decision.inputs["candidates"]}
    best = [_scored(one, people[one["id"]], need, names, skills) for one in result["scored"]]
    refused = [
        Refused(one["id"], names.get(one["id"], "—"), wording.refusal_of(one, skills)) for one in result["refused"]
    ]
    return Why(
        name=name or (best[0].name if best else ""),
        role=role,
        state=decision.state,
        headline=_headline(decision, names),
        lines=best[0].lines if best else [],
        best=best,
        refused=refused,
        nearest=wording.nearest(result["nearest"], names, skills),
        step=wording.step(result["step"]),
        rule=str(decision.rule.get("name", "")),
        made_at=decision.made_at,
        decision=decision.pk,
        again=_again(decision),
        tie=_tie(result["tie"]),
        path=path or [],
    )


def _scored(
    one: Mapping[str, Any],
    person: Mapping[str, Any],
    need: Mapping[str, Any],
    names: Mapping[int, str],
    skills: Mapping[str, str],
) -> Scored:
    return Scored(
        id=one["id"],
        name=names.get(one["id"], "—"),
        score=one["score"],
        parts=[one[key] for key, _label in wording.components()],
        load=person.get("load", 0),
        capacity=person.get("capacity", 40),
        lines=wording.lines(one, person, need, skills),
        below=bool(one["below"]),
        partner=bool(one["partner"]),
    )


def _headline(decision: Decision, names: Mapping[int, str]) -> str:
    proposed = names.get(decision.winner_id or 0, "—")
    if decision.state == Decision.State.UNAVAILABLE:
        return _("Nobody can be assigned now")
    if decision.state == Decision.State.PROPOSED:
        return _("Proposed: %(name)s") % {"name": proposed}
    if decision.state == Decision.State.OVERRIDDEN:
        return _("%(name)s was proposed, people decided otherwise") % {"name": proposed}
    if decision.state == Decision.State.DECLINED:
        return _("%(name)s gave it back") % {"name": names.get(decision.taken_by_id or 0, proposed)}
    if decision.state == Decision.State.OVERTAKEN:
        return _("Decided by hand")
    return _("Chosen by the rules of the team")


def _again(decision: Decision) -> str:
    left = decision.result.get("relaxes_in")
    if decision.state != Decision.State.UNAVAILABLE or left is None:
        return ""
    when = wording.moment(decision.made_at + timedelta(seconds=left))
    return _("From %(time)s on a load a fifth higher is allowed") % {"time": when}


def _tie(name: str) -> str:
    return {
        "": "",
        "load": _("Equal scores: the lower load decided"),
        "last": _("Equal scores: whoever waited longer for a ticket"),
        "id": _("Equal in everything: the lower number decided"),
    }[name]


def _path(ticket: Ticket) -> list[str]:
    flag = Flag.objects.filter(ticket=ticket).first()
    if flag is None:
        return []
    names = {team.pk: team.name for team in Team.objects.filter(pk__in=flag.path)}
    return [names.get(key, "—") for key in flag.path]


def nobody(tickets: Iterable[UUID], viewer: access.Viewer) -> dict[UUID, str]:
    """Of these tickets those that nobody may get now, each with a line why; outside the team the line names no reason.

    Three questions at most, however many tickets are asked for.
    """
    found = Decision.objects.filter(ticket__in=list(tickets), state=Decision.State.UNAVAILABLE)
    decisions = list(found.only("ticket", "team", "winner", "taken_by", "result", "inputs"))
    if not decisions:
        return {}
    names, skills = names_of(decisions), skill_names()
    return {one.ticket_id: _line(one, names, skills, viewer) for one in decisions}


def _line(decision: Decision, names: Mapping[int, str], skills: Mapping[str, str], viewer: access.Viewer) -> str:
    if decision.team_id not in viewer.rights.teams:
        return _("Nobody is available now")
    refused = decision.result["refused"]
    if not refused:
        return _("Nobody is available now: the team has no members")
    told = [f"{names.get(one['id'], '—')}: {wording.refusal_of(one, skills)}" for one in refused]
    more = len(told) - SHOWN
    shown = "; ".join(told[:SHOWN]) + (_("; and %(count)s more") % {"count": more} if more > 0 else "")
    return _("Nobody is available now: %(why)s") % {"why": shown}


def names_of(decisions: Iterable[Decision]) -> dict[int, str]:
    """Names of everybody these decisions speak of, in one question."""
    keys: set[int] = set()
    for one in decisions:
        keys |= {person["id"] for person in one.inputs["candidates"]}
        keys |= {key for key in (one.winner_id, one.taken_by_id) if key}
    return dict(Person.objects.filter(pk__in=keys).values_list("pk", "name"))


def skill_names() -> dict[str, str]:
    """Names of skills by code, in the reader's language."""
    return {one.code: one.name for one in Skill.objects.all()}
