"""Merging on the pages, by mail and through the API (domain.md §2.7)."""

from __future__ import annotations

import pytest
from django.test import Client

from otklik.channels.email import inbound
from otklik.channels.tests import make as mail
from otklik.jobs import drain
from otklik.outbox.models import Delivery
from otklik.people.models import Person
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Person:
    return make.agent("Алина Юсупова")


@pytest.fixture
def desk(agent: Person) -> Client:
    return client_of(agent)


def merge(desk: Client, source: Ticket, target: Ticket, requester: str = "cc") -> None:
    form = {"other": f"№ {target.number}", "confirmed": str(target.number), "requester": requester}
    answer = desk.post(f"/tickets/{source.number}/merging", form)
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{target.number}")


def test_the_other_ticket_is_shown_before_anything_is_done(desk: Client) -> None:
    source, target = make.ticket(), make.ticket(requester=make.person("Вера Лис"), subject="Сканер молчит")
    answer = desk.post(f"/tickets/{source.number}/merging", {"other": str(target.number)})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Сканер молчит" in page and "Вера Лис" in page
    source.refresh_from_db()
    assert source.status == "new"


def test_a_refusal_opens_the_dialog_again_with_what_was_typed(desk: Client) -> None:
    source = make.ticket()
    answer = desk.post(f"/tickets/{source.number}/merging", {"other": "99999999"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="99999999"' in page


def test_the_page_of_the_merged_one_points_on_and_takes_it_back(desk: Client, agent: Person) -> None:
    nurse = make.person("Оксана Рябинина")
    source, target = make.ticket(requester=nurse, text="Опять не печатает"), make.ticket(requester=nurse)
    merge(desk, source, target)
    assert f"/tickets/{target.number}" in desk.get(f"/tickets/{source.number}").content.decode()
    shown = desk.get(f"/tickets/{target.number}").content.decode()
    assert "Опять не печатает" in shown and f"№ {source.number}" in shown
    portal = client_of(nurse)
    page = portal.get(f"/requests/{source.number}").content.decode()
    assert f"/requests/{target.number}" in page and "quick-reply" not in page
    assert portal.post(f"/requests/{source.number}/messages", {"body": "Ау", "key": "k"}).status_code == 422
    assert desk.post(f"/tickets/{source.number}/merging/undo").status_code == 302
    source.refresh_from_db()
    assert source.status == "new"
    assert "Опять не печатает" not in desk.get(f"/tickets/{target.number}").content.decode()


def test_a_person_who_was_kept_out_learns_neither_number_nor_words(desk: Client) -> None:
    source, target = make.ticket(), make.ticket(text="Чужие слова", subject="Чужая тема")
    merge(desk, source, target, "out")
    assert source.requester is not None
    portal = client_of(source.requester)
    page = portal.get(f"/requests/{source.number}").content.decode()
    assert f"/requests/{target.number}" not in page and "Чужие слова" not in page
    assert portal.get(f"/requests/{target.number}").status_code == 404
    drain()
    letter = Delivery.objects.get(recipient=source.requester.email, kind="merged_out")
    assert f"№ {target.number}" not in letter.text and "Чуж" not in letter.text


def test_the_requester_is_told_where_it_goes_on(desk: Client) -> None:
    source, target = make.ticket(), make.ticket()
    merge(desk, source, target)
    drain()
    assert source.requester is not None
    letter = Delivery.objects.get(recipient=source.requester.email, kind="merged")
    assert f"№ {target.number}" in letter.text and f"/requests/{target.number}" in letter.text


def test_mail_to_the_merged_number_joins_the_target(desk: Client) -> None:
    nurse = make.person("Оксана Рябинина", email="nurse@clinic.example")
    source, target = make.ticket(requester=nurse), make.ticket()
    box = mail.mailbox()
    address = mail.signed_address(source, nurse)
    merge(desk, source, target)
    words = mail.letter("Ещё шумит", sender=f"{nurse.name} <{nurse.email}>", to=address, verified=True)
    inbound.receive(words, mailbox=box)
    drain()
    assert Message.objects.get(text__contains="Ещё шумит").ticket_id == target.pk
    assert Ticket.objects.count() == 2


def test_mail_of_a_person_who_was_kept_out_waits_in_the_target(desk: Client) -> None:
    nurse = make.person("Оксана Рябинина", email="nurse@clinic.example")
    source, target = make.ticket(requester=nurse), make.ticket()
    box = mail.mailbox()
    address = mail.signed_address(source, nurse)
    merge(desk, source, target, "out")
    words = mail.letter("Ещё шумит", sender=f"{nurse.name} <{nurse.email}>", to=address, verified=True)
    inbound.receive(words, mailbox=box)
    drain()
    waiting = Message.objects.get(text__contains="Ещё шумит")
    assert (waiting.ticket_id, waiting.audience) == (target.pk, "waiting")


def test_the_api_names_the_target_to_those_who_may_see_it(desk: Client) -> None:
    source, target = make.ticket(), make.ticket()
    merge(desk, source, target, "out")
    assert source.requester is not None
    told = desk.get(f"/api/v1/tickets/{source.number}").json()
    assert told["merged_into"] == target.number
    kept_out = client_of(source.requester).get(f"/api/v1/tickets/{source.number}").json()
    assert kept_out["merged_into"] is None
