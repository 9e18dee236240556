"""PURE: the smallest single change of the facts that would have given the ticket to somebody else.

Changes are compared by their size in thousandths of the fact's own range: points of capacity, levels of five, seconds
of the need; yes-or-no facts (a shift, an absence) count whole. Every change named was tried on the choice itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from otklik.routing.choice import (
    CONTINUITY,
    FULL,
    PARTNER,
    STEPS,
    Candidate,
    Change,
    Found,
    Need,
    Refusal,
    Scored,
    Weights,
    fairness_of,
    limit_of,
    order,
    score,
    settle,
    total,
    turn,
    why_not,
)

LOSERS, TRIED = 3, 4  # how many of the next best, and of the refused, are looked at
MENDED = {
    "accepts": {"accepts": True},
    "away": {"away": False},
    "absent": {"absent": False, "on_shift": True, "ends_at": None},
    "off_shift": {"on_shift": True, "ends_at": None},
}


def change(need: Need, people: Sequence[Candidate], now: datetime, weights: Weights, found: Found) -> Change | None:
    """The nearest change, None where no single fact of those that count would have altered the result."""
    by_id = {one.id: one for one in people}
    options: list[Change] = []
    if found.ranked and not need.turns:
        options += _of_winner(need, people, now, weights, found)
        for loser in found.ranked[1 : 1 + LOSERS]:
            options += _of_loser(need, by_id[loser.id], loser, now, weights, found)
    best = min(options, key=_size, default=None)
    hopes = sorted(_mendable(need, by_id, found), key=lambda pair: _size(pair[0]))
    for hope, mended in hopes[:TRIED]:
        if best is not None and _size(hope) >= _size(best):
            break
        if _wins(need, mended, now, weights, found):
            return hope
    return best


def _size(one: Change) -> tuple[int, str, int, str]:
    return one.measure, one.kind, one.id, one.skill


def _share(amount: int, whole: int) -> int:
    """Thousandths, rounded up: a change is never smaller than nothing."""
    return max(1, -(-FULL * amount // whole)) if whole > 0 else FULL


def _of_winner(
    need: Need, people: Sequence[Candidate], now: datetime, weights: Weights, found: Found
) -> Iterator[Change]:
    """More load on the winner, until the next is better or the winner is full."""
    first = next(one for one in found.eligible if one.id == found.ranked[0].id)
    room = limit_of(need, first.capacity, found.step) - need.weight - first.load

    def loses(more: int) -> bool:
        heavier = replace(first, load=first.load + more)
        return order(score(need, heavier, found.ranked[0].fairness, now, weights)) > order(found.ranked[1])

    if len(found.ranked) > 1 and (more := _least(loses, room)):
        yield Change("load_more", first.id, more, _share(more, first.capacity), found.ranked[1].id)
        return
    heavier = replace(first, load=first.load + room + 1)
    instead = settle(need, [heavier if one.id == first.id else one for one in people], now, weights)
    then = instead.ranked[0].id if instead.ranked else None
    if then != first.id:
        yield Change("load_more", first.id, room + 1, _share(room + 1, first.capacity), then)


def _least(holds: Callable[[int], bool], most: int) -> int:
    """The least number of 1..most for which something holds that goes on holding; 0 for none."""
    if most < 1 or not holds(most):
        return 0
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _of_loser(
    need: Need, one: Candidate, was: Scored, now: datetime, weights: Weights, found: Found
) -> Iterator[Change]:
    """Less load, another level, a longer shift or continuity of somebody who lost."""

    def beats(changed: Candidate) -> bool:
        if _earlier(need, changed, found):
            return True
        if why_not(need, changed, found.step) is not None:
            return False
        return order(score(need, changed, was.fairness, now, weights)) < order(found.ranked[0])

    if less := _least(lambda less: beats(replace(one, load=one.load - less)), one.load):
        yield Change("load_less", one.id, less, _share(less, one.capacity), one.id)
    for wanted in need.skills:
        has = one.levels.get(wanted.skill, 0)
        for level in sorted(range(1, 6), key=lambda level: (abs(level - has), level)):
            if level != has and beats(replace(one, levels={**one.levels, wanted.skill: level})):
                size = 200 * abs(level - has)
                yield Change("level", one.id, level - has, size, one.id, wanted.skill)
                break
    yield from _by_time(need, one, now, beats)
    if CONTINUITY[one.continuity] < FULL and beats(replace(one, continuity="solved")):
        yield Change("continuity", one.id, 1, FULL, one.id)


def _by_time(need: Need, one: Candidate, now: datetime, beats: Callable[[Candidate], bool]) -> Iterator[Change]:
    if one.ends_at is None or need.seconds <= 0:
        return
    rest = max(0, int((one.ends_at - now).total_seconds()))
    longer = _least(lambda more: beats(replace(one, ends_at=now + timedelta(seconds=rest + more))), need.seconds - rest)
    if longer:
        yield Change("shift", one.id, longer, _share(longer, need.seconds), one.id)


def _mendable(need: Need, by_id: dict[int, Candidate], found: Found) -> Iterator[tuple[Change, Candidate]]:
    """The refused of whom one condition failed that can be otherwise, as they would be then."""
    for no in found.refused:
        if no.alone and (hope := _mended(need, by_id[no.id], no, found)) is not None:
            yield hope


def _mended(need: Need, one: Candidate, no: Refusal, found: Found) -> tuple[Change, Candidate] | None:
    if no.condition == "full":
        over = no.has - no.needs
        if over > one.load:
            return None
        return Change("full", one.id, over, _share(over, one.capacity), one.id), replace(one, load=one.load - over)
    if no.condition == "skill":
        lacks = no.needs - no.has
        better = replace(one, levels={**one.levels, no.skill: no.needs})
        return Change("skill", one.id, lacks, 200 * lacks, one.id, no.skill), better
    if no.condition in MENDED:
        return Change(no.condition, one.id, 1, FULL, one.id), replace(one, **MENDED[no.condition])  # type: ignore[arg-type]  # the keys are fields of Candidate
    return None


def _earlier(need: Need, one: Candidate, found: Found) -> bool:
    """Eligible at a step before the one that was needed, where nobody else is."""
    steps = range(PARTNER if one.partner else 0, min(found.step, len(STEPS) - 1))
    return any(why_not(need, one, step) is None for step in steps)


def _wins(need: Need, mended: Candidate, now: datetime, weights: Weights, found: Found) -> bool:
    """Would this person be chosen? At the steps before, nobody else was eligible; at this one, those who are ranked."""
    if _earlier(need, mended, found):
        return True
    if not found.eligible:
        return why_not(need, mended, found.step) is None
    fairness = fairness_of([*found.eligible, mended])
    mine = score(need, mended, fairness[mended.id], now, weights)
    if need.turns:
        return turn(mine) < turn(found.ranked[0])
    return all(order(mine) < order(_again(one, fairness[one.id], weights)) for one in found.ranked)


def _again(one: Scored, fairness: int, weights: Weights) -> Scored:
    """The same person under another yardstick of fairness."""
    return one if one.fairness == fairness else one._replace(fairness=fairness, score=total(one, fairness, weights))
