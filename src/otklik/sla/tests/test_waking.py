"""The scheduler only wakes: each word once, at the instant the clock names, whatever happened to the scheduler."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from otklik import clock
from otklik.journal.record import Subject
from otklik.journal.timeline import entries
from otklik.sla import shipped, waking, watching
from otklik.sla.models import SlaClock
from otklik.sla.tests.calendars import msk
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements of the Russian profile."""
    shipped.ensure_defaults("ru")


def words(ticket: Ticket) -> list[tuple[str, str, str, str]]:
    """What was told about a ticket's clocks: kind, metric, threshold, instant."""
    told: list[Any] = entries(
        Subject(kind="ticket", id=str(ticket.pk)), kinds=["sla.warned", "sla.breached", "sla.escalated"]
    )
    return [(one.kind, one.fact.metric, one.fact.threshold, one.fact.at) for one in told]


def look(*moments: datetime) -> None:
    """Let the scheduler look at these instants."""
    for moment in moments:
        with clock.at(moment):
            for key in waking.due_now():
                waking.wake(key)


def a_ticket() -> Ticket:
    with clock.at(msk("23.11 09:00")):
        return make.ticket(impact=2, urgency=2)  # P3: first response 4 h, solution 16 h


def minutes(first: datetime, last: datetime, step: int) -> list[datetime]:
    count = int((last - first).total_seconds() // 60 // step) + 1
    return [first + timedelta(minutes=step * number) for number in range(count)]


def test_each_word_is_told_once_and_at_its_instant() -> None:
    ticket = a_ticket()
    look(*minutes(msk("23.11 09:00"), msk("24.11 20:00"), 30), msk("24.11 20:00"))
    told = [one for one in words(ticket) if one[1] == "first_response"]
    assert told == [
        ("sla.warned", "first_response", "75%", msk("23.11 12:00").isoformat()),
        ("sla.warned", "first_response", "90%", msk("23.11 12:36").isoformat()),
        ("sla.breached", "first_response", "breach", msk("23.11 14:00").isoformat()),
        ("sla.escalated", "first_response", "150%", msk("23.11 16:00").isoformat()),
    ]
    assert SlaClock.objects.get(ticket=ticket, metric="first_response").outcome == "breached"


def test_a_scheduler_that_was_away_for_a_day_tells_the_same() -> None:
    steady, late = a_ticket(), a_ticket()
    moments = minutes(msk("23.11 09:00"), msk("26.11 09:00"), 30)
    for moment in moments:
        with clock.at(moment):
            waking.wake(steady.pk)
    for moment in [one for one in moments if not msk("23.11 10:00") < one < msk("24.11 10:00")]:
        with clock.at(moment):
            waking.wake(late.pk)
    assert sorted(words(steady)) == sorted(words(late))
    stored = {
        ticket.pk: list(
            SlaClock.objects.filter(ticket=ticket)
            .order_by("metric", "cycle")
            .values_list("metric", "breached_at", "outcome")
        )
        for ticket in (steady, late)
    }
    assert stored[steady.pk] == stored[late.pk]


def test_nothing_is_told_while_the_clock_rests() -> None:
    agent = make.agent()
    ticket = a_ticket()
    with clock.at(msk("23.11 10:00")):
        desk.take(ticket, actor=make.actor(agent))
        desk.hold(ticket, reason="requester", question=desk.Content(text="Какой номер?"), actor=make.actor(agent))
    look(*minutes(msk("23.11 10:00"), msk("27.11 18:00"), 240))
    assert [one for one in words(ticket) if one[1] == "resolution"] == []


def test_a_raise_that_passes_several_thresholds_at_once_tells_only_the_state_reached() -> None:
    lead = make.lead()
    agent = make.agent()
    ticket = a_ticket()
    with clock.at(msk("23.11 09:10")):
        desk.reply(ticket, content=desk.Content(text="Смотрю"), actor=make.actor(agent))
    with clock.at(msk("24.11 12:00")):
        desk.prioritise(ticket, impact=1, urgency=1, actor=make.actor(lead))  # P1: 4 h around the clock, 27 h spent
    look(msk("24.11 12:01"))
    told = [one[2] for one in words(ticket) if one[1] == "resolution"]
    assert told == ["breach"]
    row = SlaClock.objects.get(ticket=ticket, metric="resolution")
    assert (row.outcome, row.breach_cause, row.breached_at) == ("breached", "reclassified", msk("24.11 12:00"))


def test_leads_hear_once_a_day_of_what_nobody_watches() -> None:
    with clock.at(msk("23.11 09:00")):
        ticket = make.ticket(service=None)
        assert watching.tell_leads() == 1
        assert watching.tell_leads() == 0
    with clock.at(msk("24.11 09:00")):
        assert watching.tell_leads() == 1
    told: list[Any] = entries(Subject(kind="team", id=str(ticket.team_id)), kinds=["sla.unwatched"])
    assert [one.fact.numbers for one in told] == [[ticket.number], [ticket.number]]
