"""The monthly table, its files, and the list behind each figure (screen 07)."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from otklik import clock
from otklik.people.access import may
from otklik.people.doors import needs
from otklik.reports import exports, keeping, monthly
from otklik.reports.figures import Cell, Figure, Month, listed_clocks, listed_tickets, parts_of
from otklik.reports.models import Snapshot
from otklik.sla import phrases, verify
from otklik.ui import wording
from otklik.web.portal import frame as portal
from otklik.web.reports.kept import shown
from otklik.web.visit import viewer
from otklik.web.workspace import frame as workspace

ACT = "reports.see"
PAGE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(ACT)
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """The month that runs, or the one chosen in the form."""
    asked = request.GET.get("month", "")
    chosen = _month(asked) if asked else Month.of(clock.now(), timezone.get_current_timezone())
    return HttpResponseRedirect(reverse("reports:month", args=[chosen.name]))


@needs(ACT)
@require_GET
def month(request: HttpRequest, name: str) -> HttpResponse:
    """The table of a month."""
    found, now, who = _month(name), clock.now(), viewer(request)
    kept = keeping.kept_month(name)
    if kept is not None:
        found = keeping.month_of(kept)
    context = {
        "table": keeping.table(kept, who) if kept else monthly.table(who, found, now),
        "kept": shown(kept, who, now) if kept else None,
        "may_keep": kept is None and found.end <= now and may(who.rights, "reports.keep"),
        "month": found,
        "month_name": month_name(found),
        "is_running": found.start <= now < found.end,
        "zone": str(found.zone),
        "previous": found.moved(-1),
        "next": found.moved(1) if found.end <= now else None,
        "verified": verified(),
        "part_name": monthly.part_name,
        "further": lambda metric: parts_of(metric)[2:],
        "metric_name": phrases.metric_name,
        "priority_name": priority_name,
        "link": lambda figure, cell: _link(found, figure, cell),
        "now": now,
        "ticket_page": _ticket_page(request),
    }
    return _show(request, "web/reports/month.html", context)


@needs(ACT)
@require_GET
def listed(request: HttpRequest, name: str, figure: str) -> HttpResponse:
    """The tickets, or the promises on tickets, that a figure counts: as many as it says."""
    found, who, cell = _month(name), viewer(request), _cell(request)
    try:
        what = Figure.named(figure)
    except ValueError as error:
        raise Http404 from error
    kept = keeping.kept_month(name)
    rows: Any
    if kept is not None:
        found, rows = keeping.month_of(kept), keeping.listed(kept, who, what, cell)
    elif what.metric:
        rows = listed_clocks(who, found, what, cell, clock.now())
    else:
        rows = listed_tickets(who, found, what, cell)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    title = monthly.part_name(what.part)
    context = {
        "title": f"{phrases.metric_name(what.metric)}: {title}" if what.metric else title,
        "month": found,
        "month_name": month_name(found),
        "of_clocks": bool(what.metric),
        "page": page,
        "rows": list(page),
        "amount": phrases.amount,
        "causes": what.metric and what.part != "met",
        "cause_name": phrases.cause_name,
        "ticket_page": _ticket_page(request),
    }
    return _show(request, "web/reports/list.html", context)


@needs(ACT)
@require_GET
def as_csv(request: HttpRequest, name: str) -> HttpResponse:
    """The table as CSV."""
    found, _kept, table = _table(request, name)
    body = exports.as_csv(table)
    return _file(body, "text/csv; charset=utf-8", f"otklik-{found.name}.csv")


@needs(ACT)
@require_GET
def as_xlsx(request: HttpRequest, name: str) -> HttpResponse:
    """The table as a workbook."""
    found, kept, table = _table(request, name)
    counted_at = kept.kept_at if kept else clock.now()
    about = [
        (_("Month"), month_name(found)),
        (_("Time zone"), str(found.zone)),
        (_("Counted at"), wording.full_moment(counted_at, found.zone)),
        (_("Clocks checked"), verified()),
    ]
    if kept:
        about.append(("SHA-256", kept.hash))
    body = exports.as_xlsx(table, about)
    return _file(body, XLSX, f"otklik-{found.name}.xlsx")


def _ticket_page(request: HttpRequest) -> str:
    return "workspace:ticket" if may(viewer(request).rights, "queue.see") else "portal:request"


def _table(request: HttpRequest, name: str) -> tuple[Month, Snapshot | None, monthly.Table]:
    """The month with its figures: those that were kept, else those of now."""
    found, kept = _month(name), keeping.kept_month(name)
    if kept is None:
        return found, None, monthly.table(viewer(request), found, clock.now())
    return keeping.month_of(kept), kept, keeping.table(kept, viewer(request))


def _file(body: bytes, type_: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(body, content_type=type_, headers=headers)


def _month(name: str) -> Month:
    try:
        return Month.named(name, timezone.get_current_timezone())
    except ValueError as error:
        raise Http404 from error


def _cell(request: HttpRequest) -> Cell:
    """Where in the table, from the address; 404 where that is no place of it."""
    asked = {name: request.GET.get(name, "") for name in ("service", "organisation")}
    priority = request.GET.get("priority", "")
    if any(value and not (value.isascii() and value.isdigit() and len(value) < 10) for value in asked.values()):
        raise Http404
    if priority not in {"", "P1", "P2", "P3", "P4"}:
        raise Http404
    keys = {name: int(value) if value else None for name, value in asked.items()}
    return Cell(keys["service"], keys["organisation"], priority or None)


def _link(found: Month, figure: str, cell: Cell) -> str:
    address = reverse("reports:list", args=[found.name, figure])
    if cell.service is None:
        return address
    return f"{address}?service={cell.service}&organisation={cell.organisation}&priority={cell.priority}"


def month_name(found: Month) -> str:
    """«Ноябрь 2026»."""
    return f"{MONTHS[found.number]} {found.year}".capitalize()


def priority_name(priority: str) -> str:
    """«2» of «P2», as tickets show it; nothing in the row that adds up."""
    return priority.removeprefix("P")


def verified() -> str:
    """When the clocks were last compared with the journal, and how many differences there were."""
    run = verify.last_run()
    if run is None:
        return _("The clocks have not been compared with the journal yet.")
    when = wording.full_moment(run.ended_at, timezone.get_current_timezone())
    counted = ngettext("%(count)s ticket", "%(count)s tickets", run.tickets) % {"count": run.tickets}
    found = ngettext("%(count)s difference", "%(count)s differences", run.differences) % {"count": run.differences}
    return _("Clocks compared with the journal: %(when)s; %(tickets)s, %(differences)s.") % {
        "when": when,
        "tickets": counted,
        "differences": found,
    }


def _show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """In the workspace for those who have a queue, in the portal for others."""
    if may(viewer(request).rights, "queue.see"):
        around = workspace.frame(request, "reports") | {"base": "ui/workspace.html"}
    else:
        around = portal.frame(request, "reports") | {"base": "ui/portal.html"}
    return render(request, template, around | context, using="jinja2")
