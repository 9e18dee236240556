"""Running clocks moved to a new version of an agreement or a calendar, a few tickets at a time (domain §4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from otklik.journal.timeline import seqs
from otklik.sla import binding
from otklik.sla.binding import row_of, terms_from
from otklik.sla.clocks import keep_all, moved
from otklik.sla.events import SlaRebound
from otklik.sla.history import MODES, Mode
from otklik.sla.models import AgreementVersion, SlaClock
from otklik.sla.previewing import after
from otklik.sla.reading import Clock, clocks_of, runs
from otklik.sla.rebinding import Rebinding, stories
from otklik.sla.story import Story
from otklik.tickets import desk

BATCH = 200  # tickets that one job moves
TOGETHER = 40  # tickets that one transaction moves: short, so that no writer waits for long


def move(key: UUID, version: AgreementVersion, mode: Mode, *, actor: Actor) -> bool:
    """Bind the running clocks of one ticket to a version; a clock that is over is never touched."""
    return move_all([key], version, mode, actor=actor) == 1


def move_all(keys: Sequence[UUID], version: AgreementVersion, mode: Mode, *, actor: Actor) -> int:
    """Bind the running clocks of some tickets to a version, all of them in one transaction; says how many moved.

    What to write is computed before anything is locked; a ticket that went on meanwhile is computed again.
    """
    rebinding = Rebinding(version.agreement, [terms_from(target) for target in version.targets.all()], mode)
    return _recorded(keys, lambda story, going: _rows_of_version(story, rebinding, version, going), "published", actor)


def _rows_of_version(
    story: Story, rebinding: Rebinding, version: AgreementVersion, going: set[str]
) -> list[dict[str, Any]]:
    if any(one.version == version.pk for one in story.bound):
        return []
    return [row for row in rebinding.rows(story) if row["metric"] in going]


RowsFor = Callable[[Story, set[str]], list[dict[str, Any]]]  # for the metrics whose clocks go on


def _recorded(keys: Sequence[UUID], rows_for: RowsFor, cause: str, actor: Actor = SYSTEM) -> int:
    """Record new bindings of tickets and keep their clocks; returns of how many."""
    left, count = list(keys), 0
    while left:
        now = clock.now().replace(microsecond=0)
        seen = seqs("ticket", [str(key) for key in left])
        facts = _facts(left, rows_for, cause, now)
        if not facts:
            return count
        clock.faultpoint("sla.move")
        with transaction.atomic():
            done = desk.move_on_all({key: (seen[str(key)], [fact]) for key, fact in facts.items()}, actor=actor)
            keep_all(stories(done))
        count += len(done)
        left = [key for key in facts if key not in done]  # went on meanwhile
    return count


def _facts(keys: Sequence[UUID], rows_for: RowsFor, cause: str, now: datetime) -> dict[UUID, SlaRebound]:
    """The new binding of each ticket that gets one, with what was due and becomes due."""
    found: dict[UUID, SlaRebound] = {}
    for key, story in stories(keys).items():
        if story.is_resolved or story.is_cancelled:
            continue
        going = _running(story, now)
        rows = rows_for(story, {metric for metric, _cycle in going})
        if not rows:
            continue
        changed = {row["metric"] for row in rows}
        kept = {key: one for key, one in going.items() if key[0] not in changed}
        before, becomes = _dues(going), _dues(kept | after(story, rows, (), now))
        found[key] = SlaRebound(since=now.isoformat(), bindings=rows, cause=cause, dues=moved(before, becomes))
    return found


def _running(story: Story, now: datetime) -> dict[tuple[str, int], Clock]:
    found = {one.key: one for one in clocks_of(story, now)}
    return {key: one for key, one in found.items() if runs(one.reading.state) or one.reading.state == "paused"}


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
    """Move a batch, a few tickets in a transaction; twice does no harm."""
    target = AgreementVersion.objects.select_related("agreement").get(pk=version)
    keys = [UUID(key) for key in tickets]
    return sum(
        move_all(keys[start : start + TOGETHER], target, mode, actor=SYSTEM) for start in range(0, len(keys), TOGETHER)
    )


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
    return sum(
        _recorded(
            keys[start : start + TOGETHER], lambda story, going: _rows_of_calendar(story, version, going), "calendar"
        )
        for start in range(0, len(keys), TOGETHER)
    )


def _rows_of_calendar(story: Story, version: CalendarVersion, going: set[str]) -> list[dict[str, Any]]:
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
    return rows
