"""The simulated year: its people keep their hours, its decisions come out again, and the choice is worth its sums."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.routing import acquaintance, world, year
from otklik.routing.tests.make import arrivals_of_the_log, log

EVEN = [1] * 168
WORKERS = world.people(random.Random(1))
SEEDS = (7, 11, 23)


@settings(max_examples=40)
@given(st.sampled_from(WORKERS), st.integers(0, world.YEAR - 1), st.integers(1, 30_000))
def test_work_is_over_when_so_much_of_the_shift_is(one: world.Worker, at: int, seconds: int) -> None:
    done = one.hours.after(at, seconds)
    if done <= world.YEAR:
        assert one.hours.worked(done) - one.hours.worked(at) == seconds
        assert one.hours.worked(done - 1) - one.hours.worked(at) == seconds - 1


@settings(max_examples=40)
@given(st.sampled_from(WORKERS), st.integers(0, world.YEAR - 1), st.integers(1, 30_000))
def test_nobody_comes_or_leaves_before_it_is_told(one: world.Worker, at: int, seconds: int) -> None:
    now, changes = one.presence(at), one.changes(at)
    assert one.presence(min(changes - 1, at + seconds)) == now
    assert changes > world.YEAR or one.presence(changes) != now


def test_forty_people_of_six_teams_are_not_there_while_they_are_away() -> None:
    assert len(WORKERS) == sum(world.SIZES) == 40
    for one in WORKERS:
        for start, end in one.away:
            assert one.hours.worked(start) == one.hours.worked(end)
            assert one.presence(start).absent and not one.presence(end).absent


def test_a_small_year_comes_out_the_same_and_every_decision_again_from_its_record() -> None:
    first, second = (next(year.simulate(EVEN, count=150, ways=("choice",))) for _n in range(2))
    assert first == second
    assert first.decisions == first.recomputed > 100


def test_the_quick_way_through_the_choice_ends_like_the_whole_one() -> None:
    whole, quick = (next(year.simulate(EVEN, count=400, ways=("choice",), prove=prove)) for prove in (True, False))
    assert replace(whole, decisions=0, recomputed=0) == quick


@pytest.mark.long
def test_acquaintances_save_no_more_than_the_log_says() -> None:
    found = acquaintance.measure(log())
    assert found.tickets > 10_000
    assert found.low < found.share < found.high <= world.KNOWN < 1


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_year_of_sixty_thousand_tickets(seed: int) -> None:
    chosen, turns, least = year.simulate(arrivals_of_the_log(), seed=seed, prove=seed == SEEDS[0])
    assert chosen.decisions == chosen.recomputed
    assert (chosen.decisions > 50_000) is (seed == SEEDS[0])
    assert chosen.breached < min(turns.breached, least.breached)
    assert chosen.by_priority["P1"][0] <= least.by_priority["P1"][0]
    assert chosen.spread < min(turns.spread, least.spread)
