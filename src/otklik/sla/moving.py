"""Running clocks moved to a new version of an agreement or a calendar, a few tickets at a time (domain §4.6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from otklik import clock
from otklik.calendars.models import CalendarVersion
from otklik.jobs import enqueue
from otklik.jobs.models import QueuedJob
from otklik.journal.record import SYSTEM, Actor
from otklik.journal.timeline import heads
from otklik.sla import binding
from otklik.sla.binding import row_of, terms_from
from otklik.sla.clocks import Kept, keep_all, kept_of, moved
from otklik.sla.events import SlaRebound
from otklik.sla.history import MODES, Mode
from otklik.sla.models import AgreementVersion, SlaClock
from otklik.sla.reading import Clock, clocks_of, runs
from otklik.sla.rebinding import Rebinding, stories
from otklik.sla.story import Story, bound_of, second
from otklik.tickets import desk

BATCH = 200  # tickets that one job moves
TOGETHER = 16  # tickets that its first transaction moves; then as many as are written within AIM
MOST = 64
AIM = 0.06  # seconds for which a transaction may hold its tickets: no writer shall wait longer than 0.2
TRIES = 3  # rounds that pass by what others have locked, before one waits for it


def move(key: UUID, version: AgreementVersion, mode: Mode, *, actor: Actor) -> bool:
    """Bind the running clocks of one ticket to a version; a clock that is over is never touched."""
    return move_all([key], version, mode, actor=actor) == 1


def move_all(keys: Sequence[UUID], version: AgreementVersion, mode: Mode, *, actor: Actor) -> int:
    """Bind the running clocks of some tickets to a version, a few in a transaction; says how many moved.

    What to write is computed before anything is locked; a ticket that went on meanwhile is computed again.
    """
    rebinding = Rebinding(version.agreement, [terms_from(target) for target in version.targets.all()], mode)
    return _recorded(keys, lambda story: _rows_of_version(story, rebinding, version), "published", actor)


def _rows_of_version(story: Story, rebinding: Rebinding, version: AgreementVersion) -> list[dict[str, Any]]:
    return [] if any(one.version == version.pk for one in story.bound) else rebinding.rows(story)


RowsFor = Callable[[Story], list[dict[str, Any]]]  # for every metric; those whose clocks go on are taken


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a move writes of one ticket, if its newest entry is still the one of this number."""

    seq: int
    fact: SlaRebound
    kept: Kept


def _recorded(keys: Sequence[UUID], rows_for: RowsFor, cause: str, actor: Actor = SYSTEM) -> int:
    """Record new bindings of tickets and keep their clocks; returns of how many."""
    left, count, size, tries = list(keys), 0, TOGETHER, 0
    while left:
        moment = clock.now()
        plans = _plans(left, rows_for, cause, moment)
        left, waiting, tries = [], list(plans), tries + 1
        while waiting:
            some, waiting = waiting[:size], waiting[size:]
            clock.faultpoint("sla.move")
            began = time.monotonic()
            done = _written({key: plans[key] for key in some}, actor, moment, skip_locked=tries <= TRIES)
            took = time.monotonic() - began
            size = max(1, min(MOST, int(size * min(2.0, AIM / max(took, 0.001))))) if tries <= TRIES else 1
            count += len(done)
            left += [key for key in some if key not in done]  # went on meanwhile, or somebody is at work on it
    return count


@transaction.atomic
def _written(plans: Mapping[UUID, _Plan], actor: Actor, moment: datetime, *, skip_locked: bool) -> set[UUID]:
    """Write what was computed, but of tickets that went on; short, because their rows are locked meanwhile."""
    facts = {key: (plan.seq, [plan.fact]) for key, plan in plans.items()}
    done = set(desk.move_on_all(facts, actor=actor, at=moment, skip_locked=skip_locked))
    keep_all({key: plan.kept for key, plan in plans.items() if key in done})
    return done


def _plans(keys: Sequence[UUID], rows_for: RowsFor, cause: str, moment: datetime) -> dict[UUID, _Plan]:
    """For each ticket that gets a new binding: the binding, what was due and becomes due, its clocks from then on."""
    now = moment.replace(microsecond=0)
    newest = heads("ticket", [str(key) for key in keys])
    found: dict[UUID, _Plan] = {}
    for key, story in stories(keys).items():
        if story.is_resolved or story.is_cancelled:
            continue
        rows = rows_for(story)
        going = _running(clocks_of(story, now, {row["metric"] for row in rows}))
        metrics = {metric for metric, _cycle in going}
        rows = [row for row in rows if row["metric"] in metrics]
        if not rows:
            continue
        seq, at = newest[str(key)]
        _rebind(story, rows, now, seq + 1, second(max(moment, at or moment)))
        told = clocks_of(story)
        after = told if story.read_at == now else clocks_of(story, now, metrics)
        becomes = {key: one for key, one in _running(after).items() if key[0] in metrics}
        dues = moved(_dues(going), _dues(becomes))
        fact = SlaRebound(since=now.isoformat(), bindings=rows, cause=cause, dues=dues)
        found[key] = _Plan(seq, fact, kept_of(key, story, told))
    return found


def _rebind(story: Story, rows: Sequence[dict[str, Any]], now: datetime, seq: int, at: datetime) -> None:
    """Let the story go on as its journal will tell it with the new binding."""
    story.bound += [bound_of(row, now) for row in rows]
    story.bound_seq, story.read_at = seq, max(story.read_at, at)


def _running(clocks: Sequence[Clock]) -> dict[tuple[str, int], Clock]:
    return {one.key: one for one in clocks if runs(one.reading.state) or one.reading.state == "paused"}


def _dues(clocks: Mapping[tuple[str, int], Clock]) -> dict[str, str | None]:
    return {
        metric: one.reading.due_at.isoformat() if one.reading.due_at else None
        for (metric, _cycle), one in clocks.items()
    }


def of_older_versions(version: AgreementVersion) -> QuerySet[SlaClock]:
    """Clocks that are not over and bound to an earlier version of the same agreement."""
    own = [pk for pk in version.agreement.versions.values_list("pk", flat=True) if pk != version.pk]
    return SlaClock.objects.filter(agreement_version__in=own, stopped_at=None)


def left(version: AgreementVersion) -> int:
    """How many running clocks are still of an earlier version."""
    return of_older_versions(version).count()


def to_move(version: AgreementVersion) -> int:
    """How many tickets still wait for the jobs that move them to a version."""
    rows = QueuedJob.objects.filter(task="sla.move", args__version=version.pk)
    return sum(len(args["tickets"]) for args in rows.values_list("args", flat=True))


def enqueue_moves(version: AgreementVersion, mode: str) -> int:
    """Write the jobs that move every running clock of the agreement to its newest version, in batches."""
    if mode not in MODES:
        return 0
    rows = of_older_versions(version).order_by("ticket_id")
    keys = list(rows.values_list("ticket_id", flat=True).distinct())
    for start in range(0, len(keys), BATCH):
        batch = [str(key) for key in keys[start : start + BATCH]]
        enqueue("sla.move", {"version": version.pk, "mode": mode, "tickets": batch})
    return len(keys)


def move_batch(version: int, mode: Mode, tickets: Sequence[str]) -> int:
    """Move a batch; twice does no harm."""
    target = AgreementVersion.objects.select_related("agreement").get(pk=version)
    return move_all([UUID(key) for key in tickets], target, mode, actor=SYSTEM)


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


def recalendar(keys: Sequence[UUID], version: CalendarVersion) -> int:
    """Bind the running clocks of tickets to a calendar's new version; what is spent stays what it was."""
    return _recorded(keys, lambda story: _rows_of_calendar(story, version), "calendar")


def _rows_of_calendar(story: Story, version: CalendarVersion) -> list[dict[str, Any]]:
    held = {one.metric: one for one in story.bound}
    rows = []
    for metric, was in sorted(held.items()):
        if was.target is None or was.calendar == version.pk:
            continue
        if binding.calendar_of_version(was.calendar) == version.calendar_id:
            # The share spent of an equal target is the spent time itself; working days are counted from the start.
            mode = "proportional" if was.unit == "seconds" else "from_start"
            rows.append(row_of(metric, binding.terms_of(was), version.pk, mode))
    return rows
