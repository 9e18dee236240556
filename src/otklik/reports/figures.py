"""What a figure of a report means, once: the same question is counted for the table and listed behind it (§11, §15.11).

A ticket that was cancelled is in no figure, and a ticket that the reader may not see is not counted either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db.models import Case, DateTimeField, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from otklik.sla.models import PROMISED, SlaClock
from otklik.tickets.access import Viewer, visible_to
from otklik.tickets.models import Ticket, TicketQuerySet

TICKETS = ("opened", "solved")
PARTS = ("met", "breached", "waived", "reclassified", "merge")
AGREED = "negotiated"  # of the solution alone: kept or broken by a date that the requester agreed to
OVERSEERS = frozenset({"service_manager", "auditor"})
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the zone of the report: the half-open period [start, end)."""

    year: int
    number: int
    zone: tzinfo

    @classmethod
    def named(cls, text: str, zone: tzinfo) -> Month:
        """The month written as ``2026-11``; ValueError where it is none."""
        year, _dash, number = text.partition("-")
        if not (len(year) == 4 and len(number) == 2 and (year + number).isascii() and (year + number).isdigit()):
            raise ValueError(text)
        if int(year) not in YEARS or not 1 <= int(number) <= 12:
            raise ValueError(text)
        return cls(int(year), int(number), zone)

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Month:
        """The month in which an instant lies."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month, zone)

    def moved(self, by: int) -> Month:
        """So many months later or earlier."""
        year, number = divmod(self.year * 12 + self.number - 1 + by, 12)
        return Month(year, number + 1, self.zone)

    @property
    def name(self) -> str:
        """As in the address: ``2026-11``."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, self.number, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.moved(1).start


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: of tickets (no metric), or of the clocks of a metric."""

    part: str
    metric: str = ""

    @classmethod
    def named(cls, text: str) -> Figure:
        """The figure of an address: ``opened``, ``resolution.met``; ValueError where there is none."""
        metric, dot, part = text.rpartition(".")
        if (not dot and part in TICKETS) or (metric in PROMISED and part in parts_of(metric)):
            return cls(part, metric)
        raise ValueError(text)

    @property
    def name(self) -> str:
        """As in the address."""
        return f"{self.metric}.{self.part}" if self.metric else self.part


def parts_of(metric: str) -> tuple[str, ...]:
    """The figures of a metric."""
    return (*PARTS, AGREED) if metric == "resolution" else PARTS


def countable(who: Viewer) -> TicketQuerySet:
    """Tickets that this reader's reports count today."""
    return reportable(who).exclude(status="cancelled")


def reportable(who: Viewer) -> TicketQuerySet:
    """Tickets that a reader's reports may speak of: of own teams, of organisations represented, or all (§12)."""
    rows = visible_to(who)
    if who.rights.roles & OVERSEERS:
        return rows
    mine = Q(team__in=who.rights.teams) | Q(organisation__in=who.rights.organisations)
    return rows.filter(mine) if who.rights.teams or who.rights.organisations else rows.none()


def clocks(tickets: QuerySet[Ticket], month: Month, now: datetime) -> QuerySet[SlaClock]:
    """Clocks of promises to customers decided in the month, with ``decided_at``.

    A promise kept is decided when its clock stopped. A promise broken is decided at the instant of the breach, however
    long the ticket stays open and whether or not anybody has looked at the clock since.
    """
    rows = SlaClock.objects.filter(ticket__in=tickets.order_by().values("pk"), metric__in=PROMISED)
    decided = Case(
        When(outcome="met", then=F("stopped_at")),
        When(broken(now) & Q(negotiated_at__isnull=False), then=F("negotiated_at")),
        When(broken(now), then=Coalesce("breached_at", "breach_at")),
        When(outcome="waived", then=Coalesce("breached_at", "stopped_at")),
        output_field=DateTimeField(),
    )
    return rows.annotate(decided_at=decided).filter(decided_at__gte=month.start, decided_at__lt=month.end)


def broken(now: datetime) -> Q:
    """Clocks whose promise is broken, those among them that ran out since they were last read included."""
    open_ = Q(outcome="", stopped_at=None)
    ran_out = Q(negotiated_at=None, breach_at__lt=now, state__in=("running", "out_of_hours"))
    return Q(outcome="breached") | (open_ & (ran_out | Q(negotiated_at__lt=now)))


def ticket_part(part: str, month: Month) -> Q:
    """Which tickets a figure of tickets counts."""
    field = {"opened": "opened_at", "solved": "resolved_at"}[part]
    inside = Q(**{f"{field}__gte": month.start, f"{field}__lt": month.end})
    return inside & Q(status__in=("resolved", "closed")) if part == "solved" else inside


def clock_part(part: str, now: datetime) -> Q:
    """Which of the decided clocks a figure counts; reclassified and merge are among the broken ones.

    Those judged by an agreed date are among the kept and the broken ones.
    """
    match part:
        case "met" | "waived":
            return Q(outcome=part)
        case "breached":
            return broken(now)
        case "negotiated":
            return Q(negotiated_at__isnull=False) & (Q(outcome="met") | broken(now))
        case _:
            return broken(now) & Q(breach_cause=part)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a figure stands: None counts all of them, 0 those that have none."""

    service: int | None = None
    organisation: int | None = None
    priority: str | None = None

    def condition(self, ticket: str = "") -> Q:
        """Of tickets, or of rows that lead to a ticket by the prefix ``ticket__``."""
        found = Q()
        for name in ("service", "organisation"):
            if (key := getattr(self, name)) is not None:
                found &= Q(**{f"{ticket}{name}": key}) if key else Q(**{f"{ticket}{name}__isnull": True})
        return found & Q(**{f"{ticket}priority": self.priority}) if self.priority else found


def listed_tickets(who: Viewer, month: Month, figure: Figure, cell: Cell) -> QuerySet[Ticket]:
    """The tickets behind a figure of tickets."""
    rows = countable(who).filter(ticket_part(figure.part, month), cell.condition())
    return rows.order_by("-opened_at", "-number")


def listed_clocks(who: Viewer, month: Month, figure: Figure, cell: Cell, now: datetime) -> QuerySet[SlaClock]:
    """The clocks behind a figure of clocks, with their tickets."""
    rows = clocks(countable(who), month, now).filter(clock_part(figure.part, now), cell.condition("ticket__"))
    return rows.filter(metric=figure.metric).select_related("ticket").order_by("-decided_at", "-ticket__number", "pk")
