"""Priority matrix and timers are published as versions; leaving the desk waits for the tickets one holds."""

from __future__ import annotations

import pytest

from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.people import roster
from otklik.people.tests.test_settings import signed_in
from otklik.tickets.forms import to_cells
from otklik.tickets.policy import MATRIX_NAME, TIMERS_NAME
from otklik.tickets.priority import MATRIX
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return signed_in(make.person(roles=["service_manager"]))


def test_the_matrix_is_published_and_brought_back(site):
    cells = to_cells(MATRIX) | {"cell_3_3": "P3", "cell_3_2": "P3", "cell_2_3": "P3"}
    assert site.get("/settings/priorities/matrix").status_code == 200
    assert site.post("/settings/priorities/matrix", cells).status_code == 302
    assert config.current(MATRIX_NAME).data["matrix"]["3"]["3"] == "P3"
    assert site.post("/settings/priorities/matrix/versions/0").status_code == 302
    assert config.current(MATRIX_NAME).data["matrix"] == MATRIX


def test_a_matrix_that_punishes_urgency_is_refused(site):
    answer = site.post("/settings/priorities/matrix", to_cells(MATRIX) | {"cell_1_1": "P4"})
    assert answer.status_code == 422
    assert config.current(MATRIX_NAME).version == 0


def test_timers_stay_in_order(site):
    values = {"first_reminder": 1, "second_reminder": 3, "no_response_bd": 7, "close_reminder_bd": 2, "close_bd": 4}
    assert site.post("/settings/priorities/timers", values).status_code == 302
    assert config.current(TIMERS_NAME).data["reminders_bd"] == [1, 3]
    assert site.post("/settings/priorities/timers", values | {"second_reminder": 1}).status_code == 422
    assert site.get("/settings/priorities/timers").status_code == 200


def test_an_agent_with_open_tickets_does_not_leave():
    agent = make.agent("Борис")
    ticket = make.ticket(status="open", by=agent)
    with pytest.raises(roster.Refused) as refused:
        roster.deactivate_person(agent, actor=SYSTEM)
    assert str(ticket.number) in refused.value.texts[0]
