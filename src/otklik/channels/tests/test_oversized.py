"""A letter beyond the size that we read: kept, parked, its sender told once a day; strangers and machines are not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otklik import clock
from otklik.channels import balance, intake
from otklik.channels.email import inbound, oversized, watching
from otklik.channels.email.limits import MAX_MAIL
from otklik.channels.models import Inbound, Mailbox
from otklik.channels.tests import make
from otklik.channels.tests.dovecot import Dovecot
from otklik.jobs import drain
from otklik.outbox.models import Delivery
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db
FILLING = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" * (MAX_MAIL // 77 + 1)


def huge(**headers: str) -> bytes:
    """As an IMAP server gives it to us: one byte beyond the limit, the rest not asked for."""
    return (make.letter("Вот видео.", **headers) + FILLING)[: MAX_MAIL + 1]


def beyond(**headers: str) -> Inbound:
    """A letter treated as one beyond the limit, without its 50 MB."""
    raw = make.letter(**headers)
    box = Mailbox.objects.filter(name="support").first() or make.mailbox()
    row = inbound.receive(raw, mailbox=box, queue=False)
    return intake.settle(row, oversized.park(row, oversized.head_of(row, raw, inbound.nursery())))


def told() -> list[Delivery]:
    drain()
    return list(Delivery.objects.order_by("pk"))


def test_a_person_we_know_is_told_in_his_language_what_to_do_and_only_once_a_day():
    tickets.person("Анна Крылова", email="anna@clinic.example", language="ru")
    row = make.arrive(huge(subject="Видео поломки", Message_ID="<video@clinic.example>"))
    assert (row.outcome, row.reason, row.detail) == ("parked", "too_large", "limit: size")
    assert (row.sender_address, row.subject) == ("anna@clinic.example", "Видео поломки")
    (letter,) = told()
    assert (letter.recipient, letter.language, letter.kind) == ("anna@clinic.example", "ru", "too_large")
    assert "50\N{NO-BREAK SPACE}МБ" in letter.text and "25\N{NO-BREAK SPACE}МБ" in letter.text
    assert "/report" in letter.text and "видео" not in letter.text.lower()
    assert letter.headers["Auto-Submitted"] == "auto-replied"
    assert letter.headers["In-Reply-To"] == "<video@clinic.example>"
    beyond(subject="Ещё раз")
    assert len(told()) == 1
    with clock.at(clock.now() + timedelta(hours=25)):
        beyond(subject="И ещё раз")
        assert len(told()) == 2
    assert not Ticket.objects.exists()
    assert balance.sheets()[0].closes


@pytest.mark.parametrize(
    "headers",
    [
        {"sender": "Кто-то <stranger@elsewhere.example>"},
        {"Auto_Submitted": "auto-replied"},
        {"List_Id": "<news.clinic.example>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Authentication_Results": f"{make.AUTHSERV}; dmarc=fail header.from=clinic.example"},
    ],
    ids=["stranger", "autoresponder", "list", "wants no answer", "forged"],
)
def test_strangers_machines_and_forgers_get_nothing(headers):
    tickets.person("Анна Крылова", email="anna@clinic.example")
    row = beyond(**headers)
    assert (row.outcome, row.reason) == ("parked", "too_large")
    assert told() == []


def test_a_former_colleague_gets_nothing():
    tickets.person("Анна Крылова", email="anna@clinic.example", is_active=False)
    assert beyond().reason == "too_large"
    assert told() == []


@pytest.mark.long
def test_the_servers_copy_stays_where_others_are_deleted_for_it_is_the_only_whole_one(monkeypatch):
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    server = Dovecot()
    try:
        box = server.mailbox(after="delete")
        server.deliver(make.letter(), huge() + FILLING[:1000])
        assert watching.look_once(box) == 2
        assert watching.look_once(box) == 0
        large = Inbound.objects.get(size__gt=MAX_MAIL)
        assert large.size_told > large.size == MAX_MAIL + 1 and large.marked_at is not None
        assert len(server.letters()) == 1
    finally:
        server.close()
