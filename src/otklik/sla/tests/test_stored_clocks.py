"""Clocks through the desk: what people do on a ticket starts, rests, moves and stops them."""

from __future__ import annotations

from datetime import datetime

import pytest

from otklik import clock
from otklik.journal.record import Subject
from otklik.journal.timeline import entries
from otklik.sla import clocks, shipped
from otklik.sla.models import Promise, SlaClock
from otklik.sla.reading import story_of
from otklik.sla.tests.calendars import msk
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements of the Russian profile."""
    shipped.ensure_defaults("ru")


def stored(ticket: Ticket, metric: str, cycle: int = 1) -> SlaClock:
    """A stored clock of a ticket."""
    return SlaClock.objects.get(ticket=ticket, metric=metric, cycle=cycle)


def test_a_new_ticket_has_clocks_a_promise_and_one_bound_fact() -> None:
    with clock.at(msk("24.11 10:00")):
        ticket = make.ticket(impact=2, urgency=2)
    assert ticket.priority == "P3"
    assert {row.metric for row in SlaClock.objects.filter(ticket=ticket)} == {
        "first_response",
        "resolution",
        "ack",
        "hold",
    }
    assert stored(ticket, "first_response").due_at == msk("24.11 15:00")
    assert stored(ticket, "resolution").due_at == msk("26.11 10:00")
    promise = Promise.objects.get(ticket=ticket)
    assert (promise.metric, promise.due_at) == ("first_response", msk("24.11 15:00"))
    kinds = [one.kind for one in entries(Subject(kind="ticket", id=str(ticket.pk)))]
    assert kinds.count("sla.bound") == 1 and "sla.rebound" not in kinds


def test_receipt_note_and_assignment_answer_nothing_and_a_public_reply_does() -> None:
    """Example 33."""
    agent = make.agent()
    with clock.at(msk("24.11 09:00")):
        ticket = make.ticket(impact=2, urgency=2)
    with clock.at(msk("24.11 09:20")):
        desk.note(ticket, content=desk.Content(text="Надо посмотреть"), actor=make.actor(agent))
    with clock.at(msk("24.11 09:25")):
        desk.assign(ticket, to=agent, actor=make.actor(agent))
    assert stored(ticket, "first_response").stopped_at is None
    with clock.at(msk("24.11 09:50")):
        desk.reply(ticket, content=desk.Content(text="Смотрю"), actor=make.actor(agent))
    first = stored(ticket, "first_response")
    assert (first.elapsed, first.outcome, first.state) == (50 * 60, "met", "stopped")


def test_a_ticket_logged_during_the_call_is_answered_at_once() -> None:
    """Example 34."""
    with clock.at(msk("24.11 09:00")):
        ticket = make.ticket(channel="phone", live_contact=True)
    first = stored(ticket, "first_response")
    assert (first.elapsed, first.outcome) == (0, "met")


def test_a_question_rests_the_solution_clock_and_a_rebind_remembers_it() -> None:
    agent = make.agent()
    with clock.at(msk("23.11 09:30")):
        ticket = make.ticket(impact=2, urgency=2, by=agent)
    with clock.at(msk("23.11 11:00")):
        desk.take(ticket, actor=make.actor(agent))
        desk.hold(ticket, reason="requester", question=desk.Content(text="Какой номер?"), actor=make.actor(agent))
    resting = stored(ticket, "resolution")
    assert (resting.state, resting.elapsed) == ("paused", 90 * 60)
    promise = Promise.objects.get(ticket=ticket)
    assert (promise.standing, promise.left_seconds) == (Promise.Standing.PAUSED, 16 * 3600 - 90 * 60)
    assert ticket.requester is not None
    with clock.at(msk("25.11 10:15")):
        desk.hear(
            ticket,
            content=desk.Content(text="1234"),
            author=ticket.requester,
            channel="portal",
            actor=make.actor(ticket.requester),
        )
    assert stored(ticket, "resolution").due_at == msk("26.11 17:45")
    with clock.at(msk("25.11 11:00")):
        desk.prioritise(ticket, impact=1, urgency=2, actor=make.actor(agent))
    raised = stored(ticket, "resolution")
    assert (raised.binding, raised.target) == (1, 8 * 3600)
    assert raised.due_at == msk("25.11 16:45")  # 1 h 30 min before the question, 6 h 30 min after the answer
    with clock.at(msk("25.11 16:00")):
        solution = desk.Content(text="Заменили картридж и проверили печать.")
        desk.resolve(ticket, code="fixed", content=solution, cause_code="hardware", actor=make.actor(agent))
    ended = stored(ticket, "resolution")
    assert (ended.outcome, ended.state, ended.elapsed) == ("met", "stopped", 7 * 3600 + 15 * 60)
    assert Promise.objects.get(ticket=ticket).standing == Promise.Standing.OVER


def test_stored_equals_recomputed() -> None:
    ticket = make.ticket(status="closed")
    subject = Subject(kind="ticket", id=str(ticket.pk))
    again = {(row.metric, row.cycle): row.values() for row in clocks.rows_of(ticket.pk, story_of(subject))}
    assert again == {(row.metric, row.cycle): row.values() for row in SlaClock.objects.filter(ticket=ticket)}
    assert isinstance(next(iter(again.values()))["read_at"], datetime)
