"""What was promised on a ticket, as the pages show it; None where nothing is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from otklik.journal.record import Recorded
from otklik.sla import due
from otklik.sla.models import Promise
from otklik.tickets.models import Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One promise: ``metric`` 'first_response' or 'resolution', its clock time, and when it was kept, if it was."""

    metric: str
    due: datetime
    kept_at: datetime | None = None
    paused: bool = False
    target: float | None = None  # seconds of working time; None for working days
    words: str = ""  # "in work, 4 h 54 min left"
    within: str = ""  # "30 min", "5 working days"
    is_late: bool = False
    started_at: datetime | None = None
    now_share: float | None = None  # where now stands on the line, per cent

    def is_broken(self, now: datetime) -> bool:
        """Kept too late, or not yet and the limit has passed; the clock says so, not the calendar on the wall."""
        return self.is_late


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """All promises of one ticket, the earliest first."""

    lines: Sequence[Line]
    was_due: datetime | None = None  # the first time given for the solution, where it moved
    shifted: float = 0.0  # seconds by which it moved
    track: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    hours: str = ""  # when the service is supported, in words
    rests: Sequence[Any] = field(default_factory=tuple)  # pauses of the solution's clock, each with its words
    provisional: bool = False  # the date lies in a year whose holidays nobody has confirmed

    def of(self, metric: str) -> Line | None:
        """The promise of one kind."""
        return next((line for line in self.lines if line.metric == metric), None)


SHOWN = ("first_response", "next_response", "periodic_update", "resolution")


def of(ticket: Ticket, journal: Sequence[Recorded] | None = None) -> Promises | None:
    """What was promised on this ticket; of answers and updates only the newest of a kind. ``journal``: if at hand."""
    told = due.for_ticket(ticket, told=journal)
    if told is None:
        return None
    newest = [line for name in SHOWN if (line := told.of(name)) is not None and line.due_at is not None]
    solution = told.of("resolution")
    lines = [
        Line(
            metric=line.metric,
            due=line.due_at,
            kept_at=line.kept_at,
            paused=line.state == "paused",
            target=line.target if line.unit == "seconds" else None,
            words=line.words,
            is_late=line.is_late,
            started_at=line.started_at,
            now_share=line.now_share,
        )
        for line in newest
        if line.due_at is not None and line.state != "cancelled"
    ]
    return Promises(
        lines=lines,
        was_due=told.was_due,
        shifted=told.shifted,
        track=[{"kind": piece.kind, "weight": piece.weight} for piece in solution.pieces] if solution else (),
        hours=told.hours,
        rests=told.rests,
        provisional=told.provisional,
    )


def nearest(tickets: Iterable[Ticket]) -> dict[Any, datetime]:
    """The nearest promise still running for each ticket that has one, in one question."""
    return {key: one.due_at for key, one in due.with_clocks(tickets).items() if one.due_at is not None}


def beforehand(**what: Any) -> Promises | None:
    """What would be promised if the ticket were opened now: ``type``, ``priority``, ``service``, ``organisation``…"""
    what.pop("requester", None)  # the organisation decides, not the person
    told = due.preview(**what)
    if told is None:
        return None
    lines = [
        Line(
            metric=line.metric,
            due=line.due_at,
            target=line.target if line.unit == "seconds" else None,
            within=line.within,
        )
        for line in told.lines
    ]
    return Promises(lines=lines, hours=told.hours, provisional=told.provisional)


def next_word(ticket: Ticket, running: datetime | None) -> datetime | None:
    """When the requester hears from us next: the explicit promise, else the nearest running one (domain.md §2.1)."""
    if ticket.status not in {"new", "open", "pending"}:
        return None
    return ticket.promised_until or running


# -- lists -----------------------------------------------------------------------------------------------------------
ORDER_COLUMNS = ("promise__standing", "promise__due_at", "promise__breach_at", "promise__metric")
_RUNNING, _PAUSED = Promise.Standing.RUNNING, Promise.Standing.PAUSED


def at_risk(now: datetime) -> Q:
    """Tickets whose nearest running promise has passed or passes within the hour."""
    return Q(promise__standing=_RUNNING, promise__due_at__lt=now + timedelta(hours=1))


def overdue(now: datetime) -> Q:
    """Tickets whose nearest running promise is broken, as `of_row` says it."""
    late = Q(promise__breach_at__lt=now) | Q(promise__breach_at=None, promise__due_at__lt=now)
    return Q(promise__standing=_RUNNING, promise__due_at__isnull=False) & late


def by_nearest(rows: QuerySet[Ticket], after: str) -> QuerySet[Ticket]:
    """Rows by their nearest promise, then the paused, then those without; ``after`` is the ticket before the page."""
    rows = rows.order_by("promise__standing", F("promise__due_at").asc(nulls_last=True), "pk")
    try:
        last = Promise.objects.filter(ticket=UUID(after)).first() if after else None
    except ValueError:
        last = None
    return due.following(rows, last) if last is not None else rows


def of_row(columns: Sequence[Any], status: str, reason: str, now: datetime) -> tuple[datetime | None, str, str, bool]:
    """Due, metric, pause and lateness of a row; at the due itself, and while the desk is closed, nothing is late."""
    standing, due_at, breach_at, metric = columns
    if standing == _RUNNING:
        return due_at, metric, "", bool(due_at and (breach_at or due_at) < now)
    return None, metric or "", (reason or "paused") if standing == _PAUSED or status == "pending" else "", False
