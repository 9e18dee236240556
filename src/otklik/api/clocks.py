"""How the clocks of a ticket are counted, and whether the stored ones are what the journal says."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from otklik.api import incoming, shown
from otklik.api.auth import Asked
from otklik.api.errors import PROBLEMS
from otklik.sla import explain
from otklik.sla import verify as verification
from otklik.tickets import access

router = Router(tags=["clocks"])
AT_MOST = 100  # tickets that one call computes anew


class ShownStep(shown.Shown):
    """A stretch of a clock: ``amount`` is what it adds, in seconds or working days."""

    kind: str
    since: datetime
    until: datetime
    amount: float
    what: str


class ShownClock(shown.Shown):
    """A clock: its rule and its steps in the caller's language; the steps add up to ``elapsed``."""

    metric: str
    cycle: int
    rule: str
    steps: list[ShownStep]
    elapsed: float
    target: float
    unit: str
    due_at: datetime | None
    breach_at: datetime | None
    outcome: str | None
    breach_cause: str | None
    conclusion: list[str]


class Clocks(shown.Shown):
    """The clocks of one ticket."""

    clocks: list[ShownClock]


class Asking(BaseModel):
    """Which tickets are computed anew."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[list[incoming.Key], Field(min_length=1, max_length=AT_MOST)]


class ShownDifference(shown.Shown):
    """A stored value that the journal has otherwise, both as text."""

    ticket: int
    clock: str
    name: str
    stored: str
    recomputed: str


class LastRun(shown.Shown):
    """The newest comparison of all tickets."""

    ended_at: datetime
    tickets: int
    differences: int


class Verified(shown.Shown):
    """What is stored otherwise; nothing is repaired."""

    differences: list[ShownDifference]
    last_run: LastRun | None


@router.get(
    "/tickets/{int:number}/sla", response={200: Clocks, **PROBLEMS}, summary="How the clocks of a ticket are counted"
)
def explained(request: Asked, number: int) -> Any:
    """For those who may read the ticket's internal part."""
    request.caller.needs("tickets.read")
    ticket = access.ticket_for(request.caller.viewer, number, at_least=access.INTERNAL)
    return {"clocks": [_clock(explain.data(one)) for one in explain.of(ticket)]}


def _clock(data: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {"since": step["from"], "until": step["to"], **{name: step[name] for name in ("kind", "amount", "what")}}
        for step in data["steps"]
    ]
    return {**data, "steps": steps}


@router.get(
    "/sla/verify", response={200: Verified, **PROBLEMS}, summary="Compare stored clocks of tickets with the journal"
)
def verify(request: Asked, asked: Query[Asking]) -> Any:
    """At most 100 tickets by number; those that the caller may not see are passed over."""
    request.caller.needs("tickets.read", "journal.verify")
    who = request.caller.viewer
    seen = access.visible_to(who).filter(number__in=asked.number)
    keys = access.internal_among(who, list(seen))
    found = verification.verify([one.number for one in seen if one.pk in keys])
    run = verification.last_run()
    return {
        "differences": [
            {**{name: str(value) for name, value in one.data().items()}, "ticket": one.ticket} for one in found
        ],
        "last_run": None
        if run is None
        else {"ended_at": run.ended_at, "tickets": run.tickets, "differences": run.differences},
    }
