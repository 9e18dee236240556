"""What happens by itself: reminders, giving up, closing, broken promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.journal.timeline import entries
from otklik.tickets import desk, jobs
from otklik.tickets._gate import subject_of
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # noon in Moscow


def sweep(moment: datetime) -> None:
    with clock.at(moment):
        jobs.missed_promises()
        jobs.put_off_until_now()
        jobs.unanswered_questions()
        jobs.suppliers_to_ask()
        jobs.solutions_nobody_objected_to()


def facts(ticket: Ticket, kind: str) -> list[str]:
    return [getattr(one.fact, "what", one.kind) for one in entries(subject_of(ticket)) if one.kind == kind]


def started(status: str, **values) -> Ticket:
    with clock.at(MONDAY):
        return make.ticket(status=status, **values)


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_question_is_remembered_after_two_and_five_working_days_once_each():
    ticket = started("pending")
    for days in (1, 2, 2, 3, 4, 6, 7, 8, 9):
        sweep(MONDAY + timedelta(days=days, hours=7))
    assert facts(ticket, "reminder.due") == ["question", "question"]
    assert again(ticket).status == "pending"


def test_an_unanswered_question_ends_the_ticket_after_ten_working_days():
    ticket = started("pending")
    sweep(MONDAY + timedelta(days=14, hours=7))
    assert (again(ticket).status, again(ticket).resolution_code) == ("resolved", "no_response")


def test_an_urgent_ticket_is_never_given_up():
    ticket = started("pending", impact=1, urgency=1)
    sweep(MONDAY + timedelta(days=30))
    assert again(ticket).status == "pending"


def test_a_solution_nobody_objected_to_is_closed_after_five_working_days():
    ticket = started("resolved")
    sweep(MONDAY + timedelta(days=3, hours=7))
    assert (again(ticket).status, facts(ticket, "reminder.due")) == ("resolved", ["close"])
    sweep(MONDAY + timedelta(days=7, hours=7))
    assert again(ticket).status == "closed"


def test_what_was_put_off_goes_on_at_its_date():
    ticket = started("open")
    until = MONDAY + timedelta(days=3)
    with clock.at(MONDAY):
        desk.hold(ticket, reason="scheduled", until=until, asked_by="requester", actor=make.actor(ticket.assignee))
    sweep(until - timedelta(minutes=1))
    assert again(ticket).status == "pending"
    sweep(until)
    assert again(ticket).status == "open"


def test_a_promise_that_passed_in_silence_is_recorded_once():
    ticket = started("open")
    with clock.at(MONDAY):
        desk.promise(ticket, until=MONDAY + timedelta(hours=1), actor=make.actor(ticket.assignee))
    for minutes in (30, 61, 62, 90):
        sweep(MONDAY + timedelta(minutes=minutes))
    assert facts(ticket, "update.missed") == ["update.missed"]


def test_a_supplier_is_asked_again_at_the_date():
    ticket = started("open")
    when = MONDAY + timedelta(days=2)
    with clock.at(MONDAY):
        actor = make.actor(ticket.assignee)
        desk.hold(ticket, reason="third_party", supplier="HP", reference="7", follow_up_at=when, actor=actor)
    for _ in range(2):
        sweep(when + timedelta(hours=1))
    assert facts(ticket, "reminder.due") == ["supplier"]
