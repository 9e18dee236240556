"""The whole journey of one report: by mail, through the portal, in both languages, and by phone without an address.

A letter arrives; its writer gets a receipt with a number and a promise; an agent takes it, asks, and the clock rests;
the answer comes by mail with the question quoted below; the solution is confirmed and rated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client

from otklik import clock
from otklik.calendars import shipped as calendars
from otklik.channels.tests import make as mail
from otklik.feedback.models import Score
from otklik.jobs import drain
from otklik.notifications.tests.story import html, letters_to, mail_leaves, plain
from otklik.outbox.tests.sink import Sink
from otklik.people.models import Person
from otklik.sla import due
from otklik.sla import shipped as agreements
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday, half past nine in Moscow, the desk is open

WORDS: dict[str, dict[str, Any]] = {
    "ru": {
        "name": "Оксана Рябинина",
        "subject": "Не печатает принтер в процедурной",
        "trouble": "Отправляю назначения, ничего не выходит, мигает красная лампа.",
        "coming": "Иду к вам.",
        "question": "Какой номер на наклейке принтера?",
        "answer": "Номер П-314.",
        "quoted": "24.11.2026 10:00, Отклик пишет:\n> Какой номер на наклейке принтера?",
        "solution": "Заменили картридж и проверили печать назначений.",
        "advice": "Если лампа замигает снова, откройте и закройте крышку.",
        "receipt": "Получили ваше обращение",
        "praise": "Быстро, спасибо",
    },
    "en": {
        "name": "James Whitlock",
        "subject": "The ward printer prints nothing",
        "trouble": "I send the orders, nothing comes out and a red light blinks.",
        "coming": "I am on my way.",
        "question": "What number is on the label of the printer?",
        "answer": "The number is P-314.",
        "quoted": "On Tue, 24 Nov 2026 at 10:00, Otklik wrote:\n> What number is on the label of the printer?",
        "solution": "We replaced the cartridge and checked that orders print.",
        "advice": "If the light blinks again, open and close the lid.",
        "receipt": "We have got your request",
        "praise": "Quick, thank you",
    },
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A desk as it is set up on the first day, whose mail leaves into a sink."""
    with clock.at(MORNING):
        calendars.ensure_defaults("ru")
        agreements.ensure_defaults("ru")
        mail.mailbox()
    with mail_leaves() as sink:
        yield sink


def at(minutes: int) -> Any:
    """So many minutes into the story."""
    return clock.at(MORNING + timedelta(minutes=minutes))


def answer_to(letter: EmailMessage, text: str, person: Person) -> bytes:
    """What a mail program sends back: to the signed address, with the letter quoted below."""
    return mail.letter(
        text,
        sender=f"{person.name} <{person.email}>",
        to=str(letter["Reply-To"]),
        subject=f"Re: {letter['Subject']}",
        verified=True,
        In_Reply_To=str(letter["Message-ID"]),
        References=str(letter["Message-ID"]),
    )


def press(client: Client, address: str, form: dict[str, str]) -> None:
    """Press a button of a page; every refusal of the story would show here."""
    answer = client.post(address, form)
    assert answer.status_code in {200, 302, 303}, answer.content.decode()[-2000:]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_a_letter_to_a_rated_solution(sink: Sink, language: str) -> None:
    say = WORDS[language]
    nurse = make.person(say["name"], email="nurse@clinic.example", language=language)
    agent = make.agent("Алина Юсупова")
    service = make.service("printing")

    # she writes; one numbered ticket and a receipt that names it
    with at(0):
        row = mail.arrive(
            mail.letter(say["trouble"], sender=f"{nurse.name} <{nurse.email}>", subject=say["subject"], verified=True)
        )
        assert row.outcome == "opened"
        ticket = Ticket.objects.get()
        (receipt,) = letters_to(sink, nurse.email)
    assert (ticket.status, ticket.requester, ticket.channel) == ("new", nurse, "email")
    assert say["receipt"] in plain(receipt)
    assert str(ticket.number) in plain(receipt)

    # an agent takes it and says so
    desk_page = client_of(agent)
    with at(10):
        press(client_of(agent), f"/tickets/{ticket.number}/take", {})
        press(client_of(agent), f"/tickets/{ticket.number}/replies", {"body": say["coming"], "key": "r1"})
    with at(11):
        taken, reply = letters_to(sink, nurse.email)[1:]
    assert "Алина Юсупова" in plain(taken)
    assert say["coming"] in plain(reply)

    # a question; from here on the clock rests
    with at(30):
        form = {"body": say["question"], "key": "r2", "then": "wait"}
        press(client_of(agent), f"/tickets/{ticket.number}/replies", form)
    with at(31):
        question = letters_to(sink, nurse.email)[3]
        ticket.refresh_from_db()
        assert ticket.status == "pending"
        spent = resolution(ticket).elapsed
    with at(90):
        assert (resolution(ticket).state, resolution(ticket).elapsed) == ("paused", spent)

        # she answers from her mail program, the question quoted below
        row = mail.arrive(answer_to(question, f"{say['answer']}\n\n{say['quoted']}\n", nurse))
        assert (row.outcome, row.ticket_id) == ("joined", ticket.pk)
        drain()
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert Message.objects.filter(side="customer").latest("created_at").text.strip() == say["answer"]
    with at(100):
        assert resolution(ticket).state == "running"

    # the solution, with what to do next time
    with at(120):
        form = {
            "text": say["solution"],
            "instructions": say["advice"],
            "code": "fixed",
            "cause_code": "hardware",
            "service": str(service.pk),
        }
        press(client_of(agent), f"/tickets/{ticket.number}/solution", form)
        solution = letters_to(sink, nurse.email)[4]
    assert say["solution"] in plain(solution)
    assert say["advice"] in html(solution)

    # opening a mailed link changes nothing; its button confirms; the score is given with the same letter
    stranger = Client()
    link = re.search(r"/links/[\w.~-]+", plain(solution))
    score = re.search(r"/feedback/[\w.~-]+", plain(solution))
    assert link is not None and score is not None
    with at(150):
        assert stranger.get(link[0]).status_code == 200
        assert stranger.get(f"{score[0]}?score=5").status_code == 200
        ticket.refresh_from_db()
        assert (ticket.status, Score.objects.count()) == ("resolved", 0)
        press(stranger, f"{link[0]}/confirmation", {})
        press(stranger, score[0], {"score": "5", "comment": say["praise"]})
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert Score.objects.get().score == 5

    # everybody could see all along; the record agrees with itself
    seen = client_of(nurse).get(f"/requests/{ticket.number}").content.decode()
    assert say["solution"] in seen
    assert desk_page.get(f"/tickets/{ticket.number}").status_code == 200
    assert desk.differences(ticket) == {}


def resolution(ticket: Ticket) -> Any:
    """The promise of a solution as it stands now."""
    promised = due.for_ticket(ticket)
    assert promised is not None
    line = promised.of("resolution")
    assert line is not None
    return line


def test_by_phone_for_a_person_without_an_address(sink: Sink) -> None:
    agent = make.agent("Алина Юсупова")
    place = make.place("Регистратура, окно 2")
    caller = make.person("Зинаида Орлова", email=None, phone="318", place=place)
    service = make.service("printing")
    with at(0):
        found = client_of(agent).get("/calls/people", {"q": "318"}).content.decode()
        assert "Зинаида Орлова" in found
        form = {"person": str(caller.pk), "what": "Не печатаются талоны", "outcome": "new", "urgency": "1", "key": "c1"}
        press(client_of(agent), "/calls/new", form | {"service": str(service.pk)})
        ticket = Ticket.objects.get()
        drain()
    assert (ticket.requester, ticket.place, ticket.channel) == (caller, place, "phone")
    assert ticket.first_response_at is not None, "the call itself is the first answer"
    with at(20):
        press(client_of(agent), f"/tickets/{ticket.number}/take", {})
        form = {"text": "Перезапустили принтер талонов, талоны идут.", "code": "fixed", "service": str(service.pk)}
        press(client_of(agent), f"/tickets/{ticket.number}/solution", form)
        drain()
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert sink.record == [], "nobody has an address, so nothing is mailed"
    with clock.at(MORNING + timedelta(days=9)):
        drain(ticks=True)
    ticket.refresh_from_db()
    assert ticket.status == "closed"
