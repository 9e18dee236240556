"""Running clocks under a new version: what was due and becomes due, and the move, ticket by ticket (domain §4.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from otklik import clock
from otklik.calendars.models import CalendarVersion
from otklik.jobs import enqueue
from otklik.journal.record import SYSTEM, Actor, Subject
from otklik.sla import binding
from otklik.sla.binding import newest_versions, row_of, select, terms_from
from otklik.sla.clocks import keep, moved
from otklik.sla.events import SlaRebound
from otklik.sla.history import MODES, Mode
from otklik.sla.instances import instances
from otklik.sla.models import Agreement, AgreementVersion, SlaClock, Target
from otklik.sla.reading import Clock, runs, story_of
from otklik.sla.selection import Terms
from otklik.sla.story import Story, bound_of
from otklik.sla.targets import read
from otklik.tickets import desk
from otklik.tickets.models import Ticket

SHOWN = 200  # tickets that a preview reads; the count is of all
BATCH = 200  # tickets that one job moves, each in its own transaction


@dataclass(frozen=True, slots=True)
class Move:
    """One running clock: what was due, what becomes due, and whether it would be late at once."""

    number: int
    subject: str
    priority: str
    metric: str
    was: datetime | None
    becomes: datetime | None
    late_at_once: bool

    @property
    def earlier(self) -> bool:
        """The date comes nearer."""
        return self.was is not None and self.becomes is not None and self.becomes < self.was


@dataclass(frozen=True, slots=True)
class Preview:
    """What a publication would do: ``running`` clocks in all, those of the first tickets in full."""

    running: int
    moves: Sequence[Move]
    same: int
    whole: bool  # every running clock was read

    @property
    def earlier(self) -> int:
        """Clocks whose date comes nearer."""
        return sum(move.earlier for move in self.moves)

    @property
    def late(self) -> int:
        """Clocks that would be late at once."""
        return sum(move.late_at_once for move in self.moves)


def running(agreement: Agreement) -> QuerySet[SlaClock]:
    """Clocks that are not over, bound to any version of an agreement."""
    versions = list(agreement.versions.values_list("pk", flat=True))
    return SlaClock.objects.filter(agreement_version__in=versions, stopped_at=None)


def preview(agreement: Agreement, drafts: Sequence[Target], mode: Mode) -> Preview:
    """Read the running clocks under unsaved targets, those due first; nothing is written."""
    now = clock.now().replace(microsecond=0)
    count = running(agreement).count()
    keys = list(dict.fromkeys(running(agreement).order_by("due_at").values_list("ticket_id", flat=True)[: SHOWN * 4]))
    tickets = Ticket.objects.in_bulk(keys[:SHOWN])
    terms = [replace(terms_from(target), id=-number) for number, target in enumerate(drafts, 1)]
    moves: list[Move] = []
    same = 0
    for key in keys[:SHOWN]:
        for move, differs in _moves(tickets[key], agreement, terms, mode, now):
            if differs:
                moves.append(move)
            else:
                same += 1
    return Preview(count, moves, same, whole=len(keys) <= SHOWN and count <= SHOWN * 4)


def _moves(
    ticket: Ticket, agreement: Agreement, terms: Sequence[Terms], mode: Mode, now: datetime
) -> Iterator[tuple[Move, bool]]:
    story = story_of(Subject(kind="ticket", id=str(ticket.pk)))
    was = _running(story, now, ())
    rows = rows_for(story, agreement, terms, mode)
    story.bound += [bound_of(row, now) for row in rows]
    becomes = _running(story, now, terms)
    for key in was:
        before, after = was[key].reading, becomes[key].reading if key in becomes else None
        due = after.due_at if after else None
        late = bool(after and after.breached_at and not before.breached_at)
        move = Move(ticket.number, ticket.subject, ticket.priority, key[0], before.due_at, due, late)
        yield move, before.due_at != due or late


def _running(story: Story, now: datetime, drafts: Sequence[Terms]) -> dict[tuple[str, int], Clock]:
    known = {terms.id: terms for terms in drafts}
    found = instances(
        story,
        lambda bound: known[bound.target] if bound.target in known else binding.terms_of(bound),
        binding.calendar_of,
    )
    clocks = [Clock(one, read(one.history, now)) for one in found]
    return {one.key: one for one in clocks if runs(one.reading.state) or one.reading.state == "paused"}


def rows_for(story: Story, agreement: Agreement, terms: Sequence[Terms], mode: Mode) -> list[dict[str, Any]]:
    """Bindings that a version of an agreement gives a ticket as it is now, for the metrics that it changes."""
    own = set(agreement.versions.values_list("pk", flat=True))
    others = [one for one in binding.in_force_for(story) if one.version not in own]
    held = {one.metric: one for one in story.bound}
    rows = []
    chosen = select([*others, *terms], story.points[-1])
    pins = newest_versions(one.calendar for one in chosen.values() if one.calendar)
    for metric, one in chosen.items():
        was, won = held.get(metric), one.choice.won
        if won is None or won not in terms or one.calendar is None:
            continue
        same = was and (was.value, was.unit) == (won.value, won.unit)
        if was and same and binding.calendar_of_version(was.calendar) == one.calendar and was.target == won.id:
            continue
        rows.append(row_of(metric, won, pins[one.calendar], mode))
    return rows


@transaction.atomic
def move(key: UUID, version: AgreementVersion, mode: Mode, *, actor: Actor) -> bool:
    """Bind the running clocks of one ticket to a version; a clock that is over is never touched."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    if not ticket.is_live:
        return False
    now = clock.now().replace(microsecond=0)
    story = story_of(Subject(kind="ticket", id=str(key)))
    if any(one.version == version.pk for one in story.bound):
        return False
    terms = [terms_from(target) for target in version.targets.all()]
    going = {metric for metric, _cycle in _running(story, now, ())}
    rows = [row for row in rows_for(story, version.agreement, terms, mode) if row["metric"] in going]
    if not rows:
        return False
    before = _dues(story, now)
    story.bound += [bound_of(row, now) for row in rows]
    fact = SlaRebound(since=now.isoformat(), bindings=rows, cause="published", dues=moved(before, _dues(story, now)))
    desk.move_on(ticket, fact, actor=actor)
    keep(key, story_of(Subject(kind="ticket", id=str(key))))
    return True


def _dues(story: Story, now: datetime) -> dict[str, str | None]:
    return {
        metric: one.reading.due_at.isoformat() if one.reading.due_at else None
        for (metric, _cycle), one in _running(story, now, ()).items()
    }


def enqueue_moves(version: AgreementVersion, mode: str) -> int:
    """Write the jobs that move every running clock of the agreement to its newest version, in batches."""
    if mode not in MODES:
        return 0
    own = [pk for pk in version.agreement.versions.values_list("pk", flat=True) if pk != version.pk]
    rows = SlaClock.objects.filter(agreement_version__in=own, stopped_at=None).order_by("ticket_id")
    keys = list(rows.values_list("ticket_id", flat=True).distinct())
    for start in range(0, len(keys), BATCH):
        batch = [str(key) for key in keys[start : start + BATCH]]
        enqueue("sla.move", {"version": version.pk, "mode": mode, "tickets": batch})
    return len(keys)


def move_batch(version: int, mode: Mode, tickets: Sequence[str]) -> int:
    """Move a batch, each ticket in a transaction of its own; twice does no harm."""
    target = AgreementVersion.objects.select_related("agreement").get(pk=version)
    return sum(move(UUID(key), target, mode, actor=SYSTEM) for key in tickets)


# -- a new version of a calendar -------------------------------------------------------------------------------------
def enqueue_recalendar(version: CalendarVersion) -> int:
    """Write the jobs that bind running clocks of a calendar to its new version, which changes only dates to come."""
    old = version.calendar.versions.filter(number__lt=version.number).values_list("pk", flat=True)
    rows = SlaClock.objects.filter(calendar_version__in=list(old), stopped_at=None).order_by("ticket_id")
    keys = list(rows.values_list("ticket_id", flat=True).distinct())
    for start in range(0, len(keys), BATCH):
        batch = [str(key) for key in keys[start : start + BATCH]]
        enqueue("sla.recalendar", {"version": version.pk, "tickets": batch})
    return len(keys)


@transaction.atomic
def recalendar(key: UUID, version: CalendarVersion) -> bool:
    """Bind the running clocks of one ticket to a calendar's new version; what is spent stays what it was."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    now = clock.now().replace(microsecond=0)
    story = story_of(Subject(kind="ticket", id=str(key)))
    going = {metric for metric, _cycle in _running(story, now, ())}
    held = {one.metric: one for one in story.bound}
    rows = []
    for metric in sorted(going):
        was = held[metric]
        if was.target is None or was.calendar == version.pk:
            continue
        if binding.calendar_of_version(was.calendar) == version.calendar_id:
            # The share spent of an equal target is the spent time itself; working days are counted from the start.
            mode = "proportional" if was.unit == "seconds" else "from_start"
            rows.append(row_of(metric, binding.terms_of(was), version.pk, mode))
    if not rows:
        return False
    before = _dues(story, now)
    story.bound += [bound_of(row, now) for row in rows]
    fact = SlaRebound(since=now.isoformat(), bindings=rows, cause="calendar", dues=moved(before, _dues(story, now)))
    desk.move_on(ticket, fact, actor=SYSTEM)
    keep(key, story_of(Subject(kind="ticket", id=str(key))))
    return True
