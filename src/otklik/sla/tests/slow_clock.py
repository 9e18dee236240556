"""A slow oracle of clocks: it holds one cell per second of a window and counts them; it shares no code with the engine.

Calendars are given as plain schedules and read here a second time; only the zone data are common.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = NAMES[:5]
EIGHT = [["09:00", "13:00"], ["14:00", "18:00"]]
SCHEDULES: dict[str, dict[str, Any]] = {
    "moscow": {
        "tz": "Europe/Moscow",
        "hours": dict.fromkeys(WEEK, EIGHT),
        "holidays": ["2026-11-04", "2026-03-09"],
        "shorten": {"2026-11-03": 60},
    },
    "vladivostok": {"tz": "Asia/Vladivostok", "hours": dict.fromkeys(WEEK, EIGHT)},
    "new_york": {"tz": "America/New_York", "hours": {day: [["08:00", "20:00"]] for day in WEEK}},
    "night": {"tz": "Europe/Berlin", "hours": {day: [["22:00", "24:00"], ["00:00", "06:00"]] for day in NAMES}},
    "berlin": {"tz": "Europe/Berlin", "hours": {day: [["00:00", "24:00"]] for day in NAMES}},
}
# Each holds a clock change of New York or Berlin; the last holds both, a week apart.
WINDOWS = [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 19, tzinfo=UTC)]
DAYS = 28


def _second(text: str) -> int:
    return int(text[:2]) * 3600 + int(text[3:]) * 60


@cache
def mask(name: str, window: datetime) -> np.ndarray[Any, Any]:
    """Which seconds of a window are open, each asked for its own wall time."""
    schedule = SCHEDULES[name]
    place, seconds = ZoneInfo(schedule["tz"]), DAYS * 86_400
    hours = [(window + timedelta(hours=hour)).astimezone(place).utcoffset() for hour in range(DAYS * 24)]
    offset = np.repeat([int(ahead.total_seconds()) for ahead in hours if ahead is not None], 3600)
    wall = np.arange(seconds) + int(window.timestamp()) + offset
    day, clock = wall // 86_400, wall % 86_400
    is_open = np.zeros(seconds, dtype=bool)
    for number in np.unique(day):
        today = date(1970, 1, 1) + timedelta(days=int(number))
        if today.isoformat() in schedule.get("holidays", ()):
            continue
        inside = np.zeros(seconds, dtype=bool)
        spans = [[_second(a), _second(b)] for a, b in schedule["hours"].get(NAMES[today.weekday()], [])]
        if spans:
            spans[-1][1] -= 60 * schedule.get("shorten", {}).get(today.isoformat(), 0)
        for start, end in spans:
            inside |= (clock >= start) & (clock < end)
        is_open |= inside & (day == number)
    return is_open


@dataclass(frozen=True)
class Told:
    """What the slow clock says, in whole seconds of its window."""

    elapsed: int
    due: int | None
    breach: int | None
    breached: int | None
    cause: str | None


@dataclass(frozen=True)
class Bound:
    at: int
    target: int
    name: str
    mode: str


def tell(
    window: datetime,
    anchor: int,
    stop: int | None,
    now: int,
    bounds: list[Bound],
    rests: list[tuple[int, int]],
    keep_breach: bool,
) -> Told:
    """Walk the seconds; everything in seconds since the window's beginning."""
    seconds = DAYS * 86_400
    end = min(now, stop) if stop is not None else now
    active = np.zeros(seconds, dtype=bool)
    active[anchor:] = True  # after the end it is as if nothing rested any more
    for start, until in rests:
        active[max(start, anchor) : min(until, end)] = False
    spent_before, before, breach_by_work = 0, None, None
    for number, bound in enumerate(bounds):
        until = bounds[number + 1].at if number + 1 < len(bounds) else end
        counted = mask(bound.name, window) & active
        if number == 0 or bound.mode == "from_start":
            base, head = anchor, 0
        elif bound.mode == "from_change":
            base, head = bound.at, 0
        else:
            assert before is not None
            base, head = bound.at, spent_before * bound.target // before.target
        counted[:base] = False
        sums = np.full(seconds + 1, head, dtype=np.int32)  # sums[t] is E at second t
        sums[1:] += np.cumsum(counted, dtype=np.int32)
        at_bind = int(sums[bound.at]) if number else 0
        reached = base + int(np.searchsorted(sums[base:], bound.target, side="left"))
        within = int(np.searchsorted(sums, bound.target, side="right")) - 1
        due = reached if reached <= seconds else None
        breach = within if 0 <= within < seconds else None
        late = at_bind > bound.target
        if late:
            breach = bound.at
        spent_before, before = int(sums[until]), bound
        by_work = not late and spent_before > bound.target
        if number + 1 < len(bounds) and by_work and keep_breach and breach_by_work is None:
            breach_by_work = breach
    breached = breach if late or by_work else None
    cause = "reclassified" if late else "work" if by_work else None
    if breach_by_work is not None:
        breached, cause = breach_by_work, "work"
    return Told(spent_before, due, breach, breached, cause)
