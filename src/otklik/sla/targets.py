"""The clock as a pure function of its history: spent, due, breach, outcome and its cause (domain §4.3–4.7).

No configuration that holds today, no counter and no memory of a scheduler is asked; the same history and the same now
give the same reading for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal, TypeAlias

from otklik.businesstime import Timetable, Unreachable, ticks
from otklik.businesstime.span import (
    DAY,
    FOREVER,
    SECOND,
    Instant,
    Span,
    clipped,
    difference,
    intersection,
    to_instant,
    to_moment,
    to_seconds,
    union,
)
from otklik.businesstime.timetable import HORIZON
from otklik.businesstime.workdays import counted_dates
from otklik.sla.history import Binding, History, Pause

ENGINE_VERSION = 1  # raised whenever a reading of an unchanged history may change

State: TypeAlias = Literal["running", "out_of_hours", "paused", "stopped", "cancelled"]
Outcome: TypeAlias = Literal["met", "breached", "waived", "cancelled"]
Cause: TypeAlias = Literal["work", "reclassified", "merge", "dependency"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clock shows at an instant.

    Args:
        elapsed: E, in seconds or in finished working days.
        target: T of the binding in force, in the same unit.
        due_at: first instant at which E reaches T, as if no further pause happened; None if not within 400 days.
        breach_at: last instant at which E does not exceed T, or that of the rebind which exceeded it; None as above.
        breached_at: the instant at which the clock was breached, by this binding or an earlier one, if it was.
        outcome: None while nothing is decided.
        contract: the outcome by the target alone; differs from the outcome under a negotiated date or a waiver.
        binding: number of the binding in force.
    """

    elapsed: int | float
    target: int
    unit: str
    due_at: datetime | None
    breach_at: datetime | None
    breached_at: datetime | None
    state: State
    outcome: Outcome | None
    contract: Outcome | None
    breach_cause: Cause | None
    binding: int

    @property
    def remaining(self) -> int | float:
        """T − E, negative once the target is exceeded."""
        return self.target - self.elapsed


@dataclass(frozen=True, slots=True)
class Course:
    """A history laid out in microseconds up to its stop or to now."""

    start: Instant
    end: Instant  # the stop, or now; never before the start
    paused: list[Span]  # union of pauses, and of resolved times unless they count
    active: list[Span]  # A
    onward: list[Span]  # A and, after the end, for ever: "as if no further pause happened"


@dataclass(slots=True)
class Stretch:
    """A binding in its place in the course; its limits are searched for only where somebody asks.

    Args:
        since: r_k.
        base: instant from which this binding's own sum runs: the start for ``from_start``, else r_k.
        head: what is spent at the base.
        offset: O_k, what is spent at r_k; microseconds, or days for ``bd``.
        late: whether the rebind itself exceeded the target.
    """

    way: Course

    binding: Binding
    since: Instant
    base: Instant
    head: int
    offset: int
    late: bool
    _limits: tuple[Instant, Instant] | None = None

    @property
    def due(self) -> Instant:
        """First instant at which E reaches T; FOREVER if not within 400 days."""
        return self._found()[0]

    @property
    def breach(self) -> Instant:
        """Last instant at which E does not exceed T; FOREVER if not within 400 days."""
        return self._found()[1]

    def _found(self) -> tuple[Instant, Instant]:
        if self._limits is None:
            self._limits = _limits(self)
        return self._limits


def read(history: History, now: datetime) -> Reading:
    """Reading of the clock at an instant; of its last instance where each return starts a new one."""
    return readings(history, now)[-1]


def readings(history: History, now: datetime) -> list[Reading]:
    """Readings of all instances: several only where ``reopen`` is ``restart`` and the ticket came back."""
    return [_read(instance, now) for instance in instances(history)]


def instances(history: History) -> list[History]:
    """The history itself, or one history per return for ``restart``, each with the full target."""
    if history.reopen != "restart" or not history.resolved:
        return [history]
    cuts = sorted(history.resolved)
    anchors = [history.anchor, *(returned for _, returned in cuts)]
    stops = [*(resolved for resolved, _ in cuts), history.stop]
    return [
        replace(history, anchor=anchor, stop=stop, resolved=(), own=history.own if number == 0 else None)
        for number, (anchor, stop) in enumerate(zip(anchors, stops, strict=True))
    ]


def course(history: History, now: datetime) -> Course:
    """Active set of a history (domain §4.3): ``[s, x or now)`` minus pauses minus resolved times."""
    start, present = to_instant(history.anchor), to_instant(now)
    stop = to_instant(history.stop) if history.stop else present
    end = max(min(stop, present), start)
    pauses = [
        (to_instant(pause.since), to_instant(pause.until) if pause.until else FOREVER) for pause in history.pauses
    ]
    gaps = [(to_instant(a), to_instant(b)) for a, b in history.resolved] if history.reopen != "count_all" else []
    paused = clipped(union(pauses, gaps), start, end)
    active = difference([(start, end)], paused) if start < end else []
    return Course(start, end, paused, active, [*active, (end, FOREVER)])


def stretches(history: History, way: Course) -> list[Stretch]:
    """The bindings that took effect before the end, each with its offset, due and breach."""
    begun = [(to_instant(binding.at), binding) for binding in sorted(history.bindings, key=lambda one: one.at)]
    first = max((k for k, (at, _) in enumerate(begun) if at <= way.start), default=0)
    effective = [(way.start, begun[first][1])]
    effective += [(at, binding) for at, binding in begun[first + 1 :] if at <= way.end]
    found: list[Stretch] = []
    for since, binding in effective:
        found.append(_stretch(way, binding, since, found[-1] if found else None))
    return found


def _stretch(way: Course, binding: Binding, since: Instant, before: Stretch | None) -> Stretch:
    """Lay a binding down after the one before it."""
    mode = binding.mode if before else "from_start"
    if mode == "proportional" and before and before.binding.unit != binding.unit:
        mode = "from_start"  # hours are never converted to days or back
    if mode == "from_start":
        base, head = way.start, 0
        offset = _spent(way, binding, base, since)
    elif mode == "from_change" or before is None:
        base, head, offset = since, 0, 0
    else:
        grain = SECOND if binding.unit == "seconds" else 1
        share = spent(way, before, since) * binding.target // (before.binding.target * grain)
        base, head, offset = since, share * grain, share * grain
    if binding.unit == "bd":
        due = _nth_day(way, binding, base, binding.target - head)
        return Stretch(way, binding, since, base, head, offset, due < since, (due, max(due, since)))
    return Stretch(way, binding, since, base, head, offset, offset > binding.target * SECOND)


def _limits(stretch: Stretch) -> tuple[Instant, Instant]:
    """Due and breach of a binding in seconds: one search for both, unless they fall apart at a closing."""
    calendar, active, base = stretch.binding.calendar, stretch.way.onward, stretch.base
    amount = stretch.binding.target * SECOND - stretch.head
    if stretch.late:
        return _when(calendar, active, base, amount, strictly=False), stretch.since
    left = amount
    for start, end in clipped(active, base, FOREVER) if amount > 0 else ():
        if end != FOREVER and (here := ticks.elapsed(calendar, start, end)) <= left:
            if here == left:
                break
            left -= here
            continue
        if found := ticks.limits(calendar, start, left):
            return found
        break
    due = _when(calendar, active, base, amount, strictly=False)
    return due, _when(calendar, active, base, amount, strictly=True)


def spent(way: Course, stretch: Stretch, until: Instant) -> int:
    """E_k at an instant not before r_k, in microseconds or finished working days."""
    return stretch.head + _spent(way, stretch.binding, stretch.base, until)


def first_reach(way: Course, stretch: Stretch, amount: int) -> Instant:
    """First instant at which E_k is an amount of microseconds, over the whole history of the binding's sum."""
    return _when(stretch.binding.calendar, way.onward, stretch.base, amount - stretch.head, strictly=False)


def _spent(way: Course, binding: Binding, base: Instant, until: Instant) -> int:
    if binding.unit == "seconds":
        total = 0
        for start, end in way.active:
            start, end = max(start, base), min(end, until)
            if start < end:
                total += ticks.elapsed(binding.calendar, start, end)
        return total
    days = (until - base) // DAY + 2
    return sum(closing <= until for _, _, closing in counted_dates(binding.calendar, base, _active(way), days))


def _active(way: Course) -> Callable[[list[Span]], bool]:
    """Whether a date counts: its open hours were not paused through all of them."""
    return lambda spans: bool(intersection(spans, way.onward))


def _nth_day(way: Course, binding: Binding, base: Instant, number: int) -> Instant:
    """Closing of the n-th working date after the date of the base; the base itself when none is left."""
    if number < 1:
        return base
    day = nth_date(way, binding, base, number)
    return day[1] if day else FOREVER


def nth_date(way: Course, binding: Binding, base: Instant, number: int) -> Span | None:
    """First opening and last closing of the n-th date that counts after that of the base, within 400 days of now."""
    days = (way.end - base + HORIZON) // DAY
    for count, (_, opening, closing) in enumerate(counted_dates(binding.calendar, base, _active(way), days), 1):
        if count == number:
            return opening, closing
    return None


def _when(calendar: Timetable, active: Sequence[Span], base: Instant, amount: int, *, strictly: bool) -> Instant:
    """First instant from the base on at which an amount is spent, or strictly the last at which no more is."""
    if amount < 0 or (amount == 0 and not strictly):
        return base
    for start, end in clipped(active, base, FOREVER):
        search = ticks.last if strictly else ticks.add
        if end == FOREVER:
            try:
                return search(calendar, start, amount)
            except Unreachable:
                return FOREVER
        here = ticks.elapsed(calendar, start, end)
        if here > amount or (here == amount and not strictly):
            return search(calendar, start, amount, end - start)
        amount -= here
    return FOREVER


def _read(history: History, now: datetime) -> Reading:
    way = course(history, now)
    laid = stretches(history, way)
    current = laid[-1]
    judged = _judged(history, way, laid)
    elapsed = spent(way, current, way.end)
    contract: Outcome | None = "breached" if judged else "met" if history.stop and _is_over(history, now) else None
    return Reading(
        elapsed=to_seconds(elapsed) if current.binding.unit == "seconds" else elapsed,
        target=current.binding.target,
        unit=current.binding.unit,
        due_at=_moment(current.due),
        breach_at=_moment(current.breach),
        breached_at=_moment(judged[0]) if judged else None,
        state=_state(history, way, current, now),
        outcome=_outcome(history, contract, now),
        contract=contract,
        breach_cause=_cause(history, now, judged[1]) if judged else None,
        binding=len(laid) - 1,
    )


def _judged(history: History, way: Course, laid: Sequence[Stretch]) -> tuple[Instant, Cause] | None:
    """When and by what the clock was breached, if it was."""
    if history.keep_breach:
        for stretch, following in pairwise(laid):
            if not stretch.late and _is_passed(way, stretch, following.since):
                return stretch.breach, "work"
    current = laid[-1]
    if current.late:
        return current.breach, "reclassified"
    return (current.breach, "work") if way.end > current.breach else None


def _is_passed(way: Course, stretch: Stretch, until: Instant) -> bool:
    """Whether the breach lies before an instant; of seconds the sum up to it says so, and nothing is searched for."""
    if stretch.binding.unit == "bd":
        return stretch.breach < until
    return spent(way, stretch, until) > stretch.binding.target * SECOND


def _cause(history: History, now: datetime, cause: Cause) -> Cause:
    """A breach by work that would not be without a merge, or without a supplier's delay, is named after that."""
    if cause == "work" and history.own is not None:
        alone = replace(history.own, stop=history.own.stop or history.stop)
        if not read(alone, now).breached_at:
            return "merge"
    if cause == "work" and history.overdue:
        given = tuple(Pause(since, until, "dependency") for since, until in history.overdue)
        if not read(replace(history, pauses=history.pauses + given, overdue=()), now).breached_at:
            return "dependency"
    return cause


def _is_over(history: History, now: datetime) -> bool:
    return history.stop is not None and history.stop <= now


def _outcome(history: History, contract: Outcome | None, now: datetime) -> Outcome | None:
    if history.cancelled:
        return "cancelled"
    if history.waived:
        return "waived"
    if history.negotiated is None:
        return contract
    ended = history.stop if history.stop is not None and history.stop <= now else now
    if ended > history.negotiated:
        return "breached"
    return "met" if _is_over(history, now) else None


def _state(history: History, way: Course, current: Stretch, now: datetime) -> State:
    if history.cancelled:
        return "cancelled"
    if _is_over(history, now):
        return "stopped"
    present = to_instant(now)
    if any(a <= now and (b is None or now < b) for a, b in ((pause.since, pause.until) for pause in history.pauses)):
        return "paused"
    if history.reopen != "count_all" and any(resolved <= now < returned for resolved, returned in history.resolved):
        return "stopped"
    return "running" if ticks.is_open(current.binding.calendar, max(present, way.start)) else "out_of_hours"


def _moment(instant: Instant) -> datetime | None:
    return None if instant >= FOREVER else to_moment(instant)
