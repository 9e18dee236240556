"""When a clock must wake somebody: warning instants derived from the history alone (domain §4.8, Warnings)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from otklik.businesstime.span import FOREVER, SECOND, Instant, to_instant, to_moment
from otklik.sla.history import History
from otklik.sla.targets import Course, Stretch, course, first_reach, instances, nth_date, stretches


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of the target in percent, or an amount left of it in seconds; exactly one of the two."""

    percent: int | None = None
    left: int | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.left is None):
            raise ValueError("a threshold is a percentage or an amount left")

    @property
    def key(self) -> str:
        """Name that makes a message about it idempotent, with instance and binding."""
        return f"{self.percent}%" if self.percent is not None else f"{self.left}s left"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A threshold reached, or to be reached if nothing changes, at an instant under a binding."""

    threshold: Threshold
    binding: int
    at: datetime


def alarms(history: History, thresholds: Sequence[Threshold], now: datetime) -> list[Alarm]:
    """Alarms of the last instance in order of their instants; those after now are what the scheduler waits for.

    A threshold fires once, and again only after a rebind brought the share spent below it. A stopped clock has no
    alarm after its stop.
    """
    last = instances(history)[-1]
    way = course(last, now)
    laid = stretches(last, way)
    stopped = to_instant(last.stop) if last.stop and last.stop <= now else FOREVER
    found = [
        alarm
        for threshold in thresholds
        for alarm in _fired(way, laid, threshold)
        if to_instant(alarm.at) <= max(stopped, way.start)
    ]
    return sorted(found, key=lambda alarm: (alarm.at, alarm.binding, alarm.threshold.key))


def _fired(way: Course, laid: Sequence[Stretch], threshold: Threshold) -> list[Alarm]:
    found: list[Alarm] = []
    fired = False
    for k, stretch in enumerate(laid):
        instant = _reached(way, stretch, threshold)
        until = laid[k + 1].since if k + 1 < len(laid) else FOREVER
        if instant > stretch.since:
            fired = False  # this binding begins below the threshold
        if not fired and instant < until:
            found.append(Alarm(threshold, k, to_moment(instant)))
            fired = True
    return found


def _reached(way: Course, stretch: Stretch, threshold: Threshold) -> Instant:
    """First instant under the binding at which the threshold is reached, not before the binding itself."""
    binding = stretch.binding
    if binding.unit == "bd":
        return max(_day_reached(way, stretch, threshold), stretch.since)
    target = binding.target * SECOND
    amount = (
        target * threshold.percent // 100 if threshold.percent is not None else target - (threshold.left or 0) * SECOND
    )
    if stretch.offset >= amount:
        return stretch.since
    return max(first_reach(way, stretch, amount), stretch.since)


def _day_reached(way: Course, stretch: Stretch, threshold: Threshold) -> Instant:
    """In working days the only warnings are the opening of the last counted date, and due (domain §4.2)."""
    if threshold.percent is not None and threshold.percent >= 100:
        return stretch.due if threshold.percent == 100 else FOREVER
    day = nth_date(way, stretch.binding, stretch.base, max(stretch.binding.target - stretch.head, 1))
    return day[0] if day else FOREVER
