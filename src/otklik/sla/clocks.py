"""The front door of the promises: bind a ticket's clocks to targets, read them from its journal, and keep the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeAlias
from uuid import UUID

from otklik.businesstime import TZDB_VERSION
from otklik.journal import bulk
from otklik.journal.record import Event, Recorded, Subject
from otklik.journal.timeline import entries
from otklik.sla import binding
from otklik.sla.alarms import Threshold, alarms
from otklik.sla.events import SlaBound, SlaRebound
from otklik.sla.joining import extract
from otklik.sla.models import PROMISED, Promise, SlaClock
from otklik.sla.reading import Clock, clocks_of, runs
from otklik.sla.story import KINDS, Story, bound_of, joined_of, tell
from otklik.sla.targets import ENGINE_VERSION

Row: TypeAlias = SlaClock | SimpleNamespace  # a row, stored or with the same names

BREACH = "breach"  # key of the alarm that says so

_heard: ContextVar[tuple[str, int]] = ContextVar("heard", default=("", 0))


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to tell about a clock at an instant; ``step`` is the rung of the ladder as the target states it."""

    threshold: str
    binding: int
    at: datetime
    step: dict[str, Any]


# -- in the transaction of the change -------------------------------------------------------------------------------
def hear(recorded: Recorded) -> list[Event]:
    """Bind anew what a fact made necessary, and keep the clocks; a later fact of the same change finds it done."""
    subject, upto = _heard.get()
    if subject == recorded.subject.id and recorded.entry <= upto:
        return []
    told = entries(recorded.subject, kinds=KINDS)
    _heard.set((recorded.subject.id, told[-1].entry))
    story = tell(told)
    facts = [*_join(recorded.subject.kind, story), *bind(story)]
    keep(UUID(recorded.subject.id), story)
    return facts


def _join(kind: str, story: Story) -> list[Event]:
    """What tickets that were just merged into this one bring; the story knows it from now on."""
    facts = [extract(source, tell(entries(Subject(kind=kind, id=source), kinds=KINDS))) for source in story.to_join]
    story.merges += [joined_of(fact) for fact in facts]
    story.to_join = []
    return [*facts]


def bind(story: Story) -> list[Event]:
    """Facts about bindings that the story asks for; the story knows them from now on."""
    facts: list[Event] = []
    for point, rows in binding.changes(story):
        opening = not story.bound
        before = {} if opening else _dues(story, point.at)
        story.bound += [bound_of(row, point.at) for row in rows]
        since = point.at.isoformat()
        if opening:
            facts.append(SlaBound(since=since, bindings=rows))
        else:
            facts.append(
                SlaRebound(since=since, bindings=rows, cause="changed", dues=moved(before, _dues(story, point.at)))
            )
    return facts


def _dues(story: Story, at: datetime) -> dict[str, str | None]:
    """What is due when, for the clocks that run at an instant."""
    return {
        clock.instance.metric: clock.reading.due_at.isoformat() if clock.reading.due_at else None
        for clock in clocks_of(story, at)
        if clock.reading.state not in {"stopped", "cancelled"}
    }


def moved(before: dict[str, str | None], after: dict[str, str | None]) -> dict[str, list[str | None]]:
    """Dates that differ, each as [was, is]."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [before.get(name), after.get(name)] for name in names}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be stored of one ticket; ``may_lose``: a clock stored earlier may be none any more."""

    rows: list[SimpleNamespace]
    promise: Promise
    may_lose: bool


def keep(ticket: UUID, story: Story) -> None:
    """Write the rows of a ticket's clocks and its promise, as they read at its last relevant fact."""
    keep_all({ticket: kept_of(ticket, story)})


def kept_of(ticket: UUID, story: Story, read: Sequence[Clock] | None = None) -> Kept:
    """The rows of a ticket's clocks and its promise; ``read``: its clocks at its last relevant fact, if at hand."""
    told = clocks_of(story) if read is None else read
    rows = [SimpleNamespace(ticket_id=ticket, **_values(story, clock)) for clock in told]
    return Kept(rows, promise_of(ticket, story, rows), _may_lose_clocks(story))


def keep_all(kept: Mapping[UUID, Kept]) -> None:
    """Write what is to be stored of many tickets, in a few statements."""
    for ticket, one in kept.items():
        if one.may_lose:
            _lose(ticket, {(row.metric, row.cycle) for row in one.rows})
    rows = [vars(row) for one in kept.values() for row in one.rows]
    bulk.keep(SlaClock, rows, unique=("ticket_id", "metric", "cycle"))
    promises = [{name: getattr(one.promise, name) for name in _PROMISE} for one in kept.values()]
    bulk.keep(Promise, promises, unique=("ticket_id",))


_PROMISE = tuple(field.attname for field in Promise._meta.concrete_fields)


def _lose(ticket: UUID, alive: set[tuple[str, int]]) -> None:
    rows = SlaClock.objects.filter(ticket=ticket).values_list("pk", "metric", "cycle")
    if gone := [pk for pk, metric, cycle in rows if (metric, cycle) not in alive]:
        SlaClock.objects.filter(pk__in=gone).delete()


def _may_lose_clocks(story: Story) -> bool:
    return bool(story.resolved or story.cancelled) or any(one.target is None for one in story.bound)


def rows_of(ticket: UUID, story: Story) -> list[SlaClock]:
    """The rows as they must be stored."""
    return [SlaClock(ticket_id=ticket, **values) for values in values_of(story)]


def values_of(story: Story) -> list[dict[str, Any]]:
    """Metric, cycle and everything else of the rows as they must be stored."""
    return [_values(story, clock) for clock in clocks_of(story)]


def _values(story: Story, clock: Clock) -> dict[str, Any]:
    one, reading = clock.instance, clock.reading
    lapsed = one.lapsed and reading.state == "cancelled"
    return {
        "metric": one.metric,
        "cycle": one.cycle,
        "team": one.team,
        "target_id": one.terms.id,
        "agreement_version": one.bound.version,
        "calendar_version": one.bound.calendar,
        "started_at": one.history.anchor,
        "stopped_at": one.history.stop,
        "elapsed": int(reading.elapsed),
        "target": reading.target,
        "unit": reading.unit,
        "due_at": reading.due_at,
        "breach_at": reading.breach_at,
        "breached_at": reading.breached_at,
        "state": "not_applicable" if lapsed else reading.state,
        "outcome": "not_applicable" if lapsed else reading.outcome or "",
        "contract": reading.contract or "",
        "breach_cause": reading.breach_cause or "",
        "negotiated_at": one.history.negotiated,
        "binding": reading.binding,
        "wake_at": _wake(story, clock),
        "read_at": story.read_at,
        "computed_from_seq": story.seq,
        "engine_version": ENGINE_VERSION,
        "tzdb_version": TZDB_VERSION,
    }


def ladder(clock: Clock, now: datetime) -> list[Alarm]:
    """Everything to tell about a clock from its start on, in order, given or not, up to what comes if nothing changes.

    Where a rebind passed several thresholds at once, only the last of them is told (domain §4.8).
    """
    one, reading = clock.instance, clock.reading
    breach = next((dict(step) for step in one.terms.warn if step.get("percent") == 100), {"percent": 100})
    steps = {_threshold(step).key: dict(step) for step in one.terms.warn if step.get("percent") != 100}
    found = [
        Alarm(alarm.threshold.key, alarm.binding, alarm.at, steps[alarm.threshold.key])
        for alarm in alarms(one.history, [_threshold(step) for step in steps.values()], now)
    ]
    if reading.breached_at is not None:
        found.append(Alarm(BREACH, reading.binding, reading.breached_at, breach))
    elif reading.breach_at is not None and runs(reading.state):
        found.append(Alarm(BREACH, reading.binding, reading.breach_at, breach))
    rebinds = {number: item.at for number, item in enumerate(one.history.bindings) if number}
    jumped = [alarm for alarm in found if rebinds.get(alarm.binding) == alarm.at]
    if jumped:
        top = max(jumped, key=lambda alarm: alarm.step.get("percent", 0))
        reached = next((replace(alarm, step=top.step) for alarm in jumped if alarm.threshold == BREACH), top)
        found = [alarm for alarm in found if alarm not in jumped] + [reached]
    return sorted(found, key=lambda alarm: (alarm.at, alarm.step.get("percent", 0)))


def _threshold(step: Any) -> Threshold:
    return Threshold(percent=step.get("percent"), left=step.get("left"))


def to_tell(story: Story, clock: Clock, now: datetime) -> list[Alarm]:
    """Alarms not yet on record, whenever they come."""
    given = {(threshold, number) for metric, cycle, threshold, number in story.told if (metric, cycle) == clock.key}
    return [
        alarm
        for alarm in ladder(clock, now)
        if (alarm.threshold, alarm.binding) not in given
        and not (alarm.threshold == BREACH and any(threshold == BREACH for threshold, _ in given))
    ]


def woken_at(alarm: Alarm) -> datetime:
    """When to look: a breach exists only after its instant."""
    return alarm.at + timedelta(seconds=1) if alarm.threshold == BREACH else alarm.at


def _wake(story: Story, clock: Clock) -> datetime | None:
    if not runs(clock.reading.state):
        return None
    return min((woken_at(alarm) for alarm in to_tell(story, clock, story.read_at)), default=None)


def promise_of(ticket: UUID, story: Story, rows: Sequence[Row]) -> Promise:
    """The nearest promise to the requester, from the rows of the clocks."""
    promise = Promise(ticket_id=ticket, standing=Promise.Standing.UNWATCHED, seq=story.seq)
    mine = [row for row in rows if row.metric in PROMISED]
    first = next((row for row in mine if row.metric == "first_response"), None)
    solution = next((row for row in reversed(mine) if row.metric == "resolution"), None)
    if first is not None:
        promise.first_due_at, promise.first_met_at = first.due_at, first.stopped_at
    if solution is not None:
        promise.solution_due_at = solution.negotiated_at or solution.due_at
        promise.unit = solution.unit
        straight = (
            solution.binding == 0 and solution.cycle == 1 and not (story.waiting or story.cancelled or story.merges)
        )
        simple = straight and not any(back for _, back in story.resolved)
        promise.solution_first_due_at = solution.due_at if simple else _first_due(story)
    promise.pause_ends_at = story.pause_ends_at
    if story.is_cancelled or story.is_resolved:
        promise.standing = Promise.Standing.OVER
        return promise
    rows_running = [row for row in mine if runs(row.state) and (row.negotiated_at or row.due_at)]
    nearest = min(rows_running, key=_shown_due, default=None)
    if story.promised_until is not None and (nearest is None or story.promised_until <= _shown_due(nearest)):
        promise.standing, promise.metric = Promise.Standing.RUNNING, "update"
        promise.due_at = promise.breach_at = story.promised_until
    elif nearest is not None:
        promise.standing, promise.metric = Promise.Standing.RUNNING, nearest.metric
        promise.due_at, promise.breach_at = _shown_due(nearest), nearest.negotiated_at or nearest.breach_at
        promise.calendar_version = nearest.calendar_version
    elif any(row.state == "paused" for row in mine):
        promise.standing = Promise.Standing.PAUSED
    if solution is not None and solution.state == "paused":
        promise.left_seconds = solution.target - solution.elapsed
    return promise


def _shown_due(row: Row) -> datetime:
    due = row.negotiated_at or row.due_at
    assert due is not None
    return due


def _first_due(story: Story) -> datetime | None:
    """When the solution was first said to be due: by the first binding, without any rest."""
    first = next((one for one in story.bound if one.metric == "resolution" and one.target is not None), None)
    if first is None:
        return None
    alone = replace(story, bound=[first], waiting=[], resolved=[], cancelled=[], merges=[], read_at=story.opened_at)
    for clock in clocks_of(alone, story.opened_at):
        if clock.instance.metric == "resolution":
            return clock.reading.due_at
    return None
