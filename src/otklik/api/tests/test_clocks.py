"""The clocks of a ticket and their comparison with the journal, for programs."""

from __future__ import annotations

import pytest
from django.test import Client

from otklik import clock
from otklik.people.models import Person
from otklik.sla.models import SlaClock
from otklik.sla.shipped import ensure_defaults
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def client_of(person: Person) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements."""
    ensure_defaults("ru")


@pytest.fixture
def manager() -> Person:
    return make.person(roles=["service_manager"])


def test_the_steps_of_a_clock_add_up_to_what_it_spent(manager: Person) -> None:
    ticket = make.ticket(status="pending")
    answer = client_of(manager).get(f"/api/v1/tickets/{ticket.number}/sla").json()
    assert {one["metric"] for one in answer["clocks"]} >= {"first_response", "resolution"}
    for one in answer["clocks"]:
        assert sum(step["amount"] for step in one["steps"]) == one["elapsed"]


def test_the_internal_part_stays_inside() -> None:
    ticket = make.ticket()
    assert client_of(make.person()).get(f"/api/v1/tickets/{ticket.number}/sla").status_code == 404
    assert client_of(ticket.requester).get(f"/api/v1/tickets/{ticket.number}/sla").status_code == 404


def test_a_stored_value_that_the_journal_has_otherwise_is_named_and_not_repaired(manager: Person) -> None:
    ticket = make.ticket()
    address = f"/api/v1/sla/verify?number={ticket.number}"
    assert client_of(manager).get(address).json() == {"differences": [], "last_run": None}
    SlaClock.objects.filter(ticket=ticket, metric="resolution").update(elapsed=77)
    for _time in range(2):
        found = client_of(manager).get(address).json()["differences"]
        assert [(one["ticket"], one["clock"], one["name"], one["stored"]) for one in found] == [
            (ticket.number, "resolution 1", "elapsed", "77")
        ]


def test_a_hidden_ticket_is_not_compared_and_somebody_must_be_allowed_to(manager: Person) -> None:
    ticket = make.ticket(visibility="restricted")
    SlaClock.objects.filter(ticket=ticket).update(elapsed=77)
    address = f"/api/v1/sla/verify?number={ticket.number}"
    assert client_of(manager).get(address).json()["differences"] == []
    assert client_of(make.agent()).get(address).status_code == 403
    assert client_of(manager).get("/api/v1/sla/verify").status_code == 422
