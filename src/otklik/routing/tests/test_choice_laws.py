"""Laws of the choice for any people and any need: filters hold, order is no matter, a worse one changes nothing.

What "worse" means. Fairness is measured between the least and the most that the eligible got, so somebody new may
stretch that yardstick, and for newcomers move the median: then two others can change places though the new one wins
nothing. So an added candidate is *worse* when each of its five components is at most the winner's, it comes after the
winner, and its own fairness figure leaves the yardstick alone (a newcomer's own figure is the others' median, so it
always does). The last law here needs no such condition: a winner whose lead without fairness is greater than the whole
weight of fairness stays.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from otklik.routing.choice import Candidate, Choice, Need, Wanted, choose, limit_of
from otklik.routing.frozen import answer, freeze, recomputed, thaw

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SKILLS = ("network", "mail", "1c")
often = st.sampled_from([True] * 7 + [False])
seldom = st.sampled_from([False] * 7 + [True])
moments = st.integers(-5000, 5000).map(lambda minutes: NOW + timedelta(minutes=minutes))


def candidates(**fixed: Any) -> st.SearchStrategy[Candidate]:
    facts: dict[str, Any] = {
        "id": st.integers(1, 30),
        "accepts": often,
        "on_shift": often,
        "on_call": seldom,
        "absent": seldom,
        "away": seldom,
        "sees": often,
        "declined": seldom,
        "levels": st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)),
        "load": st.integers(0, 50),
        "capacity": st.sampled_from([0, 7, 20, 40]),
        "continuity": st.sampled_from(["", "", "organisation", "solved", "requester", "former"]),
        "points": st.integers(0, 60),
        "minutes": st.sampled_from([0, 479, 480, 1000, 2400]),
        "last_at": st.none() | moments,
        "ends_at": st.none() | moments,
        "partner": seldom,
    }
    return st.builds(Candidate, **(facts | fixed))


fine = candidates(
    accepts=st.just(True),
    on_shift=st.just(True),
    absent=st.just(False),
    away=st.just(False),
    sees=st.just(True),
    declined=st.just(False),
    partner=st.just(False),
    capacity=st.just(100),
)
wanted = st.builds(Wanted, st.sampled_from(SKILLS), st.integers(1, 5), st.booleans())
needs = st.builds(
    Need,
    priority=st.sampled_from(["P1", "P2", "P3", "P4"]),
    weight=st.sampled_from([1, 2, 4, 8]),
    skills=st.lists(wanted, max_size=3, unique_by=lambda one: one.skill).map(tuple),
    remaining=st.none() | st.integers(-3600, 40000),
    requester=st.none() | st.integers(1, 30),
    waited=st.integers(0, 40000),
    on_call=seldom,
    turns=seldom,
)


def team(one: st.SearchStrategy[Candidate], most: int = 8) -> st.SearchStrategy[list[Candidate]]:
    return st.lists(one, max_size=most, unique_by=lambda person: person.id)


@given(needs, team(candidates()))
def test_nobody_whom_a_filter_refuses_is_chosen(need: Need, people: list[Candidate]) -> None:
    choice = choose(need, people, NOW)
    by_id = {one.id: one for one in people}
    for scored in choice.scored:
        one = by_id[scored.id]
        assert one.accepts and one.sees and not (one.absent or one.away or one.declined)
        assert one.on_shift or (one.on_call and need.on_call)
        assert one.id != need.requester
        assert one.load + need.weight <= limit_of(need, one.capacity, 0 if choice.step == "" else 1)
        for skill in need.skills:
            if skill.required:
                less = 1 if choice.step in ("level", "partner") else 0
                assert one.levels.get(skill.skill, 0) >= max(1, skill.level - less)
        assert not one.partner or choice.step == "partner"
    seen = {one.id for one in choice.scored} | {one.id for one in choice.refused}
    asked = {one.id for one in people if not one.partner or choice.step in ("partner", "lead")}
    assert seen == asked, "everybody is either scored or refused"
    assert choice.winner == (choice.scored[0].id if choice.scored else None)


@given(needs, team(candidates()), st.randoms())
def test_the_order_of_candidates_is_no_matter(need: Need, people: list[Candidate], chance: Any) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert choose(need, shuffled, NOW) == choose(need, people, NOW)


@given(needs, team(candidates()))
def test_a_stored_decision_is_computed_again_to_the_letter(need: Need, people: list[Candidate]) -> None:
    stored = json.loads(json.dumps(freeze(need, people, NOW)))
    choice = choose(need, people, NOW)
    assert recomputed(stored) == json.loads(json.dumps(answer(choice)))
    assert thaw(stored)[:2] == (need, sorted(people, key=lambda one: one.id))


@given(needs, team(candidates(), 6), candidates())
def test_somebody_refused_by_a_filter_changes_nothing(need: Need, people: list[Candidate], more: Candidate) -> None:
    assume(all(one.id != more.id for one in people))
    before, after = choose(need, people, NOW), choose(need, [*people, more], NOW)
    if any(one.id == more.id for one in after.refused) or (more.partner and after.step not in ("partner", "lead")):
        assert (after.winner, after.scored, after.step) == (before.winner, before.scored, before.step)


@given(needs, team(fine), st.data())
def test_a_worse_candidate_never_changes_the_winner(need: Need, people: list[Candidate], data: Any) -> None:
    before = choose(replace(need, turns=False), people, NOW)
    assume(before.scored)
    winner = next(one for one in people if one.id == before.winner)
    worse = Candidate(
        id=100,
        levels={
            skill: level - data.draw(st.integers(0, level - 1)) if need.urgent else level
            for skill, level in winner.levels.items()
        },
        load=data.draw(st.integers(winner.load, 99)),
        capacity=100,
        continuity=data.draw(st.sampled_from(["", winner.continuity])),
        # a newcomer's figure is the others' median
        minutes=data.draw(st.integers(0, 479)),
        ends_at=data.draw(st.none() | moments) if winner.ends_at is None else winner.ends_at - timedelta(minutes=1),
        last_at=NOW if winner.last_at is None else max(winner.last_at, NOW),
    )
    after = choose(replace(need, turns=False), [*people, worse], NOW)
    mine, theirs = _of(after, 100), _of(after, before.winner)
    if mine is not None and theirs is not None and mine.fairness > theirs.fairness:
        return  # better in fairness, so not worse
    assert after.winner == before.winner


def _of(choice: Choice, who: int | None) -> Any:
    return next((one for one in choice.scored if one.id == who), None)


@given(needs, team(fine), fine)
def test_a_great_lead_withstands_any_yardstick_of_fairness(
    need: Need, people: list[Candidate], more: Candidate
) -> None:
    need = replace(need, turns=False)
    before = choose(need, people, NOW)
    more = replace(more, id=100)
    assume(before.scored)
    after = choose(need, [*people, more], NOW)
    assume(after.step == before.step)

    def bare(who: int | None) -> int:
        one = _of(after, who)
        return 400 * one.skill + 300 * one.load + 150 * one.continuity + 50 * one.time

    others = [one.id for one in after.scored if one.id != before.winner]
    if all(bare(before.winner) - bare(other) >= 101_000 for other in others):
        assert after.winner == before.winner


@settings(max_examples=150)
@given(needs, team(candidates(partner=st.just(False))))
def test_the_nearest_change_does_alter_the_result(need: Need, people: list[Candidate]) -> None:
    choice = choose(need, people, NOW)
    change = choice.nearest
    assume(change is not None)
    assert change is not None
    then = choose(
        need,
        [_changed(one, change.kind, change.by, change.skill) if one.id == change.id else one for one in people],
        NOW,
    )
    assert then.winner == change.then
    assert then.winner != choice.winner
    if change.kind in ("load_more", "load_less") and change.by > 1:
        nearer = [_changed(one, change.kind, change.by - 1) if one.id == change.id else one for one in people]
        assert choose(need, nearer, NOW).winner == choice.winner


def _changed(one: Candidate, kind: str, by: int, skill: str = "") -> Candidate:
    if kind == "load_more":
        return replace(one, load=one.load + by)
    if kind in ("load_less", "full"):
        return replace(one, load=one.load - by)
    if kind in ("level", "skill"):
        return replace(one, levels={**one.levels, skill: one.levels.get(skill, 0) + by})
    if kind == "shift":
        assert one.ends_at is not None
        return replace(one, ends_at=max(one.ends_at, NOW) + timedelta(seconds=by))
    return replace(
        one,
        **{
            "continuity": {"continuity": "solved"},
            "accepts": {"accepts": True},
            "away": {"away": False},
            "absent": {"absent": False, "on_shift": True, "ends_at": None},
            "off_shift": {"on_shift": True, "ends_at": None},
        }[kind],
    )
