"""The choice of a person among two hundred, bare and with everything it reads."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

PEOPLE, TICKETS = 200, 600
WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def ground() -> Any:
    """A team of two hundred with skills, hours and work, and a ticket that asks two skills."""
    from otklik.journal.config import publish
    from otklik.journal.record import SYSTEM
    from otklik.routing import policy
    from otklik.routing.tests.make import member, team
    from otklik.tickets import desk
    from otklik.tickets.models import Ticket
    from otklik.tickets.tests import make

    chance = random.Random(7)
    crew = team("suggest")
    people = [
        member(crew, hours=WEEK, skills={"network": chance.randint(2, 5), "wifi": chance.randint(1, 5)}, capacity=200)
        for _n in range(PEOPLE)
    ]
    requesters, service = [make.person() for _n in range(20)], make.service(team=crew)
    asked = [{"skill": "network", "level": 2}, {"skill": "wifi", "level": 2, "required": False}]
    publish(policy.RULES_NAME, {"services": {str(service.pk): asked}}, actor=SYSTEM)
    for _n in range(TICKETS):
        ticket = make.ticket(team=crew, service=service, requester=chance.choice(requesters))
        desk.assign(ticket, to=chance.choice(people), mode="auto", actor=SYSTEM)
    fresh = make.ticket(team=crew, service=service, requester=requesters[0])
    return Ticket.objects.select_related("team").get(pk=fresh.pk)


def acts(median: Callable[..., float]) -> dict[str, float]:
    """Processor milliseconds of ``choose`` and of gathering and choosing."""
    from otklik import clock
    from otklik.routing.choice import choose
    from otklik.routing.gather import gather

    ticket = ground()
    now = clock.now()
    asked = gather(ticket, now)
    return {
        f"choose among {PEOPLE}": median(lambda: choose(asked.need, asked.people, now, asked.weights)),
        f"gather and choose among {PEOPLE}": median(lambda: _both(ticket, now, gather, choose)),
    }


def _both(ticket: Any, now: Any, gather: Any, choose: Any) -> None:
    asked = gather(ticket, now)
    choose(asked.need, asked.people, now, asked.weights)
