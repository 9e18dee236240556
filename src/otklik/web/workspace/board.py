"""The board of a team (screen 06): capacity, people with their day and load, what waits and whom to give it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from otklik import clock
from otklik.people.access import may
from otklik.people.models import Team
from otklik.routing import board as routing
from otklik.routing.waiting import looking
from otklik.tickets import access
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import Ticket
from otklik.web import promises
from otklik.web.doors import door
from otklik.web.visit import viewer
from otklik.web.workspace import queue, views, words
from otklik.web.workspace.frame import for_workers, show

SKILLS = 5  # under a person's name
DAY = (8, 20)  # hours that the axis shows at least
WARN, CRIT = 80, 95  # load in per cent from which its bar changes colour


@dataclass(frozen=True, slots=True)
class Day:
    """The axis of the day in hours of the reader's clock; ``now`` in per cent, None outside."""

    first: int
    last: int
    labels: list[str]
    now: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A person on the page: bars in per cent of the axis, tickets as the queue counts them."""

    row: routing.Row
    presence: str
    bars: list[tuple[str, str]]
    hours: str
    kind: str
    live: int
    late: int
    beyond: int  # tickets that this reader finds in no queue
    hand_over: int = 0  # tickets proposed to be handed over, where the reader may decide that


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock of a waiting ticket shows."""

    status: str
    paused: str
    due: datetime | None
    kind: str
    metric: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A waiting ticket on the page."""

    one: routing.Waiting
    clock: Clock
    may_assign: bool
    others: list[routing.Row]  # people of the team beside the proposed
    asks: int = 0  # the person for whom a reason is wanted, chosen a moment ago

    @property
    def proposed(self) -> bool:
        """Does a proposal stand?"""
        return bool(self.one.why and self.one.why.proposals)


def seen(who: access.Viewer) -> list[Team]:
    """Teams whose board this person may open."""
    teams = Team.objects.filter(is_active=True).order_by("-is_default", "pk")
    if not who.rights.roles & routing.OVERSEE:
        teams = teams.filter(pk__in=who.rights.teams)
    return list(teams)


@require_GET
@for_workers
def front(request: HttpRequest) -> HttpResponse:
    """One's own first team, those one leads before others; a choice for whoever is in none."""
    who = viewer(request)
    teams = seen(who)
    own = [one for one in teams if one.pk in who.rights.leads] or [one for one in teams if one.pk in who.rights.teams]
    if own or len(teams) == 1:
        return HttpResponseRedirect(reverse("workspace:team", args=[(own or teams)[0].pk]))
    rows = looking().filter(pk__in=access.visible_to(who).values("pk"))
    counts = dict(rows.values_list("team").annotate(number=Count("pk")).order_by())
    listed = [{"team": one, "count": counts.get(one.pk, 0), "url": _unassigned(one.pk)} for one in teams]
    return show(request, "web/workspace/teams.html", {"teams": listed}, current="team")


@require_GET
@for_workers
def page(request: HttpRequest, team: int) -> HttpResponse:
    """The board of one team.

    ``lacks`` leaves of what waits only that for which a skill is missing, ``here`` of the people those who are there.
    """
    who, at = viewer(request), clock.now()
    teams = seen(who)
    one = next((one for one in teams if one.pk == team), None)
    if one is None:
        raise Http404
    board = routing.board(one, who, at)
    lacks, only_here = request.GET.get("lacks", ""), request.GET.get("here") == "1"
    waiting = [item for item in board.waiting if not lacks or lacks in item.lacks]
    asked = (request.GET.get("asks", ""), request.GET.get("to", ""))
    entries = [_entry(item, board.people, who, at, asked) for item in waiting]
    day = day_of(board.people, at)
    context = {
        "board": board,
        "here": request.get_full_path(),
        "said": _sentence(board),
        "bottleneck_url": "?" + urlencode({"lacks": board.short_of}) + "#waiting",
        "narrowed": bool(lacks),
        "day": day,
        "lines": [line for line in lines_of(board, day, who, at) if line.row.here or not only_here],
        "only_here": only_here,
        "waiting": entries,
        "proposals": 0 if lacks else sum(item.may_assign and item.proposed for item in entries),
        "total": len(board.waiting) + board.more,
        "unassigned": _unassigned(one.pk),
        "teams": [
            {"name": it.name, "url": reverse("workspace:team", args=[it.pk]), "current": it == one} for it in teams
        ],
        "roster_url": door(f"/roster/{one.pk}") if may(who.rights, "roster.see") else "",
        "rules_url": door("/settings/routing") if may(who.rights, "settings.routing") else "",
        "skills": SKILLS,
        "words": words,
    }
    return show(request, "web/workspace/board.html", context, current="team")


def _unassigned(team: int) -> str:
    found = urlencode({"team": team, "status": queue.UNHELD})
    return reverse("workspace:queue", args=["unassigned"]) + f"?{found}"


def _sentence(board: routing.Board) -> list[tuple[str, str]]:
    """The sentence about capacity in pieces (text, address); a number has the address of the list behind it."""
    numbers = {
        "here": sum(one.here for one in board.people),
        "free": board.free,
        "count": len(board.waiting) + board.more,
        "asked": board.asked,
    }
    links = dict.fromkeys(("here", "free"), "?here=1#people") | dict.fromkeys(
        ("count", "asked"), _unassigned(board.team.pk)
    )
    told = routing.sentence(**numbers, shown={name: f"{{{name}}}" for name in numbers})
    pieces = re.split(r"\{(\w+)\}", told)
    return [(str(numbers[piece]), links[piece]) if at % 2 else (piece, "") for at, piece in enumerate(pieces) if piece]


# -- people --------------------------------------------------------------------------------------------------------
def day_of(people: Sequence[routing.Row], at: datetime) -> Day:
    """The hours that the axis needs for everybody's shifts, in whole pairs of hours."""
    start = routing.day_of(at)[0]
    ends = [_hour(moment, start) for row in people for span in row.spans for moment in span]
    first, last = int(min([DAY[0], *ends])), -int(-max([DAY[1], *ends]) // 1)
    step = 2 if last - first <= 14 else 4
    first, last = first - first % step, last + -last % step
    now = _hour(at, start)
    labels = [str(hour % 24) for hour in range(first, last + 1, step)]
    return Day(first, last, labels, _share(now - first, last - first) if first <= now <= last else None)


def _hour(moment: datetime, start: datetime) -> float:
    """Hours of the reader's clock since the midnight a day begins with."""
    local = moment.astimezone(timezone.get_current_timezone())
    days = (local.date() - start.date()).days
    return days * 24 + local.hour + local.minute / 60


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%"


def lines_of(board: routing.Board, day: Day, who: access.Viewer, at: datetime) -> list[Line]:
    """Everybody of the team, with numbers that equal the queue's lists."""
    ids = [row.id for row in board.people]
    mine = views.workable(who).filter(assignee__in=ids, status__in=sorted(LIVE))
    counts = {
        key: (live, late)
        for key, live, late in mine.values_list("assignee_id")
        .annotate(live=Count("pk", distinct=True), late=Count("pk", filter=promises.overdue(at), distinct=True))
        .order_by()
    }
    asked = [
        one for one in board.hand_overs if board.team.pk in who.rights.leads or who.pk in (one.deputy_id, one.person_id)
    ]
    start = routing.day_of(at)[0]
    whole = day.last - day.first
    found = []
    for row in board.people:
        live, late = counts.get(row.id, (0, 0))
        hours = [(_hour(begin, start), _hour(end, start)) for begin, end in row.spans]
        found.append(
            Line(
                row=row,
                presence=_presence(row, at),
                bars=[(_share(a - day.first, whole), _share(b - a, whole)) for a, b in hours],
                hours=", ".join(f"{_spoken(begin)}–{_spoken(end)}" for begin, end in row.spans),
                kind="crit" if row.percent >= CRIT else "warn" if row.percent >= WARN else "",
                live=live,
                late=late,
                beyond=len(row.tickets) + row.hidden - live,
                hand_over=sum(one.person_id == row.id for one in asked),
            )
        )
    return found


def _spoken(moment: datetime) -> str:
    return moment.astimezone(timezone.get_current_timezone()).strftime("%H:%M")


def _presence(row: routing.Row, at: datetime) -> str:
    if row.here:
        return "on"
    return "away" if any(begin <= at < end for begin, end in row.spans) else "off"


# -- what waits ----------------------------------------------------------------------------------------------------
def _entry(
    item: routing.Waiting, people: Sequence[routing.Row], who: access.Viewer, at: datetime, asked: tuple[str, str]
) -> Entry:
    ticket = item.ticket
    proposed = {one.id for one in item.why.proposals} if item.why else set()
    return Entry(
        one=item,
        clock=_clock(ticket, at),
        may_assign=access.allowed(who, "assign", ticket),
        others=[row for row in people if row.id not in proposed],
        asks=next((row.id for row in people if asked == (str(ticket.number), str(row.id))), 0),
    )


def _clock(ticket: Ticket, at: datetime) -> Clock:
    promise: Any = getattr(ticket, "promise", None)
    columns = (promise.standing, promise.due_at, promise.breach_at, promise.metric) if promise else (None,) * 4
    due, metric, paused, late = promises.of_row(columns, ticket.status, ticket.pending_reason, at)
    return Clock(ticket.status, paused, due, queue.clock_kind(due, paused, at, late=late), metric)
