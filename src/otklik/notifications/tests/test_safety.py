"""What letters must never do: carry internal words or live markup, answer machines, be a relay (safety.md)."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

import pytest

from otklik import clock
from otklik.channels.email.message import parse
from otklik.jobs import drain
from otklik.journal.models import Entry
from otklik.journal.record import SYSTEM, Actor
from otklik.notifications import blocks, letters, placeholders
from otklik.outbox.models import Delivery, Notice
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.attachments import kept
from otklik.tickets.events import MailReceived
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

from .story import html, letters_to, mail_leaves, plain

pytestmark = pytest.mark.django_db
CANARY = "CANARY-INT-7f3a"
ADVERT = "ДЕШЁВЫЕ ЧАСЫ https://watches.example"
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def came(answer: str, verdict: str = "verified") -> MailReceived:
    """How intake says that a letter came."""
    return MailReceived(ledger=1, message_id="<a@b.example>", sender="a@b.example", verdict=verdict, answer=answer)


def by_mail(person: Person, answer: str, subject: str = "Не печатает", text: str = "Мигает") -> Ticket:
    return desk.open_ticket(
        subject=subject,
        content=desk.Content(text=text, mail_id="<a@b.example>"),
        requester=person,
        channel="email",
        further=[came(answer)],
        actor=Actor(kind="system", id="mail"),
    )


# -- S-17 ----------------------------------------------------------------------------------------------------------
def test_s17_no_letter_to_the_customer_side_holds_an_internal_word() -> None:
    team = make.team(f"Группа {CANARY}", alias_ru="Поддержка")
    anna, vera, olga = make.person("Анна"), make.person("Вера"), make.agent("Ольга", team)
    mate, actor = make.agent("Глеб", team), make.actor(olga)
    ticket = make.ticket(requester=anna, team=team, cc=[vera])
    secret = kept(b"x", name=f"{CANARY}.txt", type="text/plain")
    desk.note(ticket, desk.Content(text=CANARY, files=[secret]), mentions=[mate.pk, anna.pk], actor=actor)
    desk.take(ticket, actor=actor)
    desk.reply(ticket, desk.Content(text="Смотрим."), actor=actor)
    desk.hold(ticket, reason="requester", question=desk.Content(text="Какой номер?"), actor=actor)
    desk.remind(ticket, what="question", step="x#1", actor=SYSTEM)
    drain()
    desk.hear(ticket, desk.Content(text="314"), author=anna, channel="portal", actor=make.actor(anna))
    desk.prioritise(ticket, impact=1, urgency=1, actor=actor)
    content = desk.Content(text="Заменили картридж и проверили печать.")
    desk.resolve(
        ticket, code="fixed", content=content, cause_code="hardware", internal_note=CANARY, expect=None, actor=actor
    )
    desk.remind(ticket, what="close", step="x", actor=SYSTEM)
    drain()
    desk.reopen(ticket, cause="agent", reason=CANARY, actor=actor)
    desk.cancel(ticket, reason="out_of_scope", text="Это чинит завод.", actor=actor)
    drain()
    outside = Delivery.objects.filter(recipient_person__in=[anna.pk, vera.pk])
    kinds = set(outside.values_list("kind", flat=True))
    assert kinds >= {
        "receipt",
        "taken",
        "reply",
        "question",
        "reminder",
        "solution",
        "closing",
        "reopened",
        "cancelled",
    }
    for letter in outside:
        assert CANARY not in f"{letter.subject}{letter.text}{letter.html}{letter.headers}{letter.attachments}"
    for notice in Notice.objects.filter(person__in=[anna.pk, vera.pk]):
        assert CANARY not in str(notice.facts)
    assert CANARY in Delivery.objects.get(recipient_person=mate.pk, kind="staff.mentioned").text


def test_s17_a_letter_to_the_customer_side_cannot_be_made_of_an_internal_message() -> None:
    ticket, olga = make.ticket(), make.agent()
    note = desk.note(ticket, desk.Content(text=CANARY), actor=make.actor(olga))
    with pytest.raises(ValueError, match="is internal"):
        blocks.public_of(note)


# -- S-01, S-03 ----------------------------------------------------------------------------------------------------
def test_s01_s03_foreign_markup_is_inert_in_letters() -> None:
    anna, olga = make.person(f"Анна {HOSTILE}"), make.agent(f"Ольга {HOSTILE}")
    with mail_leaves() as sink:
        ticket = make.ticket(requester=anna, subject=HOSTILE, text=HOSTILE, device=HOSTILE)
        desk.take(ticket, actor=make.actor(olga))
        file = kept(b"x", name=f"{HOSTILE}.txt", type="text/plain")
        desk.reply(ticket, desk.Content(text=HOSTILE, files=[file]), actor=make.actor(olga))
        mail = letters_to(sink, anna.email)
    assert len(mail) == 3
    for one in mail:
        page = html(one)
        assert "<script" not in page and "<img" not in page and "&lt;img" in page
        assert "\n" not in one["Subject"] and HOSTILE[:20] in one["Subject"]


def test_s03_a_name_with_a_line_break_adds_no_header() -> None:
    anna = make.person("Анна\r\nBcc: eve@evil.example")
    with mail_leaves() as sink:
        make.ticket(requester=anna, subject="Принтер\r\nBcc: eve@evil.example")
        (receipt,) = letters_to(sink, anna.email)
        assert {taken.recipient for taken in sink.record} == {anna.email}
    assert receipt["Bcc"] is None


# -- S-15 and the limits on our own mail ---------------------------------------------------------------------------
def test_s15_a_stranger_gets_one_receipt_an_hour_without_a_word_of_his_own() -> None:
    victim = make.person(ADVERT, email="victim@example.com")
    start = clock.now()
    for minute in range(40):
        with clock.at(start + timedelta(minutes=minute)):
            by_mail(victim, "stranger", subject=ADVERT, text=ADVERT)
            drain()
    (receipt,) = Delivery.objects.filter(recipient="victim@example.com")
    assert "watches" not in f"{receipt.subject}{receipt.text}{receipt.html}{receipt.recipient_name}"
    withheld = Entry.objects.filter(kind="receipt.withheld")
    assert withheld.count() == 39


def test_s15_after_five_a_day_it_is_silence_and_an_alarm() -> None:
    admin, victim = make.person("Аким", roles=["admin"]), make.person(email="victim@example.com")
    start = clock.now()
    for hour in range(8):
        with clock.at(start + timedelta(hours=hour, minutes=hour)):
            by_mail(victim, "stranger", subject=ADVERT)
            drain()
    assert Delivery.objects.filter(recipient="victim@example.com").count() == 5
    assert Notice.objects.filter(way="bell", person=admin.pk, kind="mail_alarm").exists()
    assert Delivery.objects.filter(recipient=admin.email, kind="staff.digest").exists()


def test_a_known_person_with_three_faults_gets_three_numbers_and_not_more_than_five() -> None:
    anna = make.person()
    for _ in range(7):
        make.ticket(requester=anna)
    drain()
    assert Delivery.objects.filter(recipient=anna.email, kind="receipt").count() == 5


def test_who_asked_for_no_answer_gets_none() -> None:
    anna = make.person()
    by_mail(anna, "never")
    drain()
    assert not Delivery.objects.filter(recipient=anna.email).exists()


# -- S-14 ----------------------------------------------------------------------------------------------------------
def test_s14_two_desks_facing_each_other_fall_silent_with_an_alarm() -> None:
    other, admin = make.person("Другая служба", email="desk@other.example"), make.person(roles=["admin"])
    for _ in range(6):  # the other desk answers each receipt with a new letter that names our words
        by_mail(other, "loop")
        drain()
    assert Delivery.objects.filter(recipient="desk@other.example").count() == 2
    with clock.at(clock.now() + timedelta(hours=2)):
        by_mail(other, "loop")
        drain()
    assert Delivery.objects.filter(recipient="desk@other.example").count() == 2
    assert Notice.objects.filter(way="bell", person=admin.pk, kind="mail_alarm").count() >= 1


def test_s14_our_own_receipt_is_recognised_as_automatic_by_a_desk_like_ours() -> None:
    anna = make.person()
    with mail_leaves() as sink:
        by_mail(anna, "known")
        letters_to(sink, anna.email)
        (taken,) = sink.to(anna.email or "")
    assert taken.mail_from == ""
    assert taken.message["Auto-Submitted"] == "auto-replied" and taken.message["X-Auto-Response-Suppress"] == "All"
    assert parse(taken.content).automatic


# -- S-29 ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{{ user.password }}", "{% include '/etc/passwd' %}", "{0.__class__}", "{"]
)
def test_s29_what_is_no_placeholder_is_refused_with_its_place(text: str) -> None:
    admin = make.actor(make.person(roles=["admin"]))
    with pytest.raises(letters.NotPossible) as refused:
        letters.publish("receipt", "ru", letters.Text("Тема", f"Добрый день\nи {text}"), actor=admin)
    field, trouble = refused.value.troubles[0]
    assert (field, trouble.line) == ("body", 2) and trouble.column == text.find("{") + 3


def test_s29_other_languages_are_printed_as_they_stand() -> None:
    admin = make.actor(make.person(roles=["admin"]))
    letters.publish("receipt", "ru", letters.Text("%(SECRET)s", "%(SECRET)s $x <b>{ticket.number}</b>"), actor=admin)
    ticket = make.ticket(subject="{desk.name} {0.__class__}")
    drain()
    (receipt,) = Delivery.objects.filter(kind="receipt")
    assert receipt.subject == f"%(SECRET)s [#{ticket.number}]"
    assert f"%(SECRET)s $x <b>{ticket.number}</b>" in receipt.text
    assert f"&lt;b&gt;{ticket.number}&lt;/b&gt;" in receipt.html


def test_s29_what_is_put_in_is_never_read_again() -> None:
    filled = placeholders.fill("{ticket.subject}", {"ticket.subject": "{desk.phone}", "desk.phone": "secret"})
    assert filled == ["{desk.phone}"]


def test_a_letter_reads_back_as_the_answer_alone() -> None:
    anna, olga = make.person(), make.agent()
    with mail_leaves() as sink:
        ticket = make.ticket(requester=anna)
        desk.reply(ticket, desk.Content(text="Какой номер на наклейке?"), actor=make.actor(olga))
        question = letters_to(sink, anna.email)[-1]
    quoted = "\n".join(f"> {line}" for line in plain(question).splitlines())
    answer = email.message.EmailMessage(policy=email.policy.SMTP)
    answer["From"], answer["To"], answer["Subject"] = anna.email, str(question["Reply-To"]).strip("<>"), "Re: x"
    answer.set_content(f"314\n\n{quoted}\n")
    assert parse(answer.as_bytes()).cut.reply.strip() == "314"
