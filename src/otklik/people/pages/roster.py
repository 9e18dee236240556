"""The roster: two weeks of people and days, what the teams can, where it falls short."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from otklik import clock
from otklik.businesstime.span import Span, to_moment
from otklik.people import absences, cover
from otklik.people.cover import Cell, Cover, Gap, Line, Need
from otklik.people.doors import needs
from otklik.people.models import Team
from otklik.people.rota import OnCall
from otklik.ui.sidebar import frame

DAYS = 14
SKILLS = 2  # names of skills under a person's name
SHORT = {  # why somebody is away, as it fits a cell
    "vacation": pgettext_lazy("in a cell", "leave"),
    "illness": pgettext_lazy("in a cell", "ill"),
    "training": pgettext_lazy("in a cell", "course"),
    "errand": pgettext_lazy("in a cell", "trip"),
}
LATE = 12  # a shift that begins at this hour or later is drawn in another shade


@needs("roster.see")
@require_GET
def roster(request: HttpRequest, team: int | None = None) -> HttpResponse:
    """Two weeks from a Monday; of one team or of all."""
    teams = list(Team.objects.filter(is_active=True).order_by("-is_default", "pk"))
    chosen = [one for one in teams if team in (None, one.pk)]
    if team is not None and not chosen:
        raise Http404
    today = timezone.localtime(clock.now()).date()
    first = _first(request.GET.get("from", ""), today)
    days = cover.days_from(first, DAYS, timezone.get_current_timezone_name())
    told = cover.picture(chosen, days, clock.now())
    may = request.may  # type: ignore[attr-defined]  # set by the middleware
    context = frame(request) | {
        "picture": told,
        "today": today,
        "period": days_text(first, first + timedelta(days=DAYS - 1)),
        "earlier": _address(team, first - timedelta(days=DAYS)),
        "later": _address(team, first + timedelta(days=DAYS)),
        "now_url": _address(team, None),
        "teams": [{"label": _("All"), "url": reverse("people:roster"), "current": team is None}]
        + [{"label": one.name, "url": _address(one.pk, first), "current": one.pk == team} for one in teams],
        "heads": [_head(day, today) for day in told.days],
        "lines": [_line(request, line, today) for line in told.lines],
        "needs": [_need(need, today, several=team is None and len(teams) > 1) for need in told.needs],
        "gaps": [_gap(gap) for gap in told.gaps],
        "nobody": _in_short(gap for gap in told.gaps if gap.least == 0),
        "few": _in_short(gap for gap in told.gaps if gap.least > 0),
        "alone": told.alone,
        "turns": _turns(told.turns),
        "settles": may("settings.shifts"),
        "own": may("roster.own"),
    }
    return render(request, "people/roster.html", context, using="jinja2")


def _first(given: str, today: date) -> date:
    """The Monday of the week asked for; nonsense and far years mean this week."""
    try:
        asked = date.fromisoformat(given)
    except ValueError:
        asked = today
    if abs((asked - today).days) > 800:
        asked = today
    return asked - timedelta(days=asked.weekday())


def _address(team: int | None, first: date | None) -> str:
    path = reverse("people:roster-of", args=[team]) if team is not None else reverse("people:roster")
    return f"{path}?from={first.isoformat()}" if first else path


def days_text(first: date, last: date) -> str:
    """Dates from one to another: "25–26 November", "30 November – 4 December"."""
    if first == last:
        return date_format(first, "j E")
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{date_format(last, 'j E')}"
    return f"{date_format(first, 'j E')} – {date_format(last, 'j E')}"


def _head(day: cover.Day, today: date) -> dict[str, Any]:
    return {"name": date_format(day.on, "D").lower(), "number": day.on.day, "today": day.on == today, "on": day.on}


def _kind(day: cover.Day, today: date) -> str:
    return " ".join(filter(None, ["we" if day.weekend else "", "td" if day.on == today else ""]))


def _line(request: HttpRequest, line: Line, today: date) -> dict[str, Any]:
    person = line.person
    zone = person.timezone if person.timezone != timezone.get_current_timezone_name() else ""
    words = ", ".join(line.skills[:SKILLS])
    return {
        "id": person.pk,
        "name": person.name,
        "words": ", ".join(filter(None, [words, zone.rpartition("/")[2].replace("_", " ")])),
        "cells": [_cell(request, cell, today) for cell in line.cells],
    }


def _cell(request: HttpRequest, cell: Cell, today: date) -> dict[str, Any]:
    shown: dict[str, Any] = {"cls": _kind(cell.day, today), "on_call": cell.on_call, "look": "", "text": ""}
    if cell.absence is not None:
        why = absences.kind_for(request.rights, request.person, cell.absence)  # type: ignore[attr-defined]  # middleware
        shown |= {"look": "ab", "text": SHORT.get(cell.absence.kind, _("away")) if why else _("away")}
        shown["title"] = why
    elif cell.shifts:
        start = timezone.localtime(to_moment(cell.shifts[0][0]))
        shown |= {"look": "l" if start.hour >= LATE else "d", "text": ", ".join(map(hours_text, cell.shifts))}
    return shown


def hours_text(span: Span) -> str:
    """Hours of a span on the reader's wall: "9–18", "9:30–18"."""
    return "–".join(_wall(timezone.localtime(to_moment(edge))) for edge in span)


def _wall(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02d}" if moment.minute else str(moment.hour)


def _need(need: Need, today: date, *, several: bool) -> dict[str, Any]:
    return {
        "name": need.need.skill.name,
        "team": need.need.team.name if several else "",
        "people": need.need.people,
        "level": need.need.level,
        "cells": [_covered(need, one, today) for one in need.days],
    }


def _covered(need: Need, one: Cover, today: date) -> dict[str, Any]:
    shown: dict[str, Any] = {"cls": _kind(one.day, today), "look": "", "text": "", "title": ""}
    if one.least is None:
        return shown
    if not one.short:
        return shown | {"look": "fit", "text": str(one.least)}
    text = _("%(there)s of %(needed)s") % {"there": one.least, "needed": need.need.people}
    title = "" if len(one.short) == one.core else _hours(one.short)
    return shown | {"look": "gap" if one.least else "gap0", "text": text, "title": title}


def _hours(short: list[Span]) -> str:
    joined: list[Span] = []
    for start, end in short:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return ", ".join(map(hours_text, joined))


def _gap(gap: Gap) -> dict[str, Any]:
    last = gap.days[-1].day.on
    partial = any(len(day.short) < day.core for day in gap.days)
    return {
        "skill": gap.need.skill.name,
        "days": days_text(gap.days[0].day.on, last),
        "hours": _hours(gap.days[0].short) if partial and len(gap.days) == 1 else "",
        "none": gap.least == 0,
        "least": gap.least,
        "people": gap.need.people,
        "level": gap.need.level,
        "absent": ", ".join(person.name for person in gap.absent),
        "fillers": gap.fillers,
    }


def _in_short(gaps: Iterable[Gap]) -> list[str]:
    """The gaps of a skill together: "Access 28 November, 5 December"."""
    days: dict[str, list[str]] = {}
    for gap in gaps:
        days.setdefault(gap.need.skill.name, []).append(days_text(gap.days[0].day.on, gap.days[-1].day.on))
    return [f"{name} {', '.join(dates)}" for name, dates in days.items()]


def _turns(turns: list[OnCall]) -> list[dict[str, Any]]:
    """Turns on call, those of the same team and time together: who is first, who follows."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for turn in turns:
        key = (turn.team_id, turn.starts_at, turn.ends_at)
        days = days_text(timezone.localtime(turn.starts_at).date(), timezone.localtime(turn.ends_at).date())
        shown = found.setdefault(key, {"days": days, "team": turn.team.name, "names": []})
        shown["names"].append(turn.person.name)
    return list(found.values())
