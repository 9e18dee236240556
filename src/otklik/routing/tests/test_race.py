"""Many tickets at once, several workers: nobody is ever filled beyond the limit, and nothing is lost."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from otklik import clock
from otklik.jobs import drain
from otklik.people.models import Person
from otklik.routing import dispatcher, policy
from otklik.routing.gather import loads
from otklik.routing.models import Decision
from otklik.routing.tests.make import member, team
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

AROUND = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def race(tickets: int, workers: int, people: int, capacity: int) -> None:
    crew = team("auto")
    for _n in range(people):
        member(crew, hours=AROUND, capacity=capacity)
    requester, service = make.person(), make.service()
    for _n in range(tickets):
        make.ticket(team=crew, requester=requester, service=service, impact=2, urgency=2)  # P3, two points
    start = threading.Barrier(workers)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            drain(lanes=["decide"])
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert failed == []
    drain(lanes=["decide"])  # what was put back for a moment
    _weights, points = policy.weights()
    found = loads(list(Person.objects.filter(teams=crew).values_list("pk", flat=True)), points)
    assert max(found.values()) <= capacity
    room = people * (capacity // 2)
    given = Ticket.objects.filter(team=crew, assignee__isnull=False).count()
    assert given == min(room, tickets), "every free place is used"
    waiting = Decision.objects.filter(ticket__team=crew, state="unavailable").count()
    assert waiting == tickets - given
    assert all(dispatcher.recompute(one) for one in Decision.objects.all())
    assert clock.now() is not None


@pytest.mark.django_db(transaction=True)
def test_tickets_that_come_at_once_never_fill_anybody_beyond_the_limit():
    race(tickets=10, workers=4, people=3, capacity=5)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_tickets_and_eight_workers_never_fill_anybody_beyond_the_limit():
    race(tickets=50, workers=8, people=6, capacity=13)
