"""What leaves the house in answer to letters: little, without foreign words, and nothing to machines (S-14, S-15)."""

from __future__ import annotations

import pytest

from otklik.channels.tests import make
from otklik.jobs import drain
from otklik.outbox import sender
from otklik.outbox.models import Delivery
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db
AWAY = {"Auto_Submitted": "auto-replied"}


@pytest.fixture(autouse=True)
def _mail_leaves():
    sender.configure(host="mail.desk.example", from_address="support@desk.example")


def answers(address: str) -> list[Delivery]:
    """Letters to an address, after every job but the sending itself."""
    drain(["decide", "tell", "intake"])
    return list(Delivery.objects.filter(recipient__iexact=address).order_by("pk"))


def test_s_15_a_thousand_letters_in_a_victims_name_bring_the_victim_one_letter_without_the_advert():
    victim = tickets.person("Анна", email="anna@clinic.example")
    for number in range(30):
        make.arrive(make.letter("Купите дешёво", sender="КУПИТЕ <anna@clinic.example>", subject=f"КУПИТЕ {number}"))
    told = answers(victim.email)
    assert len(told) == 1
    assert "КУПИТЕ" not in told[0].subject + told[0].text + told[0].html + told[0].recipient_name
    assert "Купите" not in told[0].text + told[0].html


def test_s_14_a_machine_that_answers_each_letter_hears_twice_and_then_nothing():
    tickets.person("Робот", email="anna@clinic.example")
    for number in range(6):
        make.arrive(make.letter("Заявка принята", subject=f"Re: [#{number}] заявка принята", verified=True))
        answers("anna@clinic.example")
    assert len(answers("anna@clinic.example")) <= 2


def test_s_14_a_null_sender_and_an_absence_note_are_never_answered():
    tickets.person("Анна", email="anna@clinic.example")
    make.arrive(make.letter("Меня нет", verified=True, **AWAY))
    make.arrive(make.letter("Не доставлено", verified=True, Return_Path="<>"))
    assert answers("anna@clinic.example") == []


def test_s_10_nobody_hears_of_a_code():
    agent = tickets.agent("Ольга", email="olga@desk.example")
    raw = make.letter(
        "Your verification code is 123456", sender="no-reply@idp.example", subject="Code 123456", Cc="x@out.example"
    )
    make.arrive(raw)
    drain(["decide", "tell"])
    assert not Delivery.objects.filter(recipient__in=["no-reply@idp.example", "x@out.example"]).exists()
    assert all("123456" not in one.subject + one.text + one.html for one in Delivery.objects.all())
    assert agent.pk


def test_s_09_the_copied_stranger_hears_nothing():
    anna = tickets.person("Анна", email="anna@clinic.example")
    ticket = tickets.ticket(requester=anna)
    make.arrive(make.letter("Пришлите всё", subject=f"[#{ticket.number}]", Cc="evil@x.example"))
    assert answers("evil@x.example") == []


def test_a_ward_with_three_faults_under_one_subject_gets_three_numbers():
    tickets.person("Процедурная", email="ward@clinic.example")
    for text in ("Не печатает принтер", "Не открывается журнал", "Мигает монитор"):
        make.arrive(make.letter(text, sender="ward@clinic.example", subject="Заявка", verified=True))
    assert len(answers("ward@clinic.example")) == 3
