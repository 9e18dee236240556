"""Splitting on the pages, by mail and through the API (domain.md §2.8)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from otklik.channels.email import inbound
from otklik.channels.tests import make as mail
from otklik.jobs import drain
from otklik.outbox.models import Delivery
from otklik.people.models import Person
from otklik.tickets import desk as door
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


def heard(ticket: Ticket, author: Person, text: str) -> Message:
    told = door.hear(ticket, door.Content(text=text), author=author, channel="portal", actor=make.actor(author))
    assert told.message is not None
    return told.message


def split(desk: Client, source: Ticket, *messages: Message, **more: str) -> Ticket:
    keys = [str(one.pk) for one in messages]
    form = {"messages": keys, "confirmed": ",".join(keys), "subject": "Доступ к архиву", **more}
    answer = desk.post(f"/tickets/{source.number}/splitting", form)
    assert answer.status_code == 302, answer.content.decode()
    return Ticket.objects.get(number=int(answer["Location"].rsplit("/", 1)[1]))


def test_what_it_becomes_and_who_is_told_is_shown_before_anything_is_done(desk: Client) -> None:
    nurse, doctor = make.person("Оксана Рябинина"), make.person("Вера Лис")
    source = make.ticket(requester=nurse, cc=[doctor])
    words = heard(source, doctor, "Добрый день!\nА мне нужен доступ к архиву")
    form = {"messages": [str(words.pk)]}
    answer = desk.post(f"/tickets/{source.number}/splitting", form)
    page = answer.content.decode()
    assert answer.status_code == 200 and Ticket.objects.count() == 1
    assert 'value="А мне нужен доступ к архиву"' in page and f'name="confirmed" value="{words.pk}"' in page
    dialog = page.split('id="split"', 1)[1]
    assert "Добрый день! А мне нужен доступ" in dialog
    assert "Вера Лис" in dialog and "Оксана Рябинина" in dialog
    assert re.search(rf'value="{words.pk}" checked', page)


def test_a_refusal_opens_the_dialog_again_and_without_script_an_address_does(desk: Client) -> None:
    source = make.ticket()
    answer = desk.post(f"/tickets/{source.number}/splitting", {})
    assert answer.status_code == 422
    opened = 'id="split" aria-labelledby="split-title" open'
    assert opened in answer.content.decode()
    assert opened in desk.get(f"/tickets/{source.number}?split=1").content.decode()
    assert opened not in desk.get(f"/tickets/{source.number}").content.decode()


def test_both_pages_name_each_other_and_the_requester_reads_only_what_went_along(desk: Client) -> None:
    nurse, doctor = make.person("Оксана Рябинина"), make.person("Вера Лис")
    source = make.ticket(requester=nurse, cc=[doctor], text="Слова сестры")
    words = heard(source, doctor, "Слова врача")
    fresh = split(desk, source, words)
    assert (fresh.subject, fresh.requester) == ("Доступ к архиву", doctor)
    old, new = (desk.get(f"/tickets/{one.number}").content.decode() for one in (source, fresh))
    assert f'href="/tickets/{fresh.number}"' in old and f'href="/tickets/{source.number}"' in new
    assert "Слова врача" in old and "Слова врача" in new and "Слова сестры" not in new
    page = client_of(doctor).get(f"/requests/{fresh.number}").content.decode()
    assert "Слова врача" in page and "Слова сестры" not in page
    assert client_of(nurse).get(f"/requests/{fresh.number}").status_code == 404
    assert str(fresh.number) not in client_of(nurse).get(f"/requests/{source.number}").content.decode()


def test_one_person_gets_one_letter_and_two_get_one_each(desk: Client) -> None:
    nurse, doctor = make.person("Оксана Рябинина"), make.person("Вера Лис", language="en")
    source = make.ticket(requester=nurse, cc=[doctor], text="Чужие слова")
    rows = [heard(source, person, "Мне нужен архив") for person in (nurse, doctor)]
    drain()
    known = set(Delivery.objects.values_list("pk", flat=True))
    first, second = (split(desk, source, row) for row in rows)
    drain()
    sent = Delivery.objects.exclude(pk__in=known).order_by("pk")
    letters = {(one.recipient, one.kind): one for one in sent}
    assert (
        sorted(letters) == sorted([(nurse.email, "split"), (doctor.email, "split"), (nurse.email, "split_off")])
        and len(sent) == 3
    )
    own = letters[nurse.email, "split"]
    assert str(first.number) in own.text and f"№ {source.number}" in own.text
    assert str(second.number) in letters[doctor.email, "split"].text
    told = letters[nurse.email, "split_off"].text
    assert str(second.number) not in told and "архив" not in told
    assert "Чужие слова" not in letters[doctor.email, "split"].text


def test_somebody_whose_request_was_merged_here_does_not_learn_its_number(desk: Client, agent: Person) -> None:
    doctor = make.person("Вера Лис")
    kept_out, source = make.ticket(requester=doctor, text="Слова врача"), make.ticket()
    door.merge(kept_out, source, requester="out", actor=make.actor(agent))
    source.refresh_from_db()
    fresh = split(desk, source, kept_out.messages.get())
    drain()
    letter = Delivery.objects.get(recipient=doctor.email, kind="split_apart")
    assert str(fresh.number) in letter.text and str(source.number) not in letter.text
    page = client_of(doctor).get(f"/requests/{fresh.number}").content.decode()
    assert "Слова врача" in page and str(source.number) not in page


def test_an_answer_to_the_old_thread_joins_the_old_ticket_and_one_to_the_letter_the_new(desk: Client) -> None:
    nurse = make.person("Оксана Рябинина", email="nurse@clinic.example")
    source, box = make.ticket(requester=nurse), mail.mailbox()
    fresh = split(desk, source, heard(source, nurse, "И доступ к архиву"))
    drain()
    asked = Delivery.objects.get(kind="split")
    for text, reply_to, ticket in (("Про старое", "receipt", source), ("Про новое", "split", fresh)):
        to = Delivery.objects.get(kind=reply_to, subject_id=ticket.number)
        words = mail.letter(
            text,
            sender=f"{nurse.name} <{nurse.email}>",
            to=mail.signed_address(ticket, nurse),
            verified=True,
            In_Reply_To=to.message_id,
        )
        inbound.receive(words, mailbox=box)
        drain()
        assert Message.objects.get(text__contains=text).ticket_id == ticket.pk
    assert asked.message_id != Delivery.objects.get(kind="receipt").message_id


def test_after_a_solution_another_subject_is_split_off_and_the_solution_stays(desk: Client, agent: Person) -> None:
    source = make.ticket(status="resolved", by=agent)
    assert source.requester is not None
    words = heard(source, source.requester, "А ещё сломался сканер")
    page = desk.get(f"/tickets/{source.number}?split=new_topic").content.decode()
    assert re.search(rf'value="{words.pk}" checked', page) and 'name="new_topic" value="1" checked' in page
    split(desk, source, words, new_topic="1")
    source.refresh_from_db()
    assert source.status == "resolved"


def test_the_api_names_the_source_and_words_are_found_in_both(desk: Client) -> None:
    nurse = make.person()
    source = make.ticket(requester=nurse)
    fresh = split(desk, source, heard(source, nurse, "Абракадабра"))
    assert desk.get(f"/api/v1/tickets/{fresh.number}").json()["split_from"] == source.number
    assert desk.get(f"/api/v1/tickets/{source.number}").json()["split_from"] is None
    found = desk.get("/queue/all?q=Абракадабра").content.decode()
    assert f"/tickets/{source.number}" in found and f"/tickets/{fresh.number}" in found
