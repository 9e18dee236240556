"""PURE: which of these people gets this ticket, and why (domain.md §6.3-6.5): integers only, the same in any order.

``choose`` filters, scores and orders; where nobody is left it goes through the steps of relaxation that the waiting
time allows. It says of everybody refused the first condition that failed, and which small change of the facts would
have altered the result (``nearest.py``). Nothing here reads a clock or a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

FULL = 1000  # every component of the score runs from 0 to this
LONGEST_NEED = 4 * 3600  # seconds; need = min(remaining resolution time, 4 h)
LEAST_MINUTES = 480  # on shift in five business days; with fewer the fairness figure is the others' lower median
EXTRA = 20  # per cent of capacity that P1 may take, and that the first step of relaxation allows
STEPS = ("", "capacity", "level", "partner", "lead")  # §6.5, in this order; each step keeps those before it
CAPACITY, LEVEL, PARTNER, LEAD = 1, 2, 3, 4  # places in it
COMPONENTS = ("skill", "load", "continuity", "fairness", "time")
CONTINUITY = {"": 0, "organisation": 500, "solved": 1000, "requester": 1000, "former": 1000}
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weights:
    """Versioned weights of the five components, in thousandths (they sum to 1000), and when relaxation begins.

    Args:
        relax_after: seconds of the team's calendar from the opening of the need, by priority.
    """

    version: int = 0
    skill: int = 400
    load: int = 300
    continuity: int = 150
    fairness: int = 100
    time: int = 50
    relax_after: Mapping[str, int] = field(
        default_factory=lambda: {"P1": 0, "P2": 15 * 60, "P3": 2 * 3600, "P4": 8 * 3600}
    )


SHIPPED = Weights()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A skill that the work asks for: its code, the level 1..5, required or only preferred."""

    skill: str
    level: int
    required: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    """What a ticket asks of whoever gets it.

    Args:
        weight: its points (P1 8, P2 4, P3 2, P4 1, or the item's).
        remaining: seconds left of ``resolution``; None where nothing was promised (counts as the longest need).
        waited: seconds of the team's calendar that it has waited for somebody.
        on_call: people on call count as available (P1 out of hours).
        turns: take turns instead of scores (mode ``round_robin``); the filters are the same.
    """

    priority: str
    weight: int
    skills: tuple[Wanted, ...] = ()
    remaining: int | None = None
    requester: int | None = None
    waited: int = 0
    on_call: bool = False
    turns: bool = False

    @property
    def seconds(self) -> int:
        """Working time the solution may need: never more than four hours, 0 where it is late already."""
        return LONGEST_NEED if self.remaining is None else max(0, min(self.remaining, LONGEST_NEED))

    @property
    def urgent(self) -> bool:
        """P1 and P2 want the strongest; for the others experts are spared."""
        return self.priority in ("P1", "P2")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One member of the team as the facts stand now.

    Args:
        levels: confirmed level 1..5 by code of skill.
        load: points of own live tickets; ``capacity``: points the person may carry.
        continuity: '', 'organisation', 'solved', 'requester' or 'former' (§6.4).
        points, minutes: points auto-assigned and minutes on shift in the last five business days.
        ends_at: when the shift, or the time on call, ends; ``next_at``: when the next shift begins.
        partner: comes from the partner team, so counts only after the step that asks it.
    """

    id: int
    accepts: bool = True
    on_shift: bool = True
    on_call: bool = False
    absent: bool = False
    away: bool = False
    sees: bool = True
    declined: bool = False
    levels: Mapping[str, int] = field(default_factory=dict)
    load: int = 0
    capacity: int = 40
    continuity: str = ""
    points: int = 0
    minutes: int = 0
    last_at: datetime | None = None
    ends_at: datetime | None = None
    next_at: datetime | None = None
    absent_until: datetime | None = None
    partner: bool = False


class Refusal(NamedTuple):
    """Somebody who may not get it: the first condition that failed, with its values.

    Args:
        condition: 'accepts', 'absent', 'off_shift', 'away', 'sees', 'requester', 'declined', 'skill' or 'full'.
        has, needs: levels for 'skill'; load with this ticket and the limit for 'full'.
        until: return for 'absent', the next shift for 'off_shift'.
        alone: nothing else failed.
    """

    id: int
    condition: str
    has: int = 0
    needs: int = 0
    skill: str = ""
    until: datetime | None = None
    alone: bool = True


class Scored(NamedTuple):
    """Somebody who may get it, with the five components and the sum, and the facts behind ties."""

    id: int
    score: int
    skill: int
    load: int
    continuity: int
    fairness: int
    time: int
    points: int  # load in points, the first tie-break
    last_at: datetime | None = None
    below: tuple[str, ...] = ()  # skills asked at a level that this person has not
    partner: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest single change of the facts that would have given another result.

    Args:
        kind: 'load_more' (the winner's), 'load_less', 'level', 'shift', 'continuity' of a loser, or the condition that
            kept one of the refused out.
        id: whose fact.
        by: points, levels (signed) or seconds.
        measure: size in thousandths of the fact's own range, by which changes are compared.
        then: who would have been chosen; None for nobody.
    """

    kind: str
    id: int
    by: int
    measure: int
    then: int | None
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer: ``winner`` is None where nobody is available.

    Args:
        scored: everybody eligible, best first; the first is the winner.
        refused: everybody else, by id.
        step: the step of relaxation that was needed, '' for none; 'lead' where even the last found nobody.
        tie: what decided between the first two of equal score: 'load', 'last', 'id', or '' without a tie.
        relaxes_in: seconds of the team's calendar until relaxation begins, None once it has.
    """

    winner: int | None
    scored: tuple[Scored, ...]
    refused: tuple[Refusal, ...]
    step: str = ""
    tie: str = ""
    nearest: Change | None = None
    relaxes_in: int | None = None

    @property
    def below_level(self) -> bool:
        """The winner has less than the required level of some skill."""
        return bool(self.scored and self.scored[0].below)


def choose(need: Need, candidates: Iterable[Candidate], now: datetime, weights: Weights = SHIPPED) -> Choice:
    """Choose by §6.3-6.5. The order of ``candidates`` does not matter; ids must differ."""
    from otklik.routing import nearest

    people = sorted(candidates, key=lambda one: one.id)
    found = settle(need, people, now, weights)
    return Choice(
        winner=found.ranked[0].id if found.ranked else None,
        scored=tuple(found.ranked),
        refused=tuple(found.refused),
        step=STEPS[found.step],
        tie=_tie(need, found.ranked),
        nearest=nearest.change(need, people, now, weights, found),
        relaxes_in=None if relaxed(need, weights) else weights.relax_after[need.priority] - need.waited,
    )


@dataclass(slots=True)
class Found:
    """What one walk through the steps came to; ``eligible`` in the order of ids."""

    step: int
    eligible: list[Candidate]
    ranked: list[Scored]
    refused: list[Refusal]


def relaxed(need: Need, weights: Weights) -> bool:
    """Has it waited long enough for relaxation?"""
    return need.waited >= weights.relax_after[need.priority]


def settle(need: Need, people: Sequence[Candidate], now: datetime, weights: Weights) -> Found:
    """Walk the steps until somebody is eligible; ``people`` in the order of ids."""
    last = len(STEPS) - 2 if relaxed(need, weights) else 0
    for step in range(last + 1):
        eligible: list[Candidate] = []
        refused: list[Refusal] = []
        asked = [(one.skill, asked_level(one, step)) for one in need.skills if one.required]
        for one in people:
            if one.partner and step < PARTNER:
                continue
            if _fits(need, one, asked, limit_of(need, one.capacity, step)):
                eligible.append(one)
            elif (refusal := why_not(need, one, step)) is not None:
                refused.append(refusal)
        if eligible:
            return Found(step, eligible, rank(need, eligible, now, weights), refused)
    return Found(LEAD if last else 0, [], [], refused)


def _fits(need: Need, one: Candidate, asked: Sequence[tuple[str, int]], limit: int) -> bool:
    """The conditions of ``_failing`` as one quick question."""
    return (
        one.accepts
        and not one.absent
        and (one.on_shift or (one.on_call and need.on_call))
        and not one.away
        and one.sees
        and one.id != need.requester
        and not one.declined
        and one.load + need.weight <= limit
        and all(one.levels.get(skill, 0) >= level for skill, level in asked)
    )


def limit_of(need: Need, capacity: int, step: int) -> int:
    """Points that somebody may carry with this ticket: C; 1.2·C for P1; a fifth of C more once relaxed."""
    percent = 100 + EXTRA * (need.priority == "P1") + EXTRA * (step >= CAPACITY)
    return capacity * percent // 100


def asked_level(wanted: Wanted, step: int) -> int:
    """Level that the filter asks: one less once relaxed, but never nobody's skill."""
    return max(1, wanted.level - 1) if step >= LEVEL else wanted.level


def why_not(need: Need, one: Candidate, step: int) -> Refusal | None:
    """The first failing condition of §6.3, None for an eligible person."""
    failing = _failing(need, one, step)
    first = next(failing, None)
    if first is None or next(failing, None) is None:
        return first
    return Refusal(first.id, first.condition, first.has, first.needs, first.skill, first.until, alone=False)


def _failing(need: Need, one: Candidate, step: int) -> Iterator[Refusal]:
    if not one.accepts:
        yield Refusal(one.id, "accepts")
    if one.absent:
        yield Refusal(one.id, "absent", until=one.absent_until)
    elif not one.on_shift and not (one.on_call and need.on_call):
        yield Refusal(one.id, "off_shift", until=one.next_at)
    if one.away:
        yield Refusal(one.id, "away")
    if not one.sees:
        yield Refusal(one.id, "sees")
    if one.id == need.requester:
        yield Refusal(one.id, "requester")
    if one.declined:
        yield Refusal(one.id, "declined")
    for wanted in need.skills:
        if wanted.required and (has := one.levels.get(wanted.skill, 0)) < (asks := asked_level(wanted, step)):
            yield Refusal(one.id, "skill", has, asks, wanted.skill)
    if one.load + need.weight > (limit := limit_of(need, one.capacity, step)):
        yield Refusal(one.id, "full", one.load + need.weight, limit)


# -- the score (§6.4) ----------------------------------------------------------------------------------------------
def rank(need: Need, eligible: Sequence[Candidate], now: datetime, weights: Weights) -> list[Scored]:
    """Score everybody and put the best first."""
    fairness = fairness_of(eligible)
    scored = [score(need, one, fairness[one.id], now, weights) for one in eligible]
    return sorted(scored, key=turn if need.turns else order)


def score(need: Need, one: Candidate, fairness: int, now: datetime, weights: Weights) -> Scored:
    """The five components and their weighted sum, by floor division."""
    skill, below = _skill(need, one.levels)
    load = max(0, FULL - FULL * one.load // one.capacity) if one.capacity > 0 else 0
    continuity = CONTINUITY[one.continuity]
    time = _time(need.seconds, one.ends_at, now)
    sum_ = (
        weights.skill * skill
        + weights.load * load
        + weights.continuity * continuity
        + weights.fairness * fairness
        + weights.time * time
    ) // FULL
    return Scored(one.id, sum_, skill, load, continuity, fairness, time, one.load, one.last_at, below, one.partner)


def total(one: Scored, fairness: int, weights: Weights) -> int:
    """The sum of somebody scored, with another fairness."""
    return (
        weights.skill * one.skill
        + weights.load * one.load
        + weights.continuity * one.continuity
        + weights.fairness * fairness
        + weights.time * one.time
    ) // FULL


def order(one: Scored) -> tuple[int, int, datetime, int]:
    """Best score; then the lower load, the earlier last assignment, the lower id."""
    return -one.score, one.points, one.last_at or _LONG_AGO, one.id


def turn(one: Scored) -> tuple[datetime, int]:
    """Taking turns: whoever has waited longest for a ticket; then the lower id."""
    return one.last_at or _LONG_AGO, one.id


def _skill(need: Need, levels: Mapping[str, int]) -> tuple[int, tuple[str, ...]]:
    """The weighted mean over the skills, and the codes of required ones held below their level."""
    if not need.skills:
        return FULL, ()
    total = parts = 0
    below: tuple[str, ...] = ()
    urgent = need.urgent
    for wanted in need.skills:
        has = levels.get(wanted.skill, 0)
        share = 2 if wanted.required else 1
        parts += share
        if has or wanted.required:
            total += share * (200 * has if urgent else FULL - 100 * abs(has - wanted.level))
        if wanted.required and has < wanted.level:
            below = (*below, wanted.skill)
    return total // parts, below


def _time(need: int, ends_at: datetime | None, now: datetime) -> int:
    if need <= 0:
        return FULL
    rest = need if ends_at is None else max(0, int((ends_at - now).total_seconds()))
    return FULL * min(rest, need) // need


def fairness_of(eligible: Sequence[Candidate]) -> dict[int, int]:
    """Fairness of each eligible person: 1000 for whoever got least per minute on shift, 0 for whoever got most.

    People with fewer than 480 minutes count as the lower median of the others; where nobody has as many, all are equal.
    """
    figures = {one.id: 60000 * one.points // one.minutes for one in eligible if one.minutes >= LEAST_MINUTES}
    known = sorted(figures.values())
    if not known or known[0] == known[-1]:
        return {one.id: FULL for one in eligible}
    least, span, median = known[0], known[-1] - known[0], known[(len(known) - 1) // 2]
    return {one.id: FULL - FULL * (figures.get(one.id, median) - least) // span for one in eligible}


def _tie(need: Need, ranked: Sequence[Scored]) -> str:
    if need.turns or len(ranked) < 2 or ranked[0].score != ranked[1].score:
        return ""
    first, second = ranked[0], ranked[1]
    if first.points != second.points:
        return "load"
    return "last" if first.last_at != second.last_at else "id"
