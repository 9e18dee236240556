"""The worked example of domain.md §6.4 to the point, and thirty further cases counted by hand in the comments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otklik.routing.choice import Candidate, Choice, Need, Wanted, choose

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


NETWORK = (Wanted("network", 3),)
# a = 60000 · points / minutes: 60/2400 → 1500, 36/2400 → 900, 80/2400 → 2000.
ANNA = Candidate(1, levels={"network": 5}, load=12, capacity=20, points=60, minutes=2400, ends_at=hours(1))
BORIS = Candidate(
    2,
    levels={"network": 3},
    load=6,
    capacity=20,
    continuity="organisation",
    points=36,
    minutes=2400,
    ends_at=hours(8),
)
VERA = Candidate(
    3, levels={"network": 4}, load=16, capacity=20, continuity="requester", points=80, minutes=2400, ends_at=hours(8)
)


def components(choice: Choice, who: int) -> tuple[int, int, int, int, int]:
    one = next(one for one in choice.scored if one.id == who)
    return one.skill, one.load, one.continuity, one.fairness, one.time


def scores(choice: Choice) -> dict[int, int]:
    return {one.id: one.score for one in choice.scored}


def refused(choice: Choice) -> dict[int, str]:
    return {one.id: one.condition for one in choice.refused}


@pytest.mark.parametrize(
    ("priority", "anna", "boris", "vera", "skills"),
    [("P2", 578, 675, 580, (1000, 600, 800)), ("P3", 498, 835, 620, (800, 1000, 900))],
)
def test_the_worked_example_comes_out_to_the_point(
    priority: str, anna: int, boris: int, vera: int, skills: tuple[int, int, int]
) -> None:
    need = Need(priority, {"P2": 4, "P3": 2}[priority], NETWORK)
    choice = choose(need, [ANNA, BORIS, VERA], NOW)
    assert scores(choice) == {1: anna, 2: boris, 3: vera}
    assert choice.winner == 2
    assert components(choice, 1) == (skills[0], 400, 0, 455, 250)
    assert components(choice, 2) == (skills[1], 700, 500, 1000, 1000)
    assert components(choice, 3) == (skills[2], 200, 1000, 0, 1000)


def one(need: Need, candidate: Candidate) -> tuple[tuple[int, ...], int]:
    choice = choose(need, [candidate], NOW)
    return components(choice, candidate.id), choice.scored[0].score


PLAIN = Candidate(7, ends_at=hours(8))
CASES: list[tuple[str, Need, Candidate, tuple[int, ...], int]] = [
    # 1. Nothing asked, nothing carried: 400·1000 + 300·1000 + 150·0 + 100·1000 + 50·1000 = 850 000.
    ("nothing asked", Need("P3", 2), PLAIN, (1000, 1000, 0, 1000, 1000), 850),
    # 2. L 7 of 40: 7000 // 40 = 175, 1000 − 175 = 825; 400 000 + 247 500 + 100 000 + 50 000 = 797 500 → 797.
    ("a load of 7 of 40", Need("P3", 2), replace(PLAIN, load=7), (1000, 825, 0, 1000, 1000), 797),
    # 3. L 7 of 30: 7000 // 30 = 233, 1000 − 233 = 767; 400 000 + 230 100 + 150 000 = 780 100 → 780.
    (
        "a load that does not divide",
        Need("P4", 1),
        replace(PLAIN, load=7, capacity=30),
        (1000, 767, 0, 1000, 1000),
        780,
    ),
    # 4. P1 level 4 of 3: 200·4 = 800; 320 000 + 300 000 + 150 000 = 770.
    (
        "P1 wants the strongest",
        Need("P1", 8, NETWORK),
        replace(PLAIN, levels={"network": 4}),
        (800, 1000, 0, 1000, 1000),
        770,
    ),
    # 5. P4 level 5, asked 1: 1000 − 100·4 = 600; 240 000 + 300 000 + 150 000 = 690.
    (
        "P4 spares the expert",
        Need("P4", 1, (Wanted("network", 1),)),
        replace(PLAIN, levels={"network": 5}),
        (600, 1000, 0, 1000, 1000),
        690,
    ),
    # 6. Preferred skill missing: required 3 of 3 → 1000 twice, preferred 0 once: 2000 // 3 = 666;
    #    266 400 + 300 000 + 150 000 = 716 400 → 716.
    (
        "a preferred skill is missing",
        Need("P3", 2, (*NETWORK, Wanted("wifi", 2, required=False))),
        replace(PLAIN, levels={"network": 3}),
        (666, 1000, 0, 1000, 1000),
        716,
    ),
    # 7. Preferred there at level 4 of 2: 800; (2·1000 + 800) // 3 = 933; 373 200 + 450 000 = 823 200 → 823.
    (
        "a preferred skill above its level",
        Need("P3", 2, (*NETWORK, Wanted("wifi", 2, required=False))),
        replace(PLAIN, levels={"network": 3, "wifi": 4}),
        (933, 1000, 0, 1000, 1000),
        823,
    ),
    # 8. Preferred only, level 1 of 3, P3: 1000 − 200 = 800; 320 000 + 450 000 = 770.
    (
        "a preferred skill below its level still counts",
        Need("P3", 2, (Wanted("wifi", 3, required=False),)),
        replace(PLAIN, levels={"wifi": 1}),
        (800, 1000, 0, 1000, 1000),
        770,
    ),
    # 9. P2, two required 5 and 3, one preferred missing: (2·1000 + 2·600 + 0) // 5 = 640;
    #    256 000 + 300 000 + 150 000 = 706.
    (
        "three skills by their shares",
        Need("P2", 4, (Wanted("a", 2), Wanted("b", 3), Wanted("c", 1, required=False))),
        replace(PLAIN, levels={"a": 5, "b": 3}),
        (640, 1000, 0, 1000, 1000),
        706,
    ),
    # 10. Same organisation: + 150·500 = 75 000; 850 000 + 75 000 = 925.
    (
        "the same organisation",
        Need("P3", 2),
        replace(PLAIN, continuity="organisation"),
        (1000, 1000, 500, 1000, 1000),
        925,
    ),
    # 11. Solved one of theirs within thirty days: + 150 000 = 1000, the greatest score there is.
    (
        "everything for somebody",
        Need("P3", 2),
        replace(PLAIN, continuity="solved"),
        (1000, 1000, 1000, 1000, 1000),
        1000,
    ),
    # 12. Half an hour of shift, 4 h needed: 1800 · 1000 // 14400 = 125; 50·125 = 6 250;
    #     400 000 + 300 000 + 100 000 + 6 250 = 806 250 → 806.
    ("half an hour of shift", Need("P3", 2), replace(PLAIN, ends_at=hours(0.5)), (1000, 1000, 0, 1000, 125), 806),
    # 13. Half an hour of shift, one hour left of the promise: 500; 800 000 + 25 000 = 825.
    (
        "one hour is left",
        Need("P3", 2, remaining=3600),
        replace(PLAIN, ends_at=hours(0.5)),
        (1000, 1000, 0, 1000, 500),
        825,
    ),
    # 14. Late already: need ≤ 0 → 1000 whatever the shift: 850.
    (
        "late already",
        Need("P3", 2, remaining=-60),
        replace(PLAIN, ends_at=hours(0.1)),
        (1000, 1000, 0, 1000, 1000),
        850,
    ),
    # 15. Twenty hours left count as four: two hours of shift are a half: 800 000 + 25 000 = 825.
    (
        "the need is never above four hours",
        Need("P3", 2, remaining=72000),
        replace(PLAIN, ends_at=hours(2)),
        (1000, 1000, 0, 1000, 500),
        825,
    ),
    # 16. Relaxed level: asked 3, has 2, P3: |2 − 3| = 1 → 900; 360 000 + 450 000 = 810.
    (
        "below the level after waiting",
        Need("P3", 2, NETWORK, waited=7200),
        replace(PLAIN, levels={"network": 2}),
        (900, 1000, 0, 1000, 1000),
        810,
    ),
    # 17. P1 to 1.2·C: L 40 of 40 gives load 0 but fits (48 ≤ 48): 400 000 + 0 + 150 000 = 550.
    ("P1 may take a fifth more", Need("P1", 8), replace(PLAIN, load=40), (1000, 0, 0, 1000, 1000), 550),
    # 18. L 46, C 40 after relaxation (48 allowed): 1000 − 46000 // 40 = −150 → 0; 550.
    (
        "load beyond capacity is not below zero",
        Need("P3", 2, waited=7200),
        replace(PLAIN, load=46),
        (1000, 0, 0, 1000, 1000),
        550,
    ),
]


@pytest.mark.parametrize(
    ("need", "candidate", "parts", "total"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_one_person_by_hand(need: Need, candidate: Candidate, parts: tuple[int, ...], total: int) -> None:
    assert one(need, candidate) == (parts, total)


def pair(**second: Any) -> list[Candidate]:
    """Two equals, 7 and 8, and what is different about the second."""
    return [PLAIN, replace(PLAIN, id=8, **second)]


def test_fairness_takes_the_lower_median_for_newcomers() -> None:
    # 19. a: 7 → 60000·24 // 2400 = 600; 8 → 60000·40 // 2400 = 1000; 9 → 60000·48 // 2400 = 1200;
    #     10 has 479 minutes: lower median of (600, 1000, 1200) = 1000, the place 1 of 0..2.
    #     span 600: 8 and 10: 1000 − 1000·400 // 600 = 1000 − 666 = 334; 9: 0; 7: 1000.
    people = [
        replace(PLAIN, id=7, points=24, minutes=2400),
        replace(PLAIN, id=8, points=40, minutes=2400),
        replace(PLAIN, id=9, points=48, minutes=2400),
        replace(PLAIN, id=10, points=0, minutes=479),
    ]
    choice = choose(Need("P3", 2), people, NOW)
    assert [components(choice, who)[3] for who in (7, 8, 9, 10)] == [1000, 334, 0, 334]
    # 750 000 + 100·fairness: 850, 783 (783 400), 750, 783 (783 400).
    assert scores(choice) == {7: 850, 8: 783, 9: 750, 10: 783}


def test_an_even_number_of_figures_gives_the_lower_of_the_middle_two() -> None:
    # 20. a: 600 and 1200; the lower median is 600, so a newcomer counts as the least loaded: fairness 1000.
    people = [
        replace(PLAIN, id=7, points=24, minutes=2400),
        replace(PLAIN, id=8, points=48, minutes=2400),
        replace(PLAIN, id=9, minutes=0),
    ]
    assert components(choose(Need("P3", 2), people, NOW), 9)[3] == 1000


def test_a_team_of_newcomers_is_equal() -> None:
    # 21. Nobody has 480 minutes: all 1000, whatever the points.
    people = pair(points=30, minutes=100)
    assert scores(choose(Need("P3", 2), people, NOW)) == {7: 850, 8: 850}


def test_exactly_480_minutes_are_enough() -> None:
    # 22. 8: 60000·4 // 480 = 500; 7: 60000·2 // 480 = 250. Span 250: 8 has 0, 7 has 1000 → 750 against 850.
    people = [replace(PLAIN, points=2, minutes=480), replace(PLAIN, id=8, points=4, minutes=480)]
    assert scores(choose(Need("P3", 2), people, NOW)) == {7: 850, 8: 750}


def test_the_figure_of_fairness_is_floored_before_it_is_compared() -> None:
    # 23. 60000·1 // 59999 = 1 and 60000·1 // 60001 = 0 differ; 60000·1 // 30001 = 1 as well: equal to the first.
    people = [replace(PLAIN, id=n, points=1, minutes=m) for n, m in ((7, 59999), (8, 60001), (9, 30001))]
    assert [components(choose(Need("P3", 2), people, NOW), n)[3] for n in (7, 8, 9)] == [0, 1000, 0]


def test_equal_scores_go_to_the_lower_load() -> None:
    # 24. C 40: L 4 → 100 → 900 → 270 000; C 80: L 8 → 100 → the same score, 820; 4 < 8.
    choice = choose(Need("P3", 2), [replace(PLAIN, load=8, capacity=80), replace(PLAIN, id=8, load=4)], NOW)
    assert (scores(choice), choice.winner, choice.tie) == ({7: 820, 8: 820}, 8, "load")


def test_then_to_the_earlier_last_assignment() -> None:
    # 25. Equal score and load; 8 was last given something three hours ago, 7 one hour ago.
    people = [replace(PLAIN, last_at=hours(-1)), replace(PLAIN, id=8, last_at=hours(-3))]
    choice = choose(Need("P3", 2), people, NOW)
    assert (choice.winner, choice.tie) == (8, "last")


def test_whoever_was_never_given_anything_comes_before_all() -> None:
    # 26. None is earlier than any instant.
    choice = choose(Need("P3", 2), [replace(PLAIN, last_at=hours(-1000)), replace(PLAIN, id=8)], NOW)
    assert (choice.winner, choice.tie) == (8, "last")


def test_then_to_the_lower_number() -> None:
    # 27. Twins in every fact.
    choice = choose(Need("P3", 2), pair(), NOW)
    assert (choice.winner, choice.tie) == (7, "id")


def test_capacity_is_a_limit_that_may_be_reached() -> None:
    # 28. 36 + 4 = 40 ≤ 40 fits; 37 + 4 = 41 does not. P1: 40 + 8 = 48 ≤ 1.2·40 = 48; 41 + 8 = 49 does not.
    choice = choose(Need("P2", 4), [replace(PLAIN, load=36), replace(PLAIN, id=8, load=37)], NOW)
    assert (choice.winner, refused(choice)) == (7, {8: "full"})
    assert (choice.refused[0].has, choice.refused[0].needs) == (41, 40)
    urgent = choose(Need("P1", 8), [replace(PLAIN, load=40), replace(PLAIN, id=8, load=41)], NOW)
    assert urgent.winner == 7


def test_relaxation_goes_in_its_order_and_no_further_than_needed() -> None:
    # 29. Waited 15 minutes on P2. 7: 37 + 4 = 41 ≤ 48 fits with a fifth more. 8 has level 2 of 3 and would need the
    #     second step; the first is enough, so 8 stays refused.
    people = [
        replace(PLAIN, load=37, levels={"network": 3}),
        replace(PLAIN, id=8, levels={"network": 2}),
        replace(PLAIN, id=9, levels={"network": 5}, partner=True),
    ]
    need = Need("P2", 4, NETWORK, waited=900)
    choice = choose(need, people, NOW)
    assert (choice.winner, choice.step, refused(choice)) == (7, "capacity", {8: "skill"})
    second = choose(need, people[1:], NOW)
    assert (second.winner, second.step, second.below_level) == (8, "level", True)
    third = choose(need, people[2:], NOW)
    assert (third.winner, third.step) == (9, "partner")
    nobody = choose(need, [replace(PLAIN, accepts=False)], NOW)
    assert (nobody.winner, nobody.step) == (None, "lead")
    early = choose(replace(need, waited=899), people, NOW)
    assert (early.winner, early.step, early.relaxes_in, refused(early)) == (None, "", 1, {7: "full", 8: "skill"})


def test_one_level_less_is_never_no_skill_at_all() -> None:
    # 30. Asked 1, relaxed: max(1, 1 − 1) = 1; 7 has none of it, and nobody else is there.
    choice = choose(Need("P1", 8, (Wanted("network", 1),)), [PLAIN], NOW)
    assert (choice.winner, choice.step, refused(choice)) == (None, "lead", {7: "skill"})


@pytest.mark.parametrize(
    ("fact", "condition"),
    [
        ({"accepts": False}, "accepts"),
        ({"absent": True, "absent_until": hours(90)}, "absent"),
        ({"on_shift": False, "next_at": hours(14)}, "off_shift"),
        ({"away": True}, "away"),
        ({"sees": False}, "sees"),
        ({"id": 99}, "requester"),
        ({"declined": True}, "declined"),
        ({"levels": {"network": 2}}, "skill"),
        ({"load": 39}, "full"),
    ],
)
def test_each_filter_names_itself(fact: dict[str, Any], condition: str) -> None:
    fit = replace(PLAIN, levels={"network": 3})
    choice = choose(Need("P3", 2, NETWORK, requester=99), [fit, replace(replace(fit, id=8), **fact)], NOW)
    assert choice.winner == 7
    assert list(refused(choice).values()) == [condition]


def test_people_on_call_count_only_where_the_need_says_so() -> None:
    asleep = replace(PLAIN, on_shift=False, on_call=True)
    assert choose(Need("P1", 8), [asleep], NOW).winner is None
    assert choose(Need("P1", 8, on_call=True), [asleep], NOW).winner == 7


def test_taking_turns_asks_the_same_filters_and_no_score() -> None:
    people = [
        replace(PLAIN, load=30, last_at=hours(-5)),
        replace(PLAIN, id=8, last_at=hours(-1)),
        replace(PLAIN, id=9, away=True),
    ]
    choice = choose(Need("P3", 2, turns=True), people, NOW)
    assert (choice.winner, refused(choice)) == (7, {9: "away"})


def test_the_nearest_change_of_the_worked_example() -> None:
    # P2: Boris 675 leads Vera (580) by 95 and Anna (578) by 97. Boris's load, per point of 20: 50 · 0.3 = 15 points of
    # score; 6 more make 700 → 400: 675 − 90 = 585 > 580; 7 more: 675 − 105 = 570 < 580. Anna's would have to fall by
    # 97 / 15 → 7 points as well: 12 → 5: 578 + 105 = 683 > 675. Equal in size (350); the kinds go by name.
    change = choose(Need("P2", 4, NETWORK), [ANNA, BORIS, VERA], NOW).nearest
    assert change is not None
    assert (change.kind, change.by, change.measure) == ("load_less", 7, 350)
    # Vera: 16 − 7 = 9: 1000 − 450 = 550, 580 + 105 = 685: the same size; the lower id of the two is Anna's.
    assert (change.id, change.then) == (1, 1)


def test_somebody_just_over_the_limit_is_the_nearest_change() -> None:
    # 8 is the better one (continuity 1000 → +150) and one point over: 39 + 2 = 41 > 40, 1000·1 // 40 = 25 in size;
    # with 38 its load is 1000 − 950 = 50: 400 + 15 + 150 + 100 + 50 = 715; 7 carries 38 too and has 565. Making 7
    # heavier by 3 would leave nobody: 75 in size.
    people = [replace(PLAIN, load=38), replace(PLAIN, id=8, load=39, continuity="solved")]
    change = choose(Need("P3", 2), people, NOW).nearest
    assert change is not None
    assert (change.kind, change.id, change.by, change.then) == ("full", 8, 1, 8)
