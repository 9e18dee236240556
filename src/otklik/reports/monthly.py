"""The monthly table: service × organisation × priority, with a row that adds it up (domain.md §11)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik.catalogue.models import Service
from otklik.people.models import Organisation
from otklik.reports.figures import (
    AGREED,
    PARTS,
    TICKETS,
    Cell,
    Month,
    clock_part,
    clocks,
    countable,
    parts_of,
    ticket_part,
)
from otklik.sla.models import PROMISED
from otklik.tickets.access import Viewer

Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; ``figures`` by their names, such as ``resolution.met``."""

    cell: Cell
    service: str
    organisation: str
    priority: str
    figures: Counter[str] = field(default_factory=Counter)

    def of(self, name: str) -> int:
        """One figure."""
        return self.figures[name]

    def decided(self, metric: str) -> int:
        """n: how many promises of a metric were kept or broken."""
        return self.figures[f"{metric}.met"] + self.figures[f"{metric}.breached"]

    def share(self, metric: str) -> float | None:
        """Per cent kept, cut off after one digit, never rounded up; None where nothing was decided."""
        decided = self.decided(metric)
        return self.figures[f"{metric}.met"] * 1000 // decided / 10 if decided else None


@dataclass(frozen=True, slots=True)
class Table:
    """A month as one reader may see it."""

    month: Month
    rows: list[Row]
    total: Row
    metrics: list[str]


def table(who: Viewer, month: Month, now: datetime) -> Table:
    """Count the month: four questions, however many rows it has."""
    return table_of(month, _counted(who, month, now))


def table_of(month: Month, found: dict[Key, Counter[str]]) -> Table:
    """The table of figures that were counted, or kept, by service, organisation and priority."""
    names = _names(found)
    rows = [_row(key, figures, names) for key, figures in found.items()]
    rows.sort(key=lambda row: (row.service.casefold(), row.organisation.casefold(), row.priority))
    total = Row(Cell(), _("In all"), "", "")
    for row in rows:
        total.figures.update(row.figures)
    shown = [metric for metric in PROMISED if any(total.of(f"{metric}.{part}") for part in PARTS)]
    return Table(month, rows, total, shown or ["first_response", "resolution"])


def _counted(who: Viewer, month: Month, now: datetime) -> dict[Key, Counter[str]]:
    found: dict[Key, Counter[str]] = {}

    def add(one: dict[str, Any], prefix: str, names: dict[str, str]) -> None:
        key = (one[f"{prefix}service"] or 0, one[f"{prefix}organisation"] or 0, one[f"{prefix}priority"])
        figures = {name: one[column] for column, name in names.items() if one[column]}
        if figures:
            found.setdefault(key, Counter()).update(figures)

    tickets = countable(who)
    counts = {f"n_{part}": Count("pk", filter=ticket_part(part, month)) for part in TICKETS}
    for one in tickets.order_by().values("service", "organisation", "priority").annotate(**counts):
        add(one, "", {f"n_{part}": part for part in TICKETS})
    by = ("ticket__service", "ticket__organisation", "ticket__priority", "metric")
    counts = {f"n_{part}": Count("pk", filter=clock_part(part, now)) for part in (*PARTS, AGREED)}
    for one in clocks(tickets, month, now).order_by().values(*by).annotate(**counts):
        add(one, "ticket__", {f"n_{part}": f"{one['metric']}.{part}" for part in parts_of(one["metric"])})
    return found


def _names(found: dict[Key, Counter[str]]) -> tuple[dict[int, str], dict[int, str]]:
    services = Service.objects.in_bulk([service for service, _organisation, _priority in found if service])
    organisations = Organisation.objects.in_bulk([one for _service, one, _priority in found if one])
    return (
        {0: _("No service")} | {key: one.name for key, one in services.items()},
        {0: _("No organisation")} | {key: one.name for key, one in organisations.items()},
    )


def _row(key: Key, figures: Counter[str], names: tuple[dict[int, str], dict[int, str]]) -> Row:
    service, organisation, priority = key
    where = Cell(service, organisation, priority)
    return Row(where, names[0][service], names[1][organisation], priority, figures)


def part_name(part: str) -> str:
    """The heading of a figure."""
    return {
        "opened": pgettext("figure", "Opened"),
        "solved": pgettext("figure", "Solved"),
        "met": pgettext("figure", "Kept"),
        "breached": pgettext("figure", "Broken"),
        "waived": pgettext("figure", "Waived"),
        "reclassified": pgettext("figure", "By a changed target"),
        "merge": pgettext("figure", "By a merge"),
        "negotiated": pgettext("figure", "By an agreed date"),
    }[part]
