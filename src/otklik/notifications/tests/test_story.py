"""The whole conversation by mail: receipt, taken, question, answer, solution, and what staff hear meanwhile."""

from __future__ import annotations

import pytest

from otklik.channels.email.attribution import is_marker
from otklik.outbox.addressing import read_message_id, read_reply_address
from otklik.outbox.keys import signing_keys
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.tests import make

from .story import html, identity, letters_to, mail_leaves, plain

pytestmark = pytest.mark.django_db(transaction=True)


def opened(requester: Person, subject: str = "Не печатает принтер", text: str = "Мигает лампа"):
    return make.ticket(requester=requester, subject=subject, text=text)


def test_a_requester_hears_of_each_step_in_one_thread() -> None:
    anna, olga = make.person("Анна Ким"), make.agent("Ольга Лис")
    actor = make.actor(olga)
    with mail_leaves() as sink:
        ticket = opened(anna)
        (receipt,) = letters_to(sink, anna.email)
        ticket = desk.take(ticket, actor=actor)
        taken = letters_to(sink, anna.email)[1]
        desk.reply(ticket, desk.Content(text="Сейчас подойду."), actor=actor)
        reply = letters_to(sink, anna.email)[2]
        ticket = desk.hold(
            ticket, reason="requester", question=desk.Content(text="Какой номер на наклейке?"), actor=actor
        )
        question = letters_to(sink, anna.email)[3]
        desk.hear(ticket, desk.Content(text="314"), author=anna, channel="portal", actor=make.actor(anna))
        ticket.refresh_from_db()
        (news,) = letters_to(sink, olga.email)
        content = desk.Content(text="Заменили картридж и проверили печать.", instructions="Тонер хватит на год.")
        desk.resolve(ticket, code="fixed", content=content, actor=actor)
        solution = letters_to(sink, anna.email)[4]

    number = ticket.number
    letters = [receipt, taken, reply, question, solution]
    assert [one["Subject"] for one in letters] == [f"Не печатает принтер [#{number}]"] * 5
    assert str(number) in plain(receipt) and "Мигает лампа" in plain(receipt)
    assert "Ольга Лис" in plain(taken)
    assert "Сейчас подойду." in plain(reply) and "Ольга Лис" in str(reply["From"])
    assert "Какой номер на наклейке?" in plain(question)
    assert "Заменили картридж" in plain(solution) and "Тонер хватит на год." in plain(solution)
    assert "/feedback/" in plain(solution) and "/feedback/" in html(solution)
    assert "314" in plain(news) and f"/tickets/{number}" in plain(news)
    assert all(is_marker(plain(one).splitlines()[0]) for one in letters)
    root = identity(receipt)
    assert [str(one["References"]).split()[0] for one in letters[1:]] == [root] * 4
    assert str(solution["In-Reply-To"]).strip() == identity(question)
    for one in letters:
        address = str(one["Reply-To"]).strip("<>")
        said, named = (
            read_reply_address(address, keys=signing_keys()),
            read_message_id(identity(one), keys=signing_keys()),
        )
        assert said is not None and (said.ticket, said.recipient) == (number, anna.pk)
        assert named is not None and named.ticket == number
    assert [one["Auto-Submitted"] for one in letters] == ["auto-generated", "auto-generated", None, None, None]


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
