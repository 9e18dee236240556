"""What a clock is computed from: anchor, bindings, pauses, returns; plain values, nothing else (domain §4.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from otklik.businesstime import Timetable

Mode: TypeAlias = Literal["from_start", "from_change", "proportional"]
Unit: TypeAlias = Literal["seconds", "bd"]
Reopen: TypeAlias = Literal["continue", "count_all", "restart"]

MODES: tuple[Mode, ...] = ("from_start", "from_change", "proportional")
UNITS: tuple[Unit, ...] = ("seconds", "bd")
REOPENS: tuple[Reopen, ...] = ("continue", "count_all", "restart")


@dataclass(frozen=True, slots=True)
class Binding:
    """A target and a calendar that hold from an instant on; the first one holds from the anchor.

    Args:
        at: instant of the bind or rebind.
        target: whole seconds, or working days when the unit is ``bd``; at least 1.
        mode: what a rebind does with the time spent so far (domain §4.3).
    """

    at: datetime
    target: int
    calendar: Timetable
    unit: Unit = "seconds"
    mode: Mode = "from_start"

    def __post_init__(self) -> None:
        if self.target < 1:
            raise ValueError(f"a target is at least 1, not {self.target}")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock rests, half-open; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that one instance of one metric is judged by.

    Args:
        anchor: s, the instant from which the clock counts.
        bindings: at least one, in order of their instants.
        stop: x, or None; a stop before the anchor (merged history) means that nothing was spent.
        pauses: may overlap; they apply to every binding, also to one made later.
        resolved: times between a resolution and the return to work, each half-open.
        reopen: what those times mean: not counted, counted, or each return a new instance.
        keep_breach: whether a breach by work under an earlier binding stays.
        cancelled, waived: the ticket was cancelled, the service manager waived the breach.
        negotiated: a date that the requester agreed to, by which the outcome is then judged.
        own: this history before another ticket was merged into it, to tell whether the merge alone breached it.
        overdue: parts of a supplier's pending times after the supplier's own due, to tell a breach that is theirs.
    """

    anchor: datetime
    bindings: tuple[Binding, ...]
    stop: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    resolved: tuple[tuple[datetime, datetime], ...] = ()
    reopen: Reopen = "continue"
    keep_breach: bool = True
    cancelled: bool = False
    waived: bool = False
    negotiated: datetime | None = None
    own: History | None = None
    overdue: tuple[tuple[datetime, datetime], ...] = ()

    def __post_init__(self) -> None:
        if not self.bindings:
            raise ValueError("a clock needs at least one binding")


def merged(target: History, source: History) -> History:
    """The target ticket's history after the source was merged into it (domain §4.8).

    The anchor becomes the earlier one; before the target's own anchor the pauses of the source apply, from it on those
    of the target. Call it only for tickets of one organisation and type; otherwise the target stays as it is.
    """
    if source.anchor >= target.anchor:
        return target
    seam = target.anchor
    before = tuple(
        Pause(pause.since, min(pause.until or seam, seam), pause.reason)
        for pause in source.pauses
        if pause.since < seam
    )
    after = tuple(
        replace(pause, since=max(pause.since, seam))
        for pause in target.pauses
        if pause.until is None or pause.until > seam
    )
    return replace(target, anchor=source.anchor, pauses=before + after, own=target)


def capped(
    pauses: tuple[Pause, ...], *, now: datetime, count: int | None = None, seconds: int | None = None
) -> tuple[Pause, ...]:
    """Pauses up to the cap of an agreement, in number or in total calendar time; beyond it the clock runs."""
    kept: list[Pause] = []
    left = float("inf") if seconds is None else float(seconds)
    for pause in sorted(pauses, key=lambda pause: pause.since)[:count]:
        lasted = ((pause.until or now) - pause.since).total_seconds()
        if lasted <= left:
            kept.append(pause)
        elif left > 0:
            kept.append(replace(pause, until=pause.since + (((pause.until or now) - pause.since) * (left / lasted))))
        left -= lasted
    return tuple(kept)
