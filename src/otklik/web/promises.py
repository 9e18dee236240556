"""What was promised on a ticket, as the pages show it; None where nothing is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from otklik import clock
from otklik.sla import due
from otklik.sla.models import Promise
from otklik.tickets.models import Ticket, TicketQuerySet


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


def of(ticket: Ticket) -> Promises | None:
    """What was promised on this ticket; of answers and updates only the newest of a kind."""
    told = due.for_ticket(ticket)
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
ORDER_COLUMNS = ("near", "near_metric", "near_limit")
FAR = datetime(9999, 1, 1, tzinfo=UTC)


def at_risk(now: datetime) -> Q:
    """Tickets whose nearest promise has passed or passes within the hour."""
    return Q(promise__standing=Promise.Standing.RUNNING, promise__due_at__lt=now + timedelta(hours=1))


def by_nearest(rows: TicketQuerySet, after: str) -> TicketQuerySet:
    """Rows in the order of their nearest promise, those without one last; ``after`` is a keyset of ``keyset``."""
    rows = rows.annotate(
        near=Coalesce("promise__due_at", Value(FAR)), near_metric=Coalesce("promise__metric", Value(""))
    )
    rows = rows.annotate(near_limit=F("promise__breach_at"))
    if after:
        moment_text, _, number = after.partition("~")
        try:
            moment = datetime.fromisoformat(moment_text)
            rows = rows.filter(Q(near__gt=moment) | Q(near=moment, number__gt=int(number)))
        except ValueError:
            pass
    return rows.order_by("near", "number")


def keyset(columns: Sequence[Any], number: int) -> str:
    """Where the next page begins."""
    return f"{columns[0].isoformat()}~{number}"


def of_row(columns: Sequence[Any], status: str, reason: str) -> tuple[datetime | None, str, str]:
    """Due, metric and pause of a row of ``by_nearest``; where an answer is due all the same, nothing rests."""
    near, metric, _limit = columns
    return None if near >= FAR else near, metric, reason if status == "pending" and near >= FAR else ""


def is_past(columns: Sequence[Any], now: datetime | None = None) -> bool:
    """Whether the limit of a row has passed: at the due itself, and while the desk is closed, it has not."""
    near, _metric, limit = columns
    return bool(near < FAR and (limit or near) < (now or clock.now()))
