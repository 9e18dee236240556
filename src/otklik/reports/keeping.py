"""Keeping a closed month: every ticket and clock behind its figures, what they were counted by, a hash (domain §11)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import BooleanField, Case, Q, Value, When

from otklik import clock
from otklik.journal.record import Actor, Subject, canonical, record
from otklik.people.models import Person
from otklik.reports import monthly
from otklik.reports.events import MonthKept
from otklik.reports.figures import AGREED, Cell, Figure, Month, broken, clocks, reportable, ticket_part
from otklik.reports.models import Snapshot
from otklik.sla import verify
from otklik.sla.models import AgreementVersion, SlaClock
from otklik.tickets.access import Viewer
from otklik.tickets.models import Ticket

CAUSES = ("reclassified", "merge")
_CLOCK = ("metric", "cycle", "elapsed", "target", "unit", "agreement_version", "calendar_version", "breach_cause")


class NotOver(ValueError):
    """A month that still runs cannot be kept."""


def items_of(month: Month, now: datetime, only: Iterable[UUID] | None = None) -> dict[str, dict[str, Any]]:
    """What a month consists of, by ticket: where it stands in the table, its figures, its decided clocks.

    Every ticket of the desk, or some of them; who may see which of them is decided when the figures are read.
    """
    tickets = Ticket.objects.exclude(status="cancelled")
    if only is not None:
        tickets = tickets.filter(pk__in=list(only))
    found: dict[str, dict[str, Any]] = {}
    wanted = ("pk", "number", "service", "organisation", "priority")

    def item(key: UUID, number: int, service: int | None, organisation: int | None, priority: str) -> dict[str, Any]:
        cell = [service or 0, organisation or 0, priority]
        return found.setdefault(str(key), {"number": number, "cell": cell, "figures": [], "clocks": []})

    for part in ("opened", "solved"):
        for row in tickets.filter(ticket_part(part, month)).order_by("number").values_list(*wanted):
            item(*row)["figures"].append(part)
    lost = Case(When(broken(now), then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = clocks(tickets, month, now).annotate(lost=lost).order_by("ticket__number", "metric", "cycle")
    where = [f"ticket__{name}" for name in wanted]
    for one in rows.values(*where, *_CLOCK, "outcome", "negotiated_at", "decided_at", "lost"):
        kept = {name: one[name] for name in _CLOCK} | {"decided_at": one["decided_at"].isoformat()}
        kept["parts"] = _parts(one)
        item(*(one[name] for name in where))["clocks"].append(kept)
    return found


def _parts(row: dict[str, Any]) -> list[str]:
    agreed = [AGREED] if row["metric"] == "resolution" and row["negotiated_at"] and row["outcome"] != "waived" else []
    if not row["lost"]:
        return [row["outcome"], *agreed]
    return ["breached", *(cause for cause in CAUSES if row["breach_cause"] == cause), *agreed]


def hash_of(name: str, zone: str, versions: dict[str, Any], items: dict[str, Any]) -> str:
    """SHA-256 over all that is kept, written in one way only."""
    return hashlib.sha256(canonical({"month": name, "zone": zone, "versions": versions, "items": items})).hexdigest()


def is_whole(kept: Snapshot) -> bool:
    """Whether what is kept is what was kept."""
    return hash_of(kept.name, kept.zone, kept.versions, kept.items) == kept.hash


@transaction.atomic
def keep(month: Month, *, person: Person, actor: Actor) -> Snapshot:
    """Keep a month that is over; one that is kept already stays as it is. Raises NotOver."""
    now = clock.now()
    if month.end > now:
        raise NotOver(month.name)
    if (known := Snapshot.objects.filter(name=month.name).first()) is not None:
        return known
    items, versions, zone = items_of(month, now), _versions(), str(month.zone)
    digest = hash_of(month.name, zone, versions, items)
    values = {"zone": zone, "kept_at": now, "kept_by": person, "versions": versions, "items": items, "hash": digest}
    kept, is_new = Snapshot.objects.get_or_create(name=month.name, defaults=values)
    if is_new:
        fact = MonthKept(month=month.name, zone=zone, tickets=len(items), hash=digest)
        record(Subject(kind="report", id=month.name), fact, actor=actor)
    return kept


def _versions() -> dict[str, Any]:
    """What the figures were counted by: newest versions of agreements, engine and time zones, the last comparison."""
    newest = AgreementVersion.objects.order_by("agreement__code", "-number").distinct("agreement__code")
    engine = SlaClock.objects.order_by("-engine_version").values_list("engine_version", "tzdb_version").first()
    run = verify.last_run()
    return {
        "agreements": dict(newest.values_list("agreement__code", "number")),
        "engine": list(engine) if engine else [],
        "verified": [run.ended_at.isoformat(), run.differences] if run else [],
    }


def kept_month(name: str) -> Snapshot | None:
    """The snapshot of a month, if there is one."""
    return Snapshot.objects.filter(name=name).select_related("kept_by").first()


def month_of(kept: Snapshot) -> Month:
    """The month in the zone in which it was counted."""
    return Month.named(kept.name, ZoneInfo(kept.zone))


def seen(kept: Snapshot, who: Viewer) -> dict[str, dict[str, Any]]:
    """The part of a snapshot that a reader's reports may speak of."""
    keys = {str(key) for key in reportable(who).filter(pk__in=list(kept.items)).values_list("pk", flat=True)}
    return {key: item for key, item in kept.items.items() if key in keys}


def table(kept: Snapshot, who: Viewer) -> monthly.Table:
    """The kept figures as one reader may see them."""
    found: dict[monthly.Key, Counter[str]] = {}
    for item in seen(kept, who).values():
        service, organisation, priority = item["cell"]
        found.setdefault((service, organisation, priority), Counter()).update(names_of(item))
    return monthly.table_of(month_of(kept), found)


def names_of(item: dict[str, Any]) -> list[str]:
    """The figures that an item is counted in, one for each time."""
    return [*item["figures"], *(f"{one['metric']}.{part}" for one in item["clocks"] for part in one["parts"])]


@dataclass(frozen=True, slots=True)
class KeptClock:
    """A clock as it was kept, with its ticket of today."""

    ticket: Ticket
    decided_at: datetime
    elapsed: int
    target: int
    unit: str
    breach_cause: str


def listed(kept: Snapshot, who: Viewer, figure: Figure, cell: Cell) -> list[Ticket] | list[KeptClock]:
    """The tickets or clocks behind a kept figure, the newest first."""
    items = {key: item for key, item in seen(kept, who).items() if _inside(item, cell)}
    chosen = {key for key, item in items.items() if figure.name in names_of(item)}
    tickets = {str(one.pk): one for one in Ticket.objects.filter(Q(pk__in=chosen))}
    if not figure.metric:
        return sorted(tickets.values(), key=lambda one: (one.opened_at, one.number), reverse=True)
    rows = [
        KeptClock(
            tickets[key],
            decided_at=datetime.fromisoformat(one["decided_at"]),
            **{name: one[name] for name in ("elapsed", "target", "unit", "breach_cause")},
        )
        for key in chosen
        for one in items[key]["clocks"]
        if one["metric"] == figure.metric and figure.part in one["parts"]
    ]
    return sorted(rows, key=lambda one: (one.decided_at, one.ticket.number), reverse=True)


def _inside(item: dict[str, Any], cell: Cell) -> bool:
    asked = (cell.service, cell.organisation, cell.priority)
    return all(want is None or want == has for want, has in zip(asked, item["cell"], strict=True))
