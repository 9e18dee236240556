"""The front door: decide who gets a ticket, keep the decision, and put somebody on it where the team wants it so.

One transaction locks the ticket first and then the person chosen; his load is read again under the lock, so that many
tickets at once never fill anybody beyond the limit. Whoever turns out to be full is let go (a savepoint is rolled back)
and the choice is made anew.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.journal import bulk
from otklik.journal.questions import Question
from otklik.journal.record import SYSTEM, canonical
from otklik.people.models import Person, Team
from otklik.routing import keeping, paging
from otklik.routing.choice import STEPS, Choice, choose, limit_of
from otklik.routing.events import AssignmentScored, AssignmentUnavailable
from otklik.routing.frozen import answer, freeze, recomputed
from otklik.routing.gather import TAKES, Asked, fresh_load, gather
from otklik.routing.models import Decision
from otklik.tickets import desk
from otklik.tickets.models import Ticket

AT_ONCE = frozenset({"auto", "round_robin"})  # modes that put somebody on it without asking
_TICKET = Question(
    lambda key: (
        Ticket.objects.select_for_update(of=("self",)).select_related("team", "requester", "service").filter(pk=key)
    )
)
_STANDING = Question(
    lambda ticket: Decision.objects.filter(ticket=ticket, state__in=Decision.STANDING).order_by("pk")[:1]
)
TRIES = 50  # people who fill up while we look; each was free a moment before


class Full(Exception):
    """The person chosen was given something else meanwhile."""


def subject_row(key: UUID) -> Ticket:
    """The ticket, locked; before any person."""
    return _TICKET.one(key)


@transaction.atomic(savepoint=False)
def decide(ticket: Ticket | UUID) -> Decision | None:
    """Look for somebody, if the ticket wants one; the standing decision afterwards, or the one just carried out."""
    row = subject_row(ticket.pk if isinstance(ticket, Ticket) else ticket)
    standing = _STANDING.first(row.pk)
    if row.assignee_id is not None or row.status not in TAKES or row.team is None or not row.team.is_active:
        _overtake(standing)
        return None
    for _try in range(TRIES):
        asked = gather(row, clock.now())
        if asked.nobody_there and row.priority == "P1":
            paging.begin(row)
        if row.team.mode == "pull":
            _overtake(standing)
            return None
        try:
            return _carry_out(row, standing, asked)
        except Full:
            continue
    raise RuntimeError(f"everybody for ticket {row.number} filled up {TRIES} times")


def _carry_out(row: Ticket, standing: Decision | None, asked: Asked) -> Decision | None:
    now = clock.now()
    choice = choose(asked.need, asked.people, now, asked.weights)
    assert row.team is not None
    at_once = row.team.mode in AT_ONCE and choice.winner is not None
    winner = None
    if at_once:
        with transaction.atomic():  # whoever is full is let go: his lock goes with the savepoint
            winner = _reserved(choice, asked)
    if standing is not None and not at_once and _says_the_same(standing, choice):
        Decision.objects.filter(pk=standing.pk).update(checked_at=now)
        return standing
    _overtake(standing)
    decision = _keep(row, row.team, choice, asked, at_once=at_once)
    desk.move_on(row, _fact(decision, choice), actor=SYSTEM)
    clock.faultpoint("routing.decided")
    if winner is not None:
        _assign(row, winner, decision, choice)
    return decision


def _reserved(choice: Choice, asked: Asked) -> Person:
    """Lock the person chosen and read the load again; raises `Full`."""
    person = Person.objects.select_for_update(no_key=True).get(pk=choice.winner or 0)
    one = next(one for one in asked.people if one.id == choice.winner)
    limit = limit_of(asked.need, one.capacity, STEPS.index(choice.step))
    if fresh_load(person.pk, asked.points) + asked.need.weight > limit:
        raise Full
    return person


def _says_the_same(standing: Decision, choice: Choice) -> bool:
    was = standing.result
    if was["winner"] != choice.winner or was["step"] != choice.step:
        return False
    if choice.winner is not None:
        return [one["id"] for one in was["scored"][:3]] == [one.id for one in choice.scored[:3]]
    refused = [(one["id"], one["condition"]) for one in was["refused"]]
    return refused == [(one.id, one.condition) for one in choice.refused]


def _overtake(standing: Decision | None) -> None:
    if standing is not None:
        standing.state = Decision.State.OVERTAKEN
        keeping.close(standing, at=clock.now())


def _keep(row: Ticket, team: Team, choice: Choice, asked: Asked, *, at_once: bool) -> Decision:
    now = clock.now()
    state = Decision.State.ASSIGNED if at_once else Decision.State.PROPOSED
    decision = Decision(
        ticket=row,
        team=team,
        mode=team.mode,
        made_at=now,
        inputs=freeze(asked.need, asked.people, now, asked.weights),
        result=answer(choice),
        rule=asked.rule,
        weights_version=asked.weights.version,
        winner_id=choice.winner,
        points=asked.need.weight,
        state=Decision.State.UNAVAILABLE if choice.winner is None else state,
        checked_at=now,
        settled_at=now if at_once else None,
        settled_by=str(SYSTEM) if at_once else "",
        taken_by_id=choice.winner if at_once else None,
    )
    bulk.add(decision)
    return decision


def digest_of(inputs: dict[str, Any]) -> str:
    """SHA-256 of frozen inputs, as the journal holds it."""
    return hashlib.sha256(canonical(inputs)).hexdigest()


def _fact(decision: Decision, choice: Choice) -> AssignmentScored | AssignmentUnavailable:
    inputs = digest_of(decision.inputs)
    if choice.winner is None:
        return AssignmentUnavailable(
            decision=decision.pk,
            team=decision.team_id,
            refused=[{"id": one["id"], "condition": one["condition"]} for one in decision.result["refused"]],
            inputs=inputs,
            step=choice.step,
            lead=choice.step == "lead",
        )
    names = ("id", "score", "skill", "load", "continuity", "fairness", "time")
    return AssignmentScored(
        decision=decision.pk,
        mode=decision.mode,
        team=decision.team_id,
        winner=choice.winner,
        best=[{name: one[name] for name in names} for one in decision.result["scored"][:3]],
        inputs=inputs,
        weights_version=decision.weights_version,
        step=choice.step,
        below_level=choice.below_level,
    )


def _assign(row: Ticket, winner: Person, decision: Decision, choice: Choice) -> None:
    """Put the winner on it; somebody of the partner team takes the ticket along to that team."""
    best = choice.scored[0]
    partner = row.team.partner if best.partner and row.team is not None else None
    because = [f"{name}:{getattr(best, name)}" for name in ("skill", "load", "continuity", "fairness", "time")]
    desk.assign(row, to=winner, team=partner, mode=decision.mode, because=because, actor=SYSTEM)


def recompute(decision: Decision) -> bool:
    """Compute a stored decision again from its frozen inputs; true where every figure comes out as stored."""
    return bool(recomputed(decision.inputs) == decision.result)
