"""«Без присмотра»: tickets that nobody watches, why, and where that is mended."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of
from otklik.web.tests.test_workspace import words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "reason"), [("ru", "не указана услуга"), ("en", "no service")])
def test_a_ticket_without_a_service_stands_there_with_the_reason_and_the_cure(language: str, reason: str) -> None:
    ensure_defaults("ru")
    watched, alone = make.ticket(subject="Под присмотром"), make.ticket(subject="Сама по себе", service=None)
    page = client_of(make.agent(language=language)).get("/queue/unwatched")
    assert "Сама по себе" in words(page) and "Под присмотром" not in words(page)
    assert reason in words(page)
    assert f'href="/tickets/{alone.number}">' in page.content.decode()
    assert watched.number != alone.number


def test_without_any_agreement_the_manager_is_led_to_the_agreements() -> None:
    make.ticket()
    manager = make.person(roles=["service_manager"])
    assert 'href="/settings/agreements">' in client_of(manager).get("/queue/unwatched").content.decode()
    assert 'href="/settings/agreements">' not in client_of(make.agent()).get("/queue/unwatched").content.decode()


def test_it_asks_as_often_for_many_tickets_as_for_one(queries: Any) -> None:
    client, by = client_of(make.agent()), make.agent()
    desk.note(make.ticket(service=None), content=desk.Content(text="Заметка"), actor=make.actor(by))
    client.get("/queue/unwatched")
    one = queries.count(lambda: client.get("/queue/unwatched"))
    for _number in range(5):
        make.ticket(service=None)
    assert queries.count(lambda: client.get("/queue/unwatched")) == one
