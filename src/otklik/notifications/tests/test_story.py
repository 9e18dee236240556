"""The whole conversation by mail: receipt, taken, question, answer, solution, and what staff hear meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from otklik import clock
from otklik.channels.email.attribution import is_marker
from otklik.jobs import drain
from otklik.outbox.addressing import read_message_id, read_reply_address
from otklik.outbox.keys import signing_keys
from otklik.outbox.models import Delivery
from otklik.outbox.tests.sink import Sink
from otklik.people.models import Person
from otklik.sla.models import Promise
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

from .story import html, identity, letters_to, mail_leaves, plain

pytestmark = pytest.mark.django_db(transaction=True)


def opened(requester: Person, subject: str = "Не печатает принтер", text: str = "Мигает лампа"):
    return make.ticket(requester=requester, subject=subject, text=text)


def told(sink: Sink) -> tuple[Ticket, Person, list[EmailMessage], EmailMessage]:
    """A ticket from its arrival to its solution: it, its requester, their letters, and the assignee's letter."""
    anna, olga = make.person("Анна Ким"), make.agent("Ольга Лис")
    actor = make.actor(olga)
    ticket = opened(anna)
    drain()
    ticket = desk.take(ticket, actor=actor)
    drain()
    desk.reply(ticket, desk.Content(text="Сейчас подойду."), actor=actor)
    drain()
    question = desk.Content(text="Какой номер на наклейке?")
    ticket = desk.hold(ticket, reason="requester", question=question, actor=actor)
    drain()
    desk.hear(ticket, desk.Content(text="314"), author=anna, channel="portal", actor=make.actor(anna))
    ticket.refresh_from_db()
    (news,) = letters_to(sink, olga.email)
    content = desk.Content(text="Заменили картридж и проверили печать.", instructions="Тонера хватит на год.")
    desk.resolve(ticket, code="fixed", content=content, actor=actor)
    return ticket, anna, letters_to(sink, anna.email), news


def test_a_requester_hears_of_each_step() -> None:
    with mail_leaves() as sink:
        ticket, _, letters, news = told(sink)
    receipt, taken, reply, question, solution = letters
    assert [one["Subject"] for one in letters] == [f"Не печатает принтер [#{ticket.number}]"] * 5
    assert str(ticket.number) in plain(receipt) and "Мигает лампа" in plain(receipt)
    assert "Вашим обращением занимается Ольга Лис." in plain(taken)
    assert "Сейчас подойду." in plain(reply) and "Ольга Лис" in str(reply["From"])
    assert "Какой номер на наклейке?" in plain(question)
    assert "Заменили картридж" in plain(solution) and "Тонера хватит на год." in plain(solution)
    assert "/feedback/" in plain(solution) and "/feedback/" in html(solution)
    assert "314" in plain(news) and f"/tickets/{ticket.number}" in plain(news)
    assert all(is_marker(plain(one).splitlines()[0]) for one in letters)
    assert [one["Auto-Submitted"] for one in letters] == ["auto-generated", "auto-generated", None, None, None]


def test_letters_of_one_ticket_are_one_thread_and_signed() -> None:
    with mail_leaves() as sink:
        ticket, anna, letters, _ = told(sink)
    assert [str(one["References"]).split()[0] for one in letters[1:]] == [identity(letters[0])] * 4
    assert [str(one["In-Reply-To"]).strip() for one in letters[1:]] == [identity(one) for one in letters[:-1]]
    for one in letters:
        said = read_reply_address(str(one["Reply-To"]).strip("<>"), keys=signing_keys())
        named = read_message_id(identity(one), keys=signing_keys())
        assert said is not None and (said.ticket, said.recipient) == (ticket.number, anna.pk)
        assert named is not None and named.ticket == ticket.number


def test_the_same_in_english() -> None:
    anna, olga = make.person("Anna Kim", language="en", timezone="Europe/London"), make.agent("Olga Lis")
    with mail_leaves() as sink:
        ticket = desk.take(opened(anna, "The printer is silent", "The lamp blinks"), actor=make.actor(olga))
        content = desk.Content(text="We replaced the cartridge and tried it.")
        desk.resolve(ticket, code="fixed", content=content, actor=make.actor(olga))
        receipt, taken, solution = letters_to(sink, anna.email)
    assert "We have got your request" in plain(receipt) and receipt["Content-Language"] == "en"
    assert "Olga Lis is working on your request." in plain(taken)
    assert "We have solved it. Please check." in plain(solution)
    assert is_marker(plain(receipt).splitlines()[0])


def test_a_receipt_says_until_when_we_reply_and_solve() -> None:
    anna, noon = make.person("Анна"), datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    with clock.at(noon):
        ticket = opened(anna)
        due = {"first_due_at": noon + timedelta(minutes=44), "solution_due_at": noon + timedelta(hours=30)}
        Promise.objects.update_or_create(ticket=ticket, defaults=due)
        drain()
    receipt = Delivery.objects.get(recipient=anna.email)
    assert "Ответим до 12:44." in receipt.text and "Решим до завтра, 18:00." in receipt.text


# -- outside our hours ---------------------------------------------------------------------------------------------
def test_the_receipt_names_the_next_opening_in_the_readers_zone_and_language() -> None:
    ensure_defaults("ru")
    katya, john = (
        make.person("Катя", timezone="Asia/Omsk"),
        make.person("John", timezone="Europe/London", language="en"),
    )
    with mail_leaves() as sink:
        with clock.at(datetime(2026, 11, 24, 22, 0, tzinfo=UTC)):  # Wednesday, one in Moscow
            opened(katya), opened(john)
            make.ticket(requester=katya, impact=1, urgency=1)
            first, urgent = (plain(one) for one in letters_to(sink, katya.email))
            (english,) = (plain(one) for one in letters_to(sink, john.email))
        with clock.at(datetime(2026, 11, 25, 7, 0, tzinfo=UTC)):
            opened(katya)
            open_now = plain(letters_to(sink, katya.email)[-1])
    assert "Сейчас нерабочее время, откроемся сегодня в 12:00." in first
    assert "We are closed now and open tomorrow at 06:00." in english
    assert "нерабочее время" not in urgent, "a P1 does not wait for the opening"
    assert "нерабочее время" not in open_now
