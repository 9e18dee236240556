"""From the story of a ticket to the histories that its clocks are read from: one per metric and cycle; no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias, cast

from otklik.businesstime import Timetable
from otklik.sla.cycles import Cycle, Utterance, first_response, next_responses, periodic_updates
from otklik.sla.history import Binding, History, Mode, Pause, Unit, capped
from otklik.sla.joining import joined
from otklik.sla.pausing import rests
from otklik.sla.selection import Terms
from otklik.sla.story import Bound, Story, TeamSpell, rests_of, second
from otklik.sla.targets import instances as split

CalendarOf: TypeAlias = Callable[[int], Timetable]
TermsOf: TypeAlias = Callable[[Bound], Terms]

_FROM_OPENING = frozenset({"first_response", "resolution"})  # what the opening of a merged ticket may breach
UNBOUND_TARGET = 10**9  # seconds: stands for "no target yet" before a metric is bound for the first time


@dataclass(frozen=True, slots=True)
class Instance:
    """One clock: its metric and cycle, the target in force at its end, and the history it is read from.

    ``asks_again``: another target holds than when a date was agreed; ``waiver`` is why its breach was waived;
    ``lapsed`` is set when the target went away while the clock ran: it is then not applicable from that instant.
    """

    metric: str
    cycle: int
    terms: Terms
    bound: Bound
    history: History
    team: int | None = None
    lapsed: bool = False
    waiver: str = ""
    asks_again: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """Metric and cycle."""
        return self.metric, self.cycle


@dataclass(frozen=True, slots=True)
class _Draft:
    metric: str
    cycle: int
    start: datetime
    stop: datetime | None
    cancelled: bool = False
    team: int | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()  # outside of the team's own times
    returns: tuple[tuple[datetime, datetime], ...] = ()


def instances(story: Story, terms_of: TermsOf, calendar_of: CalendarOf) -> list[Instance]:
    """All clocks of a ticket for which a target was bound."""
    if not story.merges:
        return _instances(story, terms_of, calendar_of)
    alone = {one.key: one.history for one in _instances(replace(story, merges=[]), terms_of, calendar_of)}
    return [
        replace(one, history=replace(one.history, own=alone.get(one.key))) if one.metric in _FROM_OPENING else one
        for one in _instances(joined(story), terms_of, calendar_of)
    ]


def _instances(story: Story, terms_of: TermsOf, calendar_of: CalendarOf) -> list[Instance]:
    found: list[Instance] = []
    for draft in _drafts(story):
        found += _built(story, draft, terms_of, calendar_of)
    return found


def _drafts(story: Story) -> Iterator[_Draft]:
    said = sorted(story.said.values(), key=lambda word: word.at)
    end = story.cancelled[-1][0] if story.is_cancelled else None
    drafts = [*_answers(story, said), *_solution(story), *_team_clocks(story)]
    for draft in drafts:
        if end is not None and (draft.stop is None or draft.stop > end):
            yield replace(draft, stop=max(end, draft.start), cancelled=True)
        else:
            yield draft


def _answers(story: Story, said: Sequence[Utterance]) -> Iterator[_Draft]:
    solved = story.resolved[-1][0] if story.is_resolved else None
    live = story.live
    if story.requester is not None:
        first = first_response(story.opened_at, said, live=live)
        ended = min([at for at in (first.stop, *story.solved_at) if at is not None], default=None)
        yield _draft("first_response", 1, Cycle(story.opened_at, ended))
    returns = tuple((a, b) for a, b in story.resolved if b is not None)
    asked = next_responses(
        story.opened_at,
        _with_first(story, said),
        resolved=story.solved_at,
        not_needed=story.not_needed,
        live=live,
    )
    for number, cycle in enumerate(asked, 1):
        yield _draft("next_response", number, cycle)
    updates = periodic_updates(story.opened_at, _with_first(story, said), ended=solved)
    for number, cycle in enumerate(updates, 1):
        if solved is not None and second(cycle.start) >= solved:
            continue  # the solution was the last word
        inside = tuple(pair for pair in returns if pair[0] >= cycle.start)
        yield replace(_draft("periodic_update", number, cycle), returns=inside)


def _with_first(story: Story, said: Sequence[Utterance]) -> Sequence[Utterance]:
    """A ticket logged during a live contact was answered at its opening."""
    return [Utterance(story.opened_at, staff=True), *said] if story.live else said


def _draft(metric: str, number: int, cycle: Cycle) -> _Draft:
    return _Draft(metric, number, second(cycle.start), second(cycle.stop) if cycle.stop else None, cycle.cancelled)


def _solution(story: Story) -> Iterator[_Draft]:
    returns = tuple((a, b) for a, b in story.resolved if b is not None)
    stop = story.resolved[-1][0] if story.is_resolved else None
    yield _Draft("resolution", 1, story.opened_at, stop, returns=returns)


def _team_clocks(story: Story) -> Iterator[_Draft]:
    solved = story.resolved[-1][0] if story.is_resolved else None
    for number, spell in enumerate(story.spells, 1):
        ends = [at for at in (spell.taken_at, spell.until, solved) if at is not None]
        yield _Draft("ack", number, spell.since, max(min(ends), spell.since) if ends else None, team=spell.team)
    teams: dict[int, list[TeamSpell]] = {}
    for spell in story.spells:
        teams.setdefault(spell.team, []).append(spell)
    returns = tuple((a, b) for a, b in story.resolved if b is not None)
    for number, (team, spells) in enumerate(teams.items(), 1):
        gaps = tuple((a.until, b.since) for a, b in pairwise(spells) if a.until is not None)
        ends = [at for at in (spells[-1].until, solved) if at is not None]
        stop = max(min(ends), spells[0].since) if ends else None
        yield _Draft("hold", number, spells[0].since, stop, team=team, gaps=gaps, returns=returns)


def _built(story: Story, draft: _Draft, terms_of: TermsOf, calendar_of: CalendarOf) -> Iterator[Instance]:
    held = [one for one in story.bound if one.metric == draft.metric]
    until = draft.stop
    begun = [one for one in held if until is None or one.since <= until]
    if not begun:
        return
    last = begun[-1]
    lapsed = last.target is None
    if lapsed:
        if last.since <= draft.start:
            return
        draft = replace(draft, stop=last.since, cancelled=True)
        begun = [one for one in begun if one.target is not None]
        if not begun:
            return
        last = begun[-1]
    terms = terms_of(last)
    history = History(
        anchor=draft.start,
        bindings=_bindings(draft.start, [one for one in begun if one.target is not None], calendar_of),
        stop=_stop(story, draft, terms),
        pauses=_pauses(story, draft, terms),
        resolved=draft.returns,
        reopen=terms.reopen if draft.metric == "resolution" else "continue",
        keep_breach=terms.keep_breach,
        cancelled=draft.cancelled,
        negotiated=story.negotiated if draft.metric == "resolution" else None,
    )
    asks_again = history.negotiated is not None and story.renegotiate
    for number, part in enumerate(split(history), draft.cycle):
        waiver = story.waived.get((draft.metric, number))
        held_part = replace(part, waived=waiver is not None)
        yield Instance(draft.metric, number, terms, last, held_part, draft.team, lapsed, waiver or "", asks_again)


def _stop(story: Story, draft: _Draft, terms: Terms) -> datetime | None:
    if draft.metric == "resolution" and terms.stop_on == "restored" and story.restored_at is not None:
        restored = max(story.restored_at, draft.start)
        return min(draft.stop, restored) if draft.stop else restored
    return draft.stop


def _bindings(start: datetime, bound: Sequence[Bound], calendar_of: CalendarOf) -> tuple[Binding, ...]:
    rows = [
        Binding(one.since, one.value, calendar_of(one.calendar), cast(Unit, one.unit), cast(Mode, one.mode))
        for one in bound
    ]
    if rows[0].at > start:
        # Bound only later: until then the metric had no target that could be missed, but the wait is the same wait.
        rows.insert(0, Binding(start, UNBOUND_TARGET, rows[0].calendar))
    return tuple(rows)


def _pauses(story: Story, draft: _Draft, terms: Terms) -> tuple[Pause, ...]:
    waits = tuple(
        Pause(one.since, one.until, one.reason)
        for one in rests_of(story)
        if rests(draft.metric, one.reason, terms.pauses) and (one.until is None or one.since < one.until)
    )
    if terms.pause_count is not None or terms.pause_seconds is not None:
        waits = capped(waits, now=story.read_at, count=terms.pause_count, seconds=terms.pause_seconds)
    return waits + tuple(Pause(a, b, "other_team") for a, b in draft.gaps)
