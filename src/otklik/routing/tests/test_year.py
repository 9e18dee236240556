"""The simulated year: its people keep their hours, its decisions come out again, and the choice is worth its sums."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.routing import year

BESIDE = Path("shared") / "data" / "B_itsm_logs" / "uci498_incident_event_log.compact.csv.xz"
EVEN = [1] * 168
WORKERS = year.people(random.Random(1))


@settings(max_examples=40)
@given(st.sampled_from(WORKERS), st.integers(0, year.YEAR - 1), st.integers(1, 30_000))
def test_work_is_over_when_so_much_of_the_shift_is(one: year.Worker, at: int, seconds: int) -> None:
    done = one.after(at, seconds)
    if done <= year.YEAR:
        assert one.worked(done) - one.worked(at) == seconds
        assert one.worked(done - 1) - one.worked(at) == seconds - 1


def test_forty_people_of_six_teams_are_not_there_while_they_are_away() -> None:
    assert len(WORKERS) == sum(year.SIZES) == 40
    for one in WORKERS:
        for start, end in one.away:
            assert one.worked(start) == one.worked(end)


def test_a_small_year_comes_out_the_same_and_every_decision_again_from_its_record() -> None:
    first, second = (year.simulate(EVEN, count=150, ways=("choice",))[0] for _n in range(2))
    assert first == second
    assert first.decisions == first.recomputed > 100


@pytest.mark.long
def test_a_year_of_sixty_thousand_tickets() -> None:
    log = next(folder / BESIDE for folder in Path(__file__).resolve().parents if (folder / BESIDE).exists())
    chosen, turns, least = year.simulate(year.arrivals(log))
    assert chosen.decisions == chosen.recomputed > 50_000
    assert chosen.breached < turns.breached
    assert chosen.spread < min(turns.spread, least.spread)
