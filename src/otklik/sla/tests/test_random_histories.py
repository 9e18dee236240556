"""Random histories with pauses, returns, rebinds and both clock changes: the engine against the seconds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from otklik.businesstime import Calendar
from otklik.sla.history import MODES, Binding, History, Pause, merged
from otklik.sla.segments import segments
from otklik.sla.targets import read
from otklik.sla.tests.slow_clock import DAYS, SCHEDULES, WINDOWS, Bound, Told, tell

CALENDARS = {name: Calendar.from_schedule(schedule) for name, schedule in SCHEDULES.items()}
LIVED = 12 * 86_400  # seconds in which things happen; the rest of the window leaves room for dues


class Tale:
    """One random history, in seconds of a window and as the engine takes it."""

    def __init__(self, seed: int) -> None:
        pick = random.Random(seed)
        self.window = pick.choice(WINDOWS)
        self.anchor = pick.randrange(2 * 86_400)
        moments = sorted(pick.randrange(self.anchor + 1, LIVED) for _ in range(pick.randrange(9)))
        self.now = pick.randrange(self.anchor, LIVED + 1)
        self.stop = self.now - pick.randrange(3600) if pick.random() < 0.5 else None
        if self.stop is not None and self.stop < self.anchor:
            self.stop = None
        end = self.now if self.stop is None else self.stop
        self.bounds = [self._bound(pick, self.anchor)]
        self.pauses: list[tuple[int, int]] = []
        self.resolved: list[tuple[int, int]] = []
        for moment in [moment for moment in moments if moment < end]:
            deed = pick.random()
            lasting = (moment, min(moment + pick.randrange(1, 3 * 86_400), end))
            if deed < 0.45:
                self.bounds.append(self._bound(pick, moment))
            elif deed < 0.85:
                self.pauses.append(lasting)
            elif lasting[1] < end:
                self.resolved.append(lasting)
        self.open_ended = bool(self.pauses) and self.stop is None and pick.random() < 0.3
        self.keep_breach = pick.random() < 0.8
        self.source = self._source(pick) if pick.random() < 0.25 else None

    def _source(self, pick: random.Random) -> tuple[int, list[tuple[int, int]]]:
        """The opening of a ticket that was merged into this one, mostly an earlier one, and its pauses."""
        opened = pick.randrange(self.anchor + 3600)
        since = [pick.randrange(opened, self.anchor + 86_400) for _ in range(pick.randrange(4))]
        return opened, [(at, at + pick.randrange(1, 86_400)) for at in since]

    @staticmethod
    def _bound(pick: random.Random, at: int) -> Bound:
        return Bound(
            at, pick.choice([600, 3600, 14_400, 28_800, 57_600]), pick.choice([*SCHEDULES]), pick.choice(MODES)
        )

    def moment(self, second: int | None) -> datetime | None:
        return None if second is None else self.window + timedelta(seconds=second)

    def history(self) -> History:
        pauses = [Pause(self.moment(a), self.moment(b)) for a, b in self.pauses]
        if self.open_ended:
            pauses[-1] = Pause(pauses[-1].since, None)
        alone = History(
            anchor=self.moment(self.anchor),
            bindings=tuple(
                Binding(self.moment(bound.at), bound.target, CALENDARS[bound.name], mode=bound.mode)
                for bound in self.bounds
            ),
            stop=self.moment(self.stop),
            pauses=tuple(pauses),
            resolved=tuple((self.moment(a), self.moment(b)) for a, b in self.resolved),
            keep_breach=self.keep_breach,
        )
        if self.source is None:
            return alone
        opened, rests = self.source
        pauses = tuple(Pause(self.moment(a), self.moment(b)) for a, b in rests)
        return merged(alone, replace(alone, anchor=self.moment(opened), pauses=pauses))

    def told(self) -> tuple[object, ...]:
        rests = [*self.pauses, *self.resolved]
        if self.open_ended:
            rests.append((self.pauses[-1][0], self.now))
        told = self._counted(self.anchor, rests)
        cause = told.cause
        if self.source is not None and self.source[0] < self.anchor:
            alone, (opened, others) = told, self.source
            told = self._counted(opened, [*rests, *((a, min(b, self.anchor)) for a, b in others if a < self.anchor)])
            cause = "merge" if told.cause == "work" and alone.breached is None else told.cause
        return told.elapsed, self.moment(told.due), self.moment(told.breach), self.moment(told.breached), cause

    def _counted(self, anchor: int, rests: list[tuple[int, int]]) -> Told:
        return tell(self.window, anchor, self.stop, self.now, self.bounds, rests, self.keep_breach)


def check(seed: int) -> None:
    tale = Tale(seed)
    history, now = tale.history(), tale.moment(tale.now)
    reading = read(history, now)
    shown = (reading.elapsed, reading.due_at, reading.breach_at, reading.breached_at, reading.breach_cause)
    edge = tale.window + timedelta(days=DAYS)
    shown = tuple(None if isinstance(value, datetime) and value >= edge else value for value in shown)
    assert shown == tale.told(), seed
    parts = segments(history, now)
    assert sum(part.amount for part in parts) == reading.elapsed, seed
    laid = [part for part in parts if part.kind != "rebound"]
    assert all(one.end == other.start for one, other in pairwise(laid)), seed
    assert not laid or (laid[0].start, laid[-1].end) == (history.anchor, history.stop or now), seed


@pytest.mark.parametrize("block", range(3))
def test_300_random_histories_agree_with_the_seconds(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        check(seed)


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_10_000_random_histories_agree_with_the_seconds(block: int) -> None:
    for seed in range(1000 + block * 500, 1500 + block * 500):
        check(seed)


def test_one_more_pause_never_adds_to_what_is_spent_and_nothing_is_spent_in_it() -> None:
    for seed in range(200):
        tale = Tale(seed)
        history, now = tale.history(), tale.moment(tale.now)
        # In proportion, what an earlier binding spent is rounded down; the others are plain sums.
        since = tale.moment((tale.anchor + tale.now) // 2)
        until = since + timedelta(hours=7)
        rested = replace(history, pauses=(*history.pauses, Pause(since, until)))
        assert read(rested, now).elapsed <= read(history, now).elapsed
        if not any(since < binding.at <= until for binding in history.bindings) and until <= now:
            assert read(rested, since).elapsed == read(rested, until).elapsed


def test_from_start_forgets_the_rebinds_before_the_last() -> None:
    for seed in range(200):
        tale = Tale(seed)
        history, now = tale.history(), tale.moment(tale.now)
        last = replace(history.bindings[-1], mode="from_start")
        long = replace(history, bindings=(*history.bindings[:-1], last), keep_breach=False)
        short = replace(long, bindings=(replace(last, at=history.anchor),))
        one, other = read(long, now), read(short, now)
        assert (one.elapsed, one.due_at, one.outcome) == (other.elapsed, other.due_at, other.outcome)


def test_what_is_spent_never_falls_within_a_binding() -> None:
    for seed in range(100):
        tale = Tale(seed)
        history = replace(tale.history(), stop=None)
        last = history.bindings[-1].at
        moments = [last + timedelta(hours=hours) for hours in range(0, 200, 7)]
        spent = [read(history, moment).elapsed for moment in moments]
        assert spent == sorted(spent)
