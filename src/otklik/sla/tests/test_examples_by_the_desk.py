"""Worked examples of domain.md §4.9 that need a whole ticket, told to the desk and read from the stored rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.utils.translation import override

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.calendars.publishing import BEGINNING
from otklik.journal.record import SYSTEM, Actor, Subject
from otklik.people.models import Membership, Person
from otklik.sla import settling, shipped
from otklik.sla.lines import line_of
from otklik.sla.models import Agreement, SlaClock, Target
from otklik.sla.publishing import publish
from otklik.sla.reading import clocks_of, story_of
from otklik.sla.tests.calendars import msk
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
HOUR = 3600


@pytest.fixture(autouse=True)
def agreements() -> None:
    """Everything in hours of RU8: next response 4 h, solution 8 h, and the shipped agreement among teams."""
    shipped.ensure_defaults("ru")
    Agreement.objects.filter(code="desk").update(is_active=False)
    office = Calendar.objects.get(code="ru-5x2")
    targets = [
        Target(metric=metric, value=hours * HOUR, calendar=office, warn=[{"percent": p} for p in (50, 75, 90)])
        for metric, hours in (("first_response", 8), ("next_response", 4), ("resolution", 8))
    ]
    made = Agreement.objects.create(code="office", name_ru="Офис", name_en="Office")
    publish(made, targets, valid_from=BEGINNING, actor=SYSTEM)


@pytest.fixture
def agent() -> Person:
    """Somebody of the default team."""
    return make.agent()


def do(moment: datetime, command: Any, *arguments: Any, **more: Any) -> Any:
    with clock.at(moment):
        return command(*arguments, **more)


def said(ticket: Ticket, moment: datetime, text: str = "Есть новости?") -> Message:
    requester = ticket.requester
    assert requester is not None
    heard = do(
        moment,
        desk.hear,
        ticket,
        desk.Content(text=text),
        author=requester,
        channel="portal",
        actor=make.actor(requester),
    )
    message: Message = heard.message
    return message


def answered(ticket: Ticket, moment: datetime, actor: Actor) -> None:
    do(moment, desk.reply, ticket, desk.Content(text="Смотрю"), actor=actor)


def stored(ticket: Ticket, metric: str, cycle: int = 1) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, metric=metric, cycle=cycle)


def test_example_35_the_next_response_counts_from_the_oldest_unanswered_message(agent: Person) -> None:
    ticket = do(msk("24.11 09:00"), make.ticket)
    answered(ticket, msk("24.11 10:00"), make.actor(agent))
    said(ticket, msk("24.11 14:00"))
    said(ticket, msk("24.11 16:30"))
    waiting = stored(ticket, "next_response")
    assert (waiting.due_at, waiting.breach_at) == (msk("24.11 18:00"), msk("25.11 09:00"))
    answered(ticket, msk("25.11 09:45"), make.actor(agent))
    over = stored(ticket, "next_response")
    assert (over.elapsed, over.outcome) == (4 * HOUR + 45 * 60, "breached")
    assert not SlaClock.objects.filter(ticket=ticket, metric="next_response", cycle=2).exists()


def test_example_36_thresholds_fall_on_the_hours_of_the_calendar() -> None:
    from otklik.journal.record import Subject
    from otklik.sla.clocks import ladder
    from otklik.sla.reading import clocks_of, story_of

    ticket = do(msk("27.11 16:00"), make.ticket)
    (one,) = [
        each
        for each in clocks_of(story_of(Subject(kind="ticket", id=str(ticket.pk))), msk("27.11 16:00"))
        if each.metric == "resolution"
    ]
    told = {alarm.threshold: alarm.at for alarm in ladder(one, msk("27.11 16:00"))}
    assert told == {
        "50%": msk("30.11 11:00"),
        "75%": msk("30.11 13:00"),
        "90%": msk("30.11 15:12"),
        "breach": msk("30.11 16:00"),
    }


def test_example_37_each_team_is_counted_for_what_it_held(agent: Person) -> None:
    boss = make.lead()
    second = make.team("Вторая линия", lead=boss)
    Membership.objects.create(team=second, person=agent)
    ticket = do(msk("30.11 10:00"), make.ticket)
    first = ticket.team
    do(msk("30.11 11:30"), desk.assign, ticket, team=second, actor=make.actor(boss))
    question = desk.Content(text="Какой номер?")
    do(msk("30.11 12:00"), desk.hold, ticket, reason="requester", question=question, actor=make.actor(agent))
    do(msk("30.11 15:00"), desk.resume, ticket, reason="answered", actor=make.actor(agent))
    do(msk("30.11 16:00"), desk.assign, ticket, team=first, actor=make.actor(boss))
    do(msk("30.11 17:00"), desk.log_call, ticket, direction="out", reached=True, text="", actor=make.actor(boss))
    held = {row.team: row.elapsed for row in SlaClock.objects.filter(ticket=ticket, metric="hold")}
    assert first is not None
    assert held == {first.pk: 2 * HOUR + 30 * 60, second.pk: HOUR + 30 * 60}


def test_example_38_a_supplier_rests_no_clock_of_the_customer(agent: Person) -> None:
    ticket = do(msk("27.11 16:00"), make.ticket)
    answered(ticket, msk("27.11 16:30"), make.actor(agent))
    do(
        msk("27.11 17:00"),
        desk.hold,
        ticket,
        reason="third_party",
        supplier="Связь",
        reference="A-1",
        follow_up_at=msk("30.11 12:00"),
        actor=make.actor(agent),
    )
    do(msk("28.11 09:00"), desk.resume, ticket, reason="answered", actor=make.actor(agent))
    solution = stored(ticket, "resolution")
    assert (solution.elapsed, solution.state) == (2 * HOUR, "out_of_hours")


def test_example_31_a_reopening_that_is_voided_leaves_no_trace(agent: Person) -> None:
    ticket = do(msk("23.11 09:00"), make.ticket)
    do(msk("23.11 09:10"), desk.take, ticket, actor=make.actor(agent))
    words = desk.Content(text="Заменили картридж и проверили печать.")
    do(msk("23.11 15:00"), desk.resolve, ticket, code="fixed", content=words, actor=make.actor(agent))
    before = {row.metric: row.values() for row in SlaClock.objects.filter(ticket=ticket)}
    said(ticket, msk("23.11 16:00"), "Спасибо вам большое, всё получилось, хорошего дня и всей вашей группе")
    assert stored(ticket, "resolution").state == "running"
    do(msk("23.11 16:30"), desk.void_reopen, ticket, reason="gratitude", actor=make.actor(agent))
    after = {row.metric: row.values() for row in SlaClock.objects.filter(ticket=ticket)}
    told = {"read_at", "computed_from_seq"}
    assert {name: {k: v for k, v in row.items() if k not in told} for name, row in after.items()} == {
        name: {k: v for k, v in row.items() if k not in told} for name, row in before.items()
    }
    assert (stored(ticket, "resolution").elapsed, stored(ticket, "resolution").outcome) == (5 * HOUR, "met")


def test_a_cancellation_that_is_undone_counts_as_a_pause(agent: Person) -> None:
    boss = make.lead()
    ticket = do(msk("23.11 09:00"), make.ticket)
    do(msk("23.11 10:00"), desk.cancel, ticket, reason="test", actor=make.actor(agent))
    assert stored(ticket, "resolution").outcome == "cancelled"
    do(msk("24.11 10:00"), desk.uncancel, ticket, reason="по ошибке", actor=make.actor(boss))
    back = stored(ticket, "resolution")
    assert (back.state, back.elapsed, back.due_at) == ("running", HOUR, msk("24.11 18:00"))
    assert list(verify()) == []


def test_a_date_agreed_with_the_requester_judges_and_the_target_stays_in_sight(agent: Person) -> None:
    ticket = do(msk("23.11 09:00"), make.ticket)
    answered(ticket, msk("23.11 10:00"), make.actor(agent))
    word = said(ticket, msk("23.11 11:00"), "Давайте в пятницу")
    until = msk("27.11 12:00")
    do(msk("23.11 11:30"), settling.negotiate, ticket, until=until, evidence=word.pk, actor=make.actor(agent))
    row = stored(ticket, "resolution")
    assert (row.negotiated_at, row.due_at) == (until, msk("23.11 18:00"))
    words = desk.Content(text="Заменили картридж и проверили печать.")
    do(msk("27.11 11:00"), desk.resolve, ticket, code="fixed", content=words, actor=make.actor(agent))
    row = stored(ticket, "resolution")
    assert (row.outcome, row.contract) == ("met", "breached")
    with pytest.raises(Refused):
        do(msk("27.11 11:30"), settling.negotiate, ticket, until=until, evidence=word.pk, actor=make.actor(agent))


def test_only_the_service_manager_waives_a_breach_and_gives_a_reason(agent: Person) -> None:
    manager = make.person(roles=["service_manager"])
    ticket = do(msk("23.11 09:00"), make.ticket)
    answered(ticket, msk("25.11 10:00"), make.actor(agent))
    with pytest.raises(Forbidden):
        settling.waive(ticket, metric="first_response", reason="сбой связи", actor=make.actor(agent))
    with pytest.raises(Refused):
        settling.waive(ticket, metric="first_response", reason=" ", actor=make.actor(manager))
    settling.waive(ticket, metric="first_response", reason="сбой связи", actor=make.actor(manager))
    row = stored(ticket, "first_response")
    assert (row.outcome, row.contract) == ("waived", "breached")
    assert list(verify()) == []


def test_a_date_of_working_days_that_has_just_passed_is_not_zero_days_past() -> None:
    Agreement.objects.filter(code="office").update(is_active=False)
    office = Calendar.objects.get(code="ru-5x2")
    made = Agreement.objects.create(code="days", name_ru="Дни", name_en="Days")
    target = Target(metric="resolution", value=1, unit="bd", calendar=office)
    publish(made, [target], valid_from=BEGINNING, actor=SYSTEM)
    with clock.at(msk("23.11 09:00")):
        ticket = make.ticket()
    now = msk("24.11 18:30")
    (one,) = [
        each
        for each in clocks_of(story_of(Subject(kind="ticket", id=str(ticket.pk))), now)
        if each.metric == "resolution"
    ]
    with override("en"):
        assert line_of(one, now).words == "past the date"
