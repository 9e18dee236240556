"""Own tables kept in step with a ticket's journal, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from otklik.journal import bulk
from otklik.journal.chronicle import Chronicle
from otklik.journal.questions import Question
from otklik.journal.record import Event, Recorded
from otklik.routing import policy
from otklik.routing.bounce import Move, bounces, path
from otklik.routing.events import AssignmentFlagged, AssignmentOverridden
from otklik.routing.models import Decision, Flag, Given, HandOver, Page
from otklik.tickets.events import AssignmentChanged, StateChanged, TicketCreated
from otklik.tickets.models import Ticket

AUTOMATIC = frozenset({"auto", "round_robin", "suggest", "next"})  # modes in which the choice decided
OVER = frozenset({"resolved", "closed", "cancelled"})
_PRIORITY = Question(lambda key: Ticket.objects.filter(pk=key).values_list("priority"))


def opened(recorded: Recorded) -> None:
    """A ticket came to its first team."""
    fact = recorded.fact
    assert isinstance(fact, TicketCreated)
    _give(recorded, team=fact.team, person=None, mode="opened")


def assigned(recorded: Recorded) -> Iterable[Event]:
    """Somebody else is on it, or another team: who got what, what became of the proposal, does it bounce."""
    fact = recorded.fact
    assert isinstance(fact, AssignmentChanged)
    key = UUID(recorded.subject.id)
    accepted, told = _settle(key, fact, recorded)
    _give(recorded, team=fact.team, person=fact.assignee, mode=fact.mode, accepted=accepted)
    if fact.assignee is not None:
        Page.objects.filter(ticket=key, ended_at=None).update(ended_at=recorded.at)
    stay = HandOver.objects.filter(ticket=key, state="proposed")
    if fact.assignee != fact.old_assignee:
        stay.update(state="done")
    if fact.team != fact.old_team:
        told += _flagged(key, recorded.at)
    return told


def _give(recorded: Recorded, *, team: int | None, person: int | None, mode: str, accepted: bool = False) -> None:
    key = UUID(recorded.subject.id)
    automatic = person is not None and (mode in AUTOMATIC or accepted)
    given = Given(
        ticket_id=key,
        person_id=person,
        team_id=team,
        at=recorded.at,
        by=recorded.actor.voice,
        mode=mode,
        automatic=automatic,
        points=policy.weights()[1].of(_PRIORITY.one(key)[0]) if automatic else 0,
        entry=recorded.entry,
    )
    bulk.add(given)


def _settle(key: UUID, fact: AssignmentChanged, recorded: Recorded) -> tuple[bool, list[Event]]:
    """Close the standing decision: accepted, decided otherwise, or overtaken."""
    standing = Decision.objects.filter(ticket=key, state__in=Decision.STANDING).first()
    if standing is None:
        return False, []
    told: list[Event] = []
    proposed = standing.state == Decision.State.PROPOSED
    if proposed and fact.assignee is not None and fact.assignee == standing.winner_id:
        standing.state = Decision.State.ACCEPTED
    elif proposed and fact.assignee is not None and standing.winner_id is not None:
        standing.state = Decision.State.OVERRIDDEN
        told.append(
            AssignmentOverridden(
                decision=standing.pk,
                proposed=standing.winner_id,
                assignee=fact.assignee,
                reason_code=fact.reason_code,
                reason=fact.text,
            )
        )
    else:
        standing.state = Decision.State.OVERTAKEN
    close(
        standing, at=recorded.at, by=str(recorded.actor), taken_by=fact.assignee, code=fact.reason_code, why=fact.text
    )
    return standing.state == Decision.State.ACCEPTED, told


def close(
    decision: Decision, *, at: datetime, by: str = "system", taken_by: int | None = None, code: str = "", why: str = ""
) -> None:
    """Write how a decision ended; its ``state`` is set by the caller."""
    decision.settled_at, decision.settled_by, decision.taken_by_id = at, by, taken_by
    decision.reason_code, decision.reason = code[:20], why[:500]
    decision.save(update_fields=["state", "settled_at", "settled_by", "taken_by", "reason_code", "reason"])


def _flagged(key: UUID, at: datetime) -> list[Event]:
    rows = Given.objects.filter(ticket=key, team__isnull=False).order_by("at", "pk")
    teams = path([Move(team or 0, when, by) for team, when, by in rows.values_list("team_id", "at", "by")])
    if not bounces(teams):
        return []
    flag, fresh = Flag.objects.get_or_create(ticket_id=key, defaults={"path": teams, "since": at})
    if not fresh:
        flag.path = teams
        flag.save(update_fields=["path"])
    return [AssignmentFlagged(flag="bouncing", path=teams)] if fresh else []


def moved(recorded: Recorded) -> None:
    """Solved, closed or cancelled: nobody is looked for any more."""
    fact = recorded.fact
    assert isinstance(fact, StateChanged)
    if fact.to not in OVER:
        return
    key = UUID(recorded.subject.id)
    for standing in Decision.objects.filter(ticket=key, state__in=Decision.STANDING):
        standing.state = Decision.State.OVERTAKEN
        close(standing, at=recorded.at, by=str(recorded.actor))
    Flag.objects.filter(ticket=key).delete()
    Page.objects.filter(ticket=key, ended_at=None).update(ended_at=recorded.at)
    HandOver.objects.filter(ticket=key, state="proposed").update(state="kept")


def rebuild(chronicles: Sequence[Chronicle]) -> None:
    """Who was given tickets whose history came by the side door."""
    rows: list[Given] = []
    for chronicle in chronicles:
        for one in chronicle.told:
            fact: Any = one.fact
            if isinstance(fact, TicketCreated | AssignmentChanged):
                rows.append(
                    Given(
                        ticket_id=UUID(chronicle.subject.id),
                        person_id=getattr(fact, "assignee", None),
                        team_id=fact.team,
                        at=one.at,
                        by=one.actor.voice,
                        mode=getattr(fact, "mode", "opened"),
                    )
                )
    Given.objects.bulk_create(rows)
