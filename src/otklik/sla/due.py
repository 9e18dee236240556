"""Promises as pages show them: the nearest in lists here; in full on one ticket, and beforehand, beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import elapsed
from otklik.calendars import shelf
from otklik.sla.beforehand import Ahead, Preview, preview, promised_words
from otklik.sla.lines import Line, Promises, for_ticket
from otklik.sla.models import Promise
from otklik.tickets.models import Ticket

__all__ = [
    "GROUPS",
    "Ahead",
    "Line",
    "Nearest",
    "Preview",
    "Promises",
    "counts",
    "following",
    "for_ticket",
    "group_names",
    "group_of",
    "in_group",
    "is_unwatched",
    "nearest",
    "nearest_first",
    "preview",
    "promised_words",
    "unwatched",
    "why_unwatched",
    "with_clocks",
]

HOUR = timedelta(hours=1)
RUNNING, PAUSED, OVER = Promise.Standing.RUNNING, Promise.Standing.PAUSED, Promise.Standing.OVER

GROUPS = ("overdue", "hour", "today", "later", "paused", "unwatched", "over")


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest promise of a ticket in a list.

    Args:
        kind: face of the clock: ``calm``, ``warn`` (less than an hour), ``crit`` (late), ``pause``, ``met``, or ``""``.
        left: seconds of working time, negative when late; None while it rests or nothing runs.
        metric: which promise; ``update`` is the promised next word.
    """

    group: str
    kind: str
    due_at: datetime | None = None
    left: int | None = None
    metric: str = ""

    @property
    def is_late(self) -> bool:
        """The limit has passed."""
        return self.kind == "crit"


def group_names() -> dict[str, str]:
    """The groups of the queue in order."""
    return {
        "overdue": _("Overdue"),
        "hour": _("Less than an hour"),
        "today": _("Today"),
        "later": _("Later"),
        "paused": _("Paused"),
        "unwatched": _("Unwatched"),
        "over": _("Solved"),
    }


def with_clocks(tickets: Iterable[Ticket], now: datetime | None = None) -> dict[Any, Nearest]:
    """The nearest promise of each ticket, by its id, in one question; none for tickets that have no row."""
    now = now or clock.now()
    zone = timezone.get_current_timezone()
    rows = Promise.objects.filter(ticket__in=[ticket.pk for ticket in tickets])
    return {row.ticket_id: nearest(row, now, zone) for row in rows}


def nearest(row: Promise, now: datetime, zone: tzinfo) -> Nearest:
    """A promise row as a list shows it."""
    group = group_of(row, now, zone)
    if row.standing == OVER:
        return Nearest(group, "met")
    if row.standing == PAUSED:
        return Nearest(group, "pause", metric="resolution")
    if row.standing != RUNNING or row.due_at is None:
        return Nearest(group, "")
    kind = {"overdue": "crit", "hour": "warn"}.get(group, "calm")
    return Nearest(group, kind, row.due_at, _left(row, now), row.metric)


def _left(row: Promise, now: datetime) -> int:
    """Working time from now to the due, or since it, from the calendar of the clock."""
    assert row.due_at is not None
    if row.calendar_version is None:
        return int((row.due_at - now).total_seconds())
    return int(elapsed(shelf.calendar_at(row.calendar_version), now, row.due_at))


def group_of(row: Promise, now: datetime, zone: tzinfo) -> str:
    """Where a ticket stands in the queue."""
    if row.standing == OVER:
        return "over"
    if row.standing == PAUSED:
        return "paused"
    if row.standing != RUNNING or row.due_at is None:
        return "unwatched"
    if now > (row.breach_at or row.due_at):
        return "overdue"
    if row.due_at <= now + HOUR:
        return "hour"
    return "today" if row.due_at < tomorrow(now, zone) else "later"


def tomorrow(now: datetime, zone: tzinfo) -> datetime:
    """The next midnight of the reader."""
    local = now.astimezone(zone) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def in_group(tickets: QuerySet[Ticket], group: str, now: datetime, zone: tzinfo) -> QuerySet[Ticket]:
    """The tickets of one group of the queue."""
    return tickets.filter(_condition(group, now, zone))


def _condition(group: str, now: datetime, zone: tzinfo) -> Q:
    running = Q(promise__standing=RUNNING)
    late = running & Q(promise__breach_at__lt=now)
    soon = running & ~late & Q(promise__due_at__lte=now + HOUR)
    today = running & ~late & Q(promise__due_at__gt=now + HOUR, promise__due_at__lt=tomorrow(now, zone))
    return {
        "overdue": late,
        "hour": soon,
        "today": today,
        "later": running & ~late & Q(promise__due_at__gt=now + HOUR, promise__due_at__gte=tomorrow(now, zone)),
        "paused": Q(promise__standing=PAUSED),
        "unwatched": Q(promise__standing=Promise.Standing.UNWATCHED),
        "over": Q(promise__standing=OVER),
    }[group]


def counts(tickets: QuerySet[Ticket], now: datetime, zone: tzinfo) -> dict[str, int]:
    """How many tickets stand in each group, in one question."""
    asked = {group: Count("pk", filter=_condition(group, now, zone)) for group in GROUPS}
    return dict(tickets.order_by().aggregate(**asked))


def nearest_first(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """In the order of the queue: running by the nearest promise, then paused, then unwatched; with the promise row."""
    return (
        tickets.filter(promise__isnull=False)
        .select_related("promise")
        .order_by("promise__standing", "promise__due_at", "promise__ticket_id")
    )


def following(tickets: QuerySet[Ticket], row: Promise) -> QuerySet[Ticket]:
    """The tickets after one in the order of the queue, for paging by key."""
    later = Q(promise__standing__gt=row.standing)
    same = Q(promise__standing=row.standing)
    if row.due_at is None:
        return tickets.filter(later | (same & Q(promise__due_at=None, promise__ticket_id__gt=row.ticket_id)))
    same_due = Q(promise__due_at=row.due_at, promise__ticket_id__gt=row.ticket_id)
    return tickets.filter(later | (same & (Q(promise__due_at__gt=row.due_at) | Q(promise__due_at=None) | same_due)))


def is_unwatched(now: datetime) -> Q:
    """«Без присмотра»: live, and without a promise, without a service, or on hold past its own date (§2.3)."""
    alone = Q(promise=None) | Q(promise__standing=Promise.Standing.UNWATCHED)
    past = Q(status="pending", promise__pause_ends_at__lt=now)
    return Q(alone | Q(service=None) | past, status__in=("new", "open", "pending"))


def unwatched(tickets: QuerySet[Ticket], now: datetime) -> QuerySet[Ticket]:
    """The tickets among these that nobody watches."""
    return tickets.filter(is_unwatched(now))


def why_unwatched(ticket: Ticket, now: datetime) -> dict[str, str]:
    """The reasons in words, by their names: ``service``, ``agreement``, ``pause``."""
    row = getattr(ticket, "promise", None)
    reasons = {}
    if ticket.service_id is None:
        reasons["service"] = _("no service")
    if row is None or row.standing == Promise.Standing.UNWATCHED:
        reasons["agreement"] = _("no agreement fits")
    if ticket.status == "pending" and row is not None and row.pause_ends_at and row.pause_ends_at < now:
        reasons["pause"] = _("the date of the pause has passed")
    return reasons
