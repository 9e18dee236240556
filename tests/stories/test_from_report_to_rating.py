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


class Story:
    """The people, the ticket and the mail of one journey."""

    def __init__(self, sink: Sink, language: str) -> None:
        self.say, self.sink = WORDS[language], sink
        self.nurse = make.person(self.say["name"], email="nurse@clinic.example", language=language)
        self.agent = make.agent("Алина Юсупова")
        self.service = make.service("printing")
        self.ticket = Ticket()

    def letters(self) -> list[EmailMessage]:
        """Do what waits; then all letters that she got so far."""
        return letters_to(self.sink, self.nurse.email)

    def presses(self, thing: str, form: dict[str, str]) -> None:
        """The agent presses a button of the ticket's page."""
        press(client_of(self.agent), f"/tickets/{self.ticket.number}/{thing}", form)
        self.ticket.refresh_from_db()

    def she_writes(self) -> EmailMessage:
        """One letter, one numbered ticket, one receipt that names it."""
        sender = f"{self.nurse.name} <{self.nurse.email}>"
        row = mail.arrive(mail.letter(self.say["trouble"], sender=sender, subject=self.say["subject"], verified=True))
        assert row.outcome == "opened"
        self.ticket = Ticket.objects.get()
        (receipt,) = self.letters()
        return receipt

    def she_answers(self, question: EmailMessage) -> None:
        """From her mail program, with the question quoted below."""
        text = f"{self.say['answer']}\n\n{self.say['quoted']}\n"
        row = mail.arrive(answer_to(question, text, self.nurse))
        assert (row.outcome, row.ticket_id) == ("joined", self.ticket.pk)
        drain()
        self.ticket.refresh_from_db()

    def it_is_solved(self) -> EmailMessage:
        """The agent proposes the solution, with what to do next time."""
        form = {"text": self.say["solution"], "instructions": self.say["advice"], "code": "fixed"}
        self.presses("solution", form | {"cause_code": "hardware", "service": str(self.service.pk)})
        return self.letters()[-1]

    def she_confirms_and_rates(self, solution: EmailMessage) -> None:
        """Opening a mailed link changes nothing; its button does."""
        link = re.search(r"/links/[\w.~-]+", plain(solution))
        score = re.search(r"/feedback/[\w.~-]+", plain(solution))
        assert link is not None and score is not None
        somebody = Client()
        assert somebody.get(link[0]).status_code == 200
        assert somebody.get(f"{score[0]}?score=5").status_code == 200
        self.ticket.refresh_from_db()
        assert (self.ticket.status, Score.objects.count()) == ("resolved", 0)
        press(somebody, f"{link[0]}/confirmation", {})
        press(somebody, score[0], {"score": "5", "comment": self.say["praise"]})
        self.ticket.refresh_from_db()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_a_letter_to_a_rated_solution(sink: Sink, language: str) -> None:
    story, say = Story(sink, language), WORDS[language]
    with at(0):
        receipt = story.she_writes()
    assert (story.ticket.status, story.ticket.requester, story.ticket.channel) == ("new", story.nurse, "email")
    assert say["receipt"] in plain(receipt) and str(story.ticket.number) in plain(receipt)
    with at(10):
        story.presses("take", {})
        story.presses("replies", {"body": say["coming"], "key": "r1"})
    with at(11):
        taken, reply = story.letters()[1:]
    assert "Алина Юсупова" in plain(taken) and say["coming"] in plain(reply)
    with at(30):
        story.presses("replies", {"body": say["question"], "key": "r2", "then": "wait"})
    with at(31):
        question = story.letters()[3]
        spent = resolution(story.ticket).elapsed
    with at(90):
        assert (resolution(story.ticket).state, resolution(story.ticket).elapsed) == ("paused", spent)
        story.she_answers(question)
        assert (story.ticket.status, resolution(story.ticket).state) == ("open", "running")
    assert Message.objects.filter(side="customer").latest("created_at").text.strip() == say["answer"]
    with at(120):
        solution = story.it_is_solved()
    assert say["solution"] in plain(solution) and say["advice"] in html(solution)
    with at(150):
        story.she_confirms_and_rates(solution)
    assert (story.ticket.status, Score.objects.get().score) == ("closed", 5)
    seen = client_of(story.nurse).get(f"/requests/{story.ticket.number}").content.decode()
    assert say["solution"] in seen
    assert desk.differences(story.ticket) == {}


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
