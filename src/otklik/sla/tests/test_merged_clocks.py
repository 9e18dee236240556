"""Clocks after a merge and its undo, told to the desk (domain.md §4.8, example 32): stored = replayed."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils.translation import override

from otklik.people.models import Person
from otklik.sla import explain
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.office import HOUR, publish_office
from otklik.sla.tests.test_examples_by_the_desk import do, stored
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
SOLVED = desk.Content(text="Заменили картридж и проверили печать.")


@pytest.fixture(autouse=True)
def agreements() -> None:
    """First response 2 h, next response 4 h, solution 8 h of RU8."""
    publish_office()


@pytest.fixture
def agent() -> Person:
    return make.agent()


def merge(moment: datetime, source: Ticket, target: Ticket, agent: Person) -> None:
    do(moment, desk.merge, source, target, requester="cc", actor=make.actor(agent))


def test_the_earlier_opening_is_the_anchor_and_its_waiting_counts(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    target = do(msk("23.11 14:30"), make.ticket)
    assert stored(target, "resolution").due_at == msk("24.11 14:30")
    merge(msk("23.11 15:00"), source, target, agent)
    row = stored(target, "resolution")
    assert (row.started_at, row.due_at, row.elapsed) == (msk("23.11 09:00"), msk("23.11 18:00"), 5 * HOUR)
    assert stored(source, "resolution").outcome == "cancelled"
    with override("en"):
        rules = [one.rule for one in explain.of(target, msk("23.11 15:00")) if one.metric == "resolution"]
    assert "counted from the opening of the earlier request that was merged into this one" in rules[0]
    assert list(verify()) == []


def test_before_the_own_opening_the_pauses_of_the_other_apply(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    question = desk.Content(text="Какой номер?")
    do(msk("23.11 10:00"), desk.hold, source, reason="requester", question=question, actor=make.actor(agent))
    do(msk("23.11 12:00"), desk.resume, source, reason="answered", actor=make.actor(agent))
    target = do(msk("23.11 14:30"), make.ticket)
    merge(msk("23.11 15:00"), source, target, agent)
    assert stored(target, "resolution").due_at == msk("24.11 11:00")
    assert list(verify()) == []


def test_words_of_both_are_answers_and_a_breach_by_the_merge_alone_is_named_so(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    do(msk("23.11 10:00"), desk.reply, source, desk.Content(text="Смотрю"), actor=make.actor(agent))
    target = do(msk("23.11 14:30"), make.ticket)
    merge(msk("23.11 15:00"), source, target, agent)
    first = stored(target, "first_response")
    assert (first.stopped_at, first.elapsed, first.outcome) == (msk("23.11 10:00"), HOUR, "met")
    do(msk("24.11 10:00"), desk.resolve, target, code="fixed", content=SOLVED, actor=make.actor(agent))
    row = stored(target, "resolution")
    assert (row.outcome, row.breach_cause, row.elapsed) == ("breached", "merge", 9 * HOUR)
    assert list(verify()) == []


def test_a_breach_that_was_there_before_stays_one_by_work(agent: Person) -> None:
    target = do(msk("23.11 09:00"), make.ticket)
    source = do(msk("23.11 08:00"), make.ticket)
    merge(msk("23.11 12:00"), source, target, agent)
    do(msk("25.11 10:00"), desk.resolve, target, code="fixed", content=SOLVED, actor=make.actor(agent))
    assert (stored(target, "resolution").outcome, stored(target, "resolution").breach_cause) == ("breached", "work")


def test_a_ticket_of_another_type_leaves_the_clocks_of_the_target_alone(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket, type="question")
    target = do(msk("23.11 14:30"), make.ticket)
    merge(msk("23.11 15:00"), source, target, agent)
    assert stored(target, "resolution").due_at == msk("24.11 14:30")
    assert list(verify()) == []


def test_taken_back_the_clocks_are_as_if_there_had_been_no_merge_and_the_other_rested(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    target = do(msk("23.11 14:30"), make.ticket)
    merge(msk("23.11 15:00"), source, target, agent)
    source.refresh_from_db()
    do(msk("23.11 17:00"), desk.unmerge, source, actor=make.actor(agent))
    assert stored(target, "resolution").due_at == msk("24.11 14:30")
    back = stored(source, "resolution")
    assert (back.state, back.elapsed, back.due_at) == ("running", 5 * HOUR, msk("24.11 11:00"))
    assert list(verify()) == []


def test_a_chain_of_merges_carries_the_earliest_opening_on(agent: Person) -> None:
    first = do(msk("23.11 09:00"), make.ticket)
    second = do(msk("23.11 11:00"), make.ticket)
    third = do(msk("23.11 14:30"), make.ticket)
    merge(msk("23.11 12:00"), first, second, agent)
    second.refresh_from_db()
    merge(msk("23.11 15:00"), second, third, agent)
    assert stored(third, "resolution").started_at == msk("23.11 09:00")
    assert stored(third, "resolution").due_at == msk("23.11 18:00")
    assert list(verify()) == []


def test_a_ticket_logged_during_a_call_was_answered_then_and_not_at_the_other_opening(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    target = do(msk("23.11 14:30"), make.ticket, live_contact=True)
    merge(msk("23.11 15:00"), source, target, agent)
    first = stored(target, "first_response")
    assert (first.stopped_at, first.outcome, first.breach_cause) == (msk("23.11 14:30"), "breached", "merge")
    assert list(verify()) == []
