"""In the clock panel: a breach that the service manager waives, a date that the requester agreed to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from otklik import clock
from otklik.people.models import Person
from otklik.sla import settling, waking
from otklik.sla.models import SlaClock
from otklik.sla.shipped import ensure_defaults
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of
from otklik.web.tests.test_workspace import words
from otklik.web.workspace.acts import moment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements."""
    ensure_defaults("ru")


@pytest.fixture
def late() -> Ticket:
    """A ticket whose solution comes a month too late."""
    with clock.at(clock.now() - timedelta(days=30)):
        return make.ticket()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_service_manager_waives_a_breach_with_a_reason_on_record(late: Ticket, language: str) -> None:
    manager = make.person(roles=["service_manager"], language=language)
    client = client_of(manager)
    page = f"/tickets/{late.number}/clocks"
    assert 'value="resolution.1"' in client.get(page).content.decode()
    assert client.post(f"{page}/waiver", {"clock": "resolution.1", "reason": " "}).status_code == 422
    assert client.post(f"{page}/waiver", {"clock": "resolution.1", "reason": "Авария"}).status_code == 302
    assert SlaClock.objects.get(ticket=late, metric="resolution").outcome == "waived"
    again = client.get(page)
    assert f'action="{page}/waiver/withdrawal"' in again.content.decode() and "Авария" in words(again)
    assert client.post(f"{page}/waiver", {"clock": "resolution.1", "reason": "Авария"}).status_code == 422
    assert client.post(f"{page}/waiver/withdrawal", {"clock": "resolution.1", "reason": ""}).status_code == 422
    assert client.post(f"{page}/waiver/withdrawal", {"clock": "resolution.1", "reason": "Ошиблись"}).status_code == 302
    assert SlaClock.objects.get(ticket=late, metric="resolution").outcome == "breached"
    assert client.post(f"{page}/waiver/withdrawal", {"clock": "resolution.1", "reason": "Ошиблись"}).status_code == 422


def test_an_agent_is_not_offered_to_waive_and_cannot(late: Ticket) -> None:
    client = client_of(make.agent(team=late.team))
    page = f"/tickets/{late.number}/clocks"
    assert "/waiver" not in client.get(page).content.decode()
    for address in (f"{page}/waiver", f"{page}/waiver/withdrawal"):
        assert client.post(address, {"clock": "resolution.1", "reason": "Авария"}).status_code == 403
    assert SlaClock.objects.get(ticket=late, metric="resolution").outcome != "waived"


def test_an_agent_records_the_date_that_the_requester_agreed_to() -> None:
    anna: Person = make.agent(language="en")
    ticket = make.ticket(status="open", by=anna)
    agreed = Message.objects.get(ticket=ticket, side="customer")
    page, client = f"/tickets/{ticket.number}/clocks", client_of(anna)
    assert "Date agreed with the requester" in words(client.get(page))
    until = clock.now() + timedelta(days=20)
    form = {"until": until.strftime("%Y-%m-%dT%H:%M"), "evidence": str(agreed.pk)}
    assert client.post(f"{page}/agreed-date", form | {"evidence": "x"}).status_code == 422
    assert client.post(f"{page}/agreed-date", form | {"until": ""}).status_code == 422
    assert client.post(f"{page}/agreed-date", form).status_code == 302
    kept = SlaClock.objects.get(ticket=ticket, metric="resolution").negotiated_at
    assert kept is not None and abs(kept - until) < timedelta(hours=13)


def test_the_history_tells_what_was_waived_and_taken_back_and_why_a_promise_broke(late: Ticket) -> None:
    manager = make.person(roles=["service_manager"])
    settling.waive(late, metric="resolution", reason="Авария", actor=make.actor(manager))
    settling.withdraw_waiver(late, metric="resolution", reason="Ошиблись", actor=make.actor(manager))
    waking.wake(late.pk)
    page = words(client_of(manager).get(f"/tickets/{late.number}"))
    for told in (
        "нарушение срока «Решение» снято с учёта: Авария",
        "нарушение срока «Решение» возвращено в учёт: Ошиблись",
    ):
        assert told in page
    assert "нарушен срок «Решение»: работа заняла больше времени" in page


def test_a_local_time_that_does_not_exist_is_none_and_one_that_comes_twice_is_the_first() -> None:
    with timezone.override("Europe/Berlin"):
        assert moment("2027-03-28T02:30") is None
        assert moment("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_kept_promise_is_provisional_while_the_ticket_may_come_back() -> None:
    manager = make.person(roles=["service_manager"], language="en")
    solved = make.ticket(status="resolved")
    page = client_of(manager).get(f"/tickets/{solved.number}/clocks")
    assert "Outcome: kept; provisional until the ticket is closed." in words(page)
