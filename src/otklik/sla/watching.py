"""Nothing stays unwatched: the daily word to the lead of each team that has such tickets (domain §2.3)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from otklik import clock
from otklik.journal.record import SYSTEM, Subject, record
from otklik.journal.timeline import entries
from otklik.sla import due
from otklik.sla.events import TicketsUnwatched
from otklik.tickets.models import Ticket

NAMED = 50  # numbers that one word names; the count is always whole


def tell_leads() -> int:
    """Record for each team its unwatched tickets, at most once a day; returns how many teams that are."""
    now = clock.now()
    teams: dict[int, list[int]] = {}
    rows = due.unwatched(Ticket.objects.exclude(team=None), now)
    for team, number in rows.order_by("number").values_list("team_id", "number"):
        teams.setdefault(team, []).append(number)
    return sum(_tell(team, numbers) for team, numbers in sorted(teams.items()))


@transaction.atomic
def _tell(team: int, numbers: list[int]) -> bool:
    subject = Subject(kind="team", id=str(team))
    today = clock.now().astimezone(timezone.get_default_timezone()).date().isoformat()
    told = entries(subject, kinds=[TicketsUnwatched.kind])
    if told and getattr(told[-1].fact, "day", "") == today:
        return False
    record(subject, TicketsUnwatched(day=today, count=len(numbers), numbers=numbers[:NAMED]), actor=SYSTEM)
    return True
