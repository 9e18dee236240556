"""Somebody goes away (domain.md §6.6): what is handed over in one click, and what a customer's word does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal.timeline import entries
from otklik.people.models import Person
from otklik.routing.models import Decision, HandOver
from otklik.routing.tests.make import TUESDAY, at, away, member, settled, subject_of, team
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)  # noon in Moscow; Monday is a working day


def browser(person: Person) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def swept() -> None:
    """The minute's sweep, and what it prompts."""
    enqueue("routing.sweep")
    settled()


def answered(ticket: Ticket, by: Person) -> Ticket:
    """In work, with the first answer given, so that the solution is the only promise."""
    ticket = desk.take(ticket, actor=make.actor(by))
    desk.reply(ticket, desk.Content(text="Смотрим"), actor=make.actor(by))
    return ticket


def holder(ticket: Ticket) -> Person | None:
    return Ticket.objects.select_related("assignee").get(pk=ticket.pk).assignee


def proposed() -> set[int]:
    return set(HandOver.objects.filter(state="proposed").values_list("ticket__number", flat=True))


def test_p1_p2_and_what_is_due_before_the_return_are_proposed_and_the_rest_stays():
    ensure_defaults("ru")
    with at():
        crew = team("pull")
        one, deputy = member(crew), member(crew)
        urgent = answered(make.ticket(team=crew, impact=1, urgency=2), one)
        soon = answered(make.ticket(team=crew, impact=2, urgency=2), one)  # P3: sixteen hours, Thursday
        calm = answered(make.ticket(team=crew, impact=3, urgency=3), one)  # P4: forty hours, next week
        resolved = make.ticket(team=crew, status="resolved", by=one, impact=1, urgency=1)
        assert [ticket.priority for ticket in (urgent, soon, calm)] == ["P2", "P3", "P4"]
        away(one, days=3, deputy=deputy)
        swept(), swept()
        assert proposed() == {urgent.number, soon.number}
        assert {holder(ticket) for ticket in (urgent, soon, calm)} == {one}, "nothing moves by itself"
        assert resolved.number not in proposed()


def test_one_click_on_the_board_hands_everything_to_the_deputy():
    ensure_defaults("ru")
    with at():
        crew = team("pull")
        one, deputy, other = member(crew), member(crew), member(crew)
        tickets = [answered(make.ticket(team=crew, impact=1, urgency=2), one) for _n in range(2)]
        away(one, days=3, deputy=deputy)
        swept()
        address = f"/people/{one.pk}/hand-over"
        assert address not in browser(other).get(f"/team/{crew.pk}").content.decode()
        assert browser(other).post(address).status_code == 404
        assert address in browser(deputy).get(f"/team/{crew.pk}").content.decode()
        assert address in browser(deputy).get(f"/tickets/{tickets[0].number}").content.decode()
        done = browser(deputy).post(address, {"next": f"/team/{crew.pk}"}, follow=True).content.decode()
        assert "Передано 2 обращения" in done
        assert [holder(ticket) for ticket in tickets] == [deputy, deputy]
        assert proposed() == set()
        [fact] = [entry.fact for entry in _changes(tickets[0]) if entry.fact.assignee == deputy.pk]
        assert (fact.mode, fact.reason_code) == ("hand_over", "absence")


def test_without_a_deputy_of_the_team_the_lead_hands_over_to_the_queue_where_it_is_decided_anew():
    with at():
        crew = team("suggest")
        one, here = member(crew), member(crew)
        lead = member(crew, role="lead", hours=None)
        ticket = answered(make.ticket(team=crew, impact=1, urgency=2), one)
        away(one, days=3, deputy=member(team()))
        swept()
        browser(lead).post(f"/people/{one.pk}/hand-over")
        settled()
        assert holder(ticket) is None
        assert Decision.objects.get(ticket=ticket, state="proposed").winner == here


@pytest.mark.parametrize(
    ("now", "back", "returns"),
    [
        (TUESDAY, TUESDAY + timedelta(days=1), False),  # exactly one working day
        (TUESDAY, datetime(2026, 11, 26, 6, 0, tzinfo=UTC), True),  # Thursday morning: the whole Wednesday
        (FRIDAY, datetime(2026, 11, 30, 6, 0, tzinfo=UTC), False),  # Monday morning: only a weekend
        (FRIDAY, datetime(2026, 12, 1, 6, 0, tzinfo=UTC), True),  # Tuesday morning: the whole Monday
    ],
)
def test_a_customers_word_brings_the_ticket_back_where_the_absence_is_longer_than_a_working_day(now, back, returns):
    ensure_defaults("ru")
    with at(now):
        crew = team("pull")
        one, deputy = member(crew), member(crew)
        ticket = answered(make.ticket(team=crew, impact=2, urgency=2), one)
        absence = away(one, deputy=deputy, since=now)
        absence.ends_at = back
        absence.save()
        said = desk.Content(text="Есть новости?")
        by = make.actor(ticket.requester)
        desk.hear(ticket, said, author=ticket.requester, channel="portal", actor=by)
        settled()
        assert (holder(ticket) is None) == returns
        told = [entry.fact for entry in _told(ticket, "assignment.returned")]
        assert [(fact.person, fact.deputy) for fact in told] == ([(one.pk, deputy.pk)] if returns else [])


def _told(ticket: Ticket, kind: str) -> list:
    return [entry for entry in entries(subject_of(ticket)) if entry.kind == kind]


def _changes(ticket: Ticket) -> list:
    return _told(ticket, "assignment.changed")
