"""The queue: tickets grouped by their nearest promise, with filters, a preview and one line per ticket (screen 04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from otklik import clock
from otklik.catalogue.models import Service
from otklik.people.models import Person, Team
from otklik.routing import reasons
from otklik.tickets import access
from otklik.tickets.models import Ticket, TicketQuerySet
from otklik.web import presence, promises
from otklik.web.visit import person, viewer
from otklik.web.workspace import search, unwatched, views, words
from otklik.web.workspace.frame import for_workers, frame, show

PAGE = 50
UNHELD = "unheld"  # the filter for what waits for nobody but us
TAKES = ("new", "open")
COLUMNS = (
    *("pk", "number", "subject", "priority", "status", "pending_reason", "requester__name", "contact", "place__path"),
    *("assignee_id", "assignee__name", "customer_waiting_since", "version"),
)


@dataclass(slots=True)
class Row:
    """A line of the list."""

    pk: Any
    number: int
    subject: str
    priority: int
    status: str
    who: str
    place: str
    assignee_id: int | None
    assignee: str
    unread: bool
    version: int
    due: datetime | None
    metric: str
    paused: str
    kind: str
    group: str


@require_GET
@for_workers
def front(request: HttpRequest) -> HttpResponse:
    """The queue a person's day begins with."""
    return HttpResponseRedirect(reverse("workspace:queue", args=[views.first_of(viewer(request)).name]))


@require_GET
@for_workers
def queue(request: HttpRequest, name: str) -> HttpResponse:
    """One queue. ``open`` shows a ticket beside the list, ``after`` is the keyset of the page before."""
    view = views.BY_NAME.get(name)
    if view is None:
        raise Http404
    who = viewer(request)
    filters = chosen(request)
    rows = narrowed(views.workable(who).filter(view.condition(who)), filters)
    lines, following = page_of(rows, request.GET.get("after", ""))
    opened = _opened(request, who)
    people = colleagues(who)
    context = {
        "view": view,
        "groups": grouped(lines),
        "total": frame_count(request, rows, filters, lines, following),
        "overdue": sum(line.group == "overdue" for line in lines),
        "filters": shown_filters(filters),
        "choices": filter_choices(who, people),
        "chosen": filters,
        "next": following,
        "cures": unwatched.cures(request, [line.pk for line in lines]) if view.name == "unwatched" else {},
        "nobody": reasons.nobody([line.pk for line in lines if line.assignee_id is None], who),
        "opened": opened,
        "preview": preview_of(request, opened) if opened else None,
        "colleagues": people,
        "here": presence.in_queue([line.pk for line in lines], except_for=person(request).pk),
        "words": words,
    }
    return show(request, "web/workspace/queue.html", context, current=f"queue:{view.name}")


def colleagues(who: access.Viewer) -> list[Person]:
    """To whom this person may give several tickets at once: members of the own teams, or of any."""
    if not who.rights.works:
        return []
    teams = Team.objects.filter(is_active=True)
    if not who.rights.roles & {"service_manager", "dispatcher"}:
        teams = teams.filter(pk__in=who.rights.teams)
    return list(Person.objects.filter(memberships__team__in=teams, is_active=True).distinct().order_by("name", "pk"))


def _opened(request: HttpRequest, who: access.Viewer) -> Ticket | None:
    number = request.GET.get("open", "")
    if not number.isdigit():
        return None
    try:
        return access.ticket_for(who, int(number))
    except Http404:
        return None


def frame_count(
    request: HttpRequest, rows: TicketQuerySet, filters: dict[str, str], lines: list[Row], following: str
) -> int:
    """How many tickets the list holds in all; asked for only where one page does not show it."""
    return rows.count() if following or request.GET.get("after") else len(lines)


# -- filters -------------------------------------------------------------------------------------------------------
def chosen(request: HttpRequest) -> dict[str, str]:
    """The filters of the address, from a fixed list of fields; anything else is passed over."""
    names = ("service", "team", "assignee", "priority", "status", "late", "q")
    known = {name: request.GET.get(name, "").strip() for name in names}
    for name in ("service", "team", "assignee"):
        if not (known[name].isascii() and known[name].isdigit() and len(known[name]) < 10):
            known[name] = ""
    if known["priority"] not in {"P1", "P2", "P3", "P4"}:
        known["priority"] = ""
    if known["status"] not in {"new", "open", "pending", "resolved", UNHELD}:
        known["status"] = ""
    if known["late"] != "1":
        known["late"] = ""
    return {name: value[:200] for name, value in known.items() if value}


def narrowed(rows: TicketQuerySet, filters: dict[str, str]) -> TicketQuerySet:
    """The rows that the filters leave."""
    if value := filters.get("priority"):
        rows = rows.filter(priority=value)
    if value := filters.get("status"):
        rows = rows.filter(status__in=TAKES) if value == UNHELD else rows.filter(status=value)
    if value := filters.get("assignee"):
        rows = rows.filter(assignee=int(value) or None)
    if filters.get("late"):
        rows = rows.filter(promises.overdue(clock.now()))
    if value := filters.get("service"):
        rows = rows.filter(service=int(value))
    if value := filters.get("team"):
        rows = rows.filter(team=int(value))
    return search.matching(rows, filters["q"], internal=True) if filters.get("q") else rows


def filter_choices(who: access.Viewer, people: Iterable[Person]) -> dict[str, list[tuple[str, str]]]:
    """What the filter form offers."""
    teams = Team.objects.filter(is_active=True)
    if not who.rights.roles & {"service_manager", "dispatcher", "auditor"}:
        teams = teams.filter(pk__in=who.rights.teams)
    return {
        "service": [(str(one.pk), one.name) for one in Service.objects.filter(is_active=True)],
        "team": [(str(one.pk), one.name) for one in teams.order_by("pk")],
        "assignee": [("0", _("Nobody yet")), *((str(one.pk), one.name) for one in people)],
        "priority": [(f"P{n}", f"{n} {priority_name(n)}") for n in range(1, 5)],
        "status": list(_statuses().items()),
        "late": [("1", _("Overdue"))],
    }


def shown_filters(filters: dict[str, str]) -> list[dict[str, str]]:
    """Each active filter as field and value, for its chip."""
    fields = {
        "service": _("Service"),
        "team": _("Team"),
        "assignee": _("Assignee"),
        "priority": _("Priority"),
        "status": _("Status"),
        "late": _("Due"),
        "q": _("Words"),
    }
    return [{"name": name, "field": fields[name], "value": _value(name, value)} for name, value in filters.items()]


def _value(name: str, value: str) -> str:
    if name == "service":
        found = Service.objects.filter(pk=int(value)).first()
        return found.name if found else value
    if name == "team":
        team = Team.objects.filter(pk=int(value)).first()
        return team.name if team else value
    if name == "priority":
        return priority_name(int(value[1]))
    if name == "assignee":
        person = Person.objects.filter(pk=int(value)).first()
        return person.name if person else _("Nobody yet")
    if name == "late":
        return _("Overdue")
    return _statuses().get(value, value)


def _statuses() -> dict[str, str]:
    return {"new": _("New"), "open": _("In work"), "pending": _("On hold"), UNHELD: _("Not on hold")}


def priority_name(number: int) -> str:
    """Priority in words."""
    names = (
        pgettext("priority", "Critical"),
        pgettext("priority", "High"),
        pgettext("priority", "Medium"),
        pgettext("priority", "Low"),
    )
    return names[number - 1]


# -- rows ----------------------------------------------------------------------------------------------------------
def page_of(rows: TicketQuerySet, after: str) -> tuple[list[Row], str]:
    """One page in the order of the nearest promise, and the keyset of the next page or ''."""
    ordered = promises.by_nearest(rows, after)
    values = list(ordered.values_list(*COLUMNS, *promises.ORDER_COLUMNS)[: PAGE + 1])
    now = clock.now()
    lines = [_row(value, now) for value in values[:PAGE]]
    following = str(values[PAGE - 1][0]) if len(values) > PAGE else ""
    return lines, following


def _row(value: tuple[Any, ...], now: datetime) -> Row:
    one = dict(zip(COLUMNS, value, strict=False))
    columns = value[len(COLUMNS) :]
    due, metric, paused, late = promises.of_row(columns, one["status"], one["pending_reason"], now)
    return Row(
        pk=one["pk"],
        number=one["number"],
        subject=one["subject"],
        priority=int(one["priority"][1]),
        status=one["status"],
        who=one["requester__name"] or one["contact"].get("name", ""),
        place=one["contact"].get("room") or one["place__path"] or "",
        assignee_id=one["assignee_id"],
        assignee=one["assignee__name"] or "",
        unread=one["customer_waiting_since"] is not None or one["status"] == "new",
        version=one["version"],
        due=due,
        metric=metric,
        paused=paused,
        kind=clock_kind(due, paused, now, late=late),
        group=_group(due, paused, one["status"], now, late=late),
    )


def clock_kind(due: datetime | None, paused: str, now: datetime, *, late: bool) -> str:
    """Colour of a clock: none while safe, amber in the last hour, red when the limit has passed."""
    if paused or due is None:
        return "pause"
    if late:
        return "crit"
    return "warn" if due - now < timedelta(hours=1) else "calm"


def _group(due: datetime | None, paused: str, status: str, now: datetime, *, late: bool) -> str:
    if status == "resolved":
        return "check"
    if paused:
        return "paused"
    if due is None:
        return "none"
    if late:
        return "overdue"
    if due - now < timedelta(hours=1):
        return "hour"
    zone = timezone.get_current_timezone()
    return "today" if due.astimezone(zone).date() == now.astimezone(zone).date() else "later"


def grouped(lines: Iterable[Row]) -> list[tuple[str, str, list[Row]]]:
    """Rows by the nearest promise: (title, colour, rows); groups without rows are left out."""
    titles = {
        "overdue": (_("Overdue: %(count)s"), "crit"),
        "hour": (_("Less than an hour: %(count)s"), "warn"),
        "today": (_("Today: %(count)s"), ""),
        "later": (_("Later: %(count)s"), ""),
        "none": (_("Without a date: %(count)s"), ""),
        "paused": (_("On hold: %(count)s"), ""),
        "check": (_("Being checked: %(count)s"), ""),
    }
    found: dict[str, list[Row]] = {name: [] for name in titles}
    for line in lines:
        found[line.group].append(line)
    return [(titles[name][0] % {"count": len(rows)}, titles[name][1], rows) for name, rows in found.items() if rows]


# -- preview -------------------------------------------------------------------------------------------------------
def preview_of(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What the pane beside the list shows of a ticket."""
    from otklik.web.workspace import ticket as page

    return page.summary(request, ticket, last=3)


@require_GET
@for_workers
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The pane alone, for the list that stays where it is."""
    ticket = access.ticket_for(viewer(request), number)
    context = {"opened": ticket, "preview": preview_of(request, ticket), "me": frame(request, "")["me"]}
    return render(request, "web/workspace/preview.html", context, using="jinja2")
