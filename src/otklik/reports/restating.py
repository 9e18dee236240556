"""What a kept month would be today: was, now, and why, ticket by ticket; the kept figures stay (domain §11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from otklik.reports.figures import AGREED, reportable
from otklik.reports.keeping import items_of, month_of, seen
from otklik.reports.models import Snapshot
from otklik.tickets.access import Viewer
from otklik.tickets.models import Ticket

Why: TypeAlias = Literal[
    "cancelled", "added", "waived", "unwaived", "reclassified", "merge", "dependency", "calendar", "agreement",
    "reopened", "service", "organisation", "priority", "anew",
]  # fmt: skip
PLACES: tuple[Why, ...] = ("service", "organisation", "priority")


@dataclass(frozen=True, slots=True)
class Restated:
    """One difference: ``what`` is a figure ('opened', 'resolution'), or 'cell' for a ticket in another row."""

    ticket: Ticket
    what: str
    was: tuple[Any, ...]
    now: tuple[Any, ...]
    why: Why


def restated(kept: Snapshot, who: Viewer, now: datetime) -> list[Restated]:
    """Differences between a kept month and the same month counted today, for one reader."""
    old = seen(kept, who)
    fresh = items_of(month_of(kept), now)
    hidden = set(kept.items) - set(old)
    moved = [key for key in {*old, *fresh} - hidden if old.get(key) != fresh.get(key)]
    found: list[Restated] = []
    for ticket in reportable(who).filter(pk__in=moved):
        found += _of_ticket(ticket, old.get(str(ticket.pk)), fresh.get(str(ticket.pk)))
    return sorted(found, key=lambda one: one.ticket.number)


NOTHING: dict[str, Any] = {"figures": [], "clocks": [], "cell": None}


def _of_ticket(ticket: Ticket, was: dict[str, Any] | None, now: dict[str, Any] | None) -> Iterator[Restated]:
    old, new = was or NOTHING, now or NOTHING
    gone: Why | None = "cancelled" if ticket.status == "cancelled" else None
    fresh: Why | None = "added" if was is None else None
    if old["cell"] and new["cell"] and old["cell"] != new["cell"]:
        yield Restated(ticket, "cell", tuple(old["cell"]), tuple(new["cell"]), _place(old["cell"], new["cell"]))
    for part in ("opened", "solved"):
        before, after = part in old["figures"], part in new["figures"]
        if before != after:
            why: Why = gone or fresh or ("reopened" if before and part == "solved" else "anew")
            yield Restated(ticket, part, (part,) if before else (), (part,) if after else (), why)
    clocks = {(one["metric"], one["cycle"]): one for one in old["clocks"]}
    today = {(one["metric"], one["cycle"]): one for one in new["clocks"]}
    for key in sorted({*clocks, *today}):
        first, second = clocks.get(key), today.get(key)
        before_parts, after_parts = (tuple(one["parts"]) if one else () for one in (first, second))
        if set(before_parts) - {AGREED} != set(after_parts) - {AGREED}:  # by what it was judged is no figure of its own
            yield Restated(ticket, key[0], before_parts, after_parts, gone or fresh or _cause(first, second, ticket))


def _place(was: list[Any], now: list[Any]) -> Why:
    return next(name for name, a, b in zip(PLACES, was, now, strict=True) if a != b)


def _cause(was: dict[str, Any] | None, now: dict[str, Any] | None, ticket: Ticket) -> Why:
    if now is None:
        return "reopened" if ticket.is_live else "anew"
    if "waived" in now["parts"]:
        return "waived"
    if was is None:
        return "anew"
    if "waived" in was["parts"] and "breached" in now["parts"]:
        return "unwaived"
    if now["breach_cause"] != was["breach_cause"] and now["breach_cause"] in {"reclassified", "merge", "dependency"}:
        cause: Why = now["breach_cause"]
        return cause
    if now["calendar_version"] != was["calendar_version"]:
        return "calendar"
    if now["agreement_version"] != was["agreement_version"]:
        return "agreement"
    return "anew"
