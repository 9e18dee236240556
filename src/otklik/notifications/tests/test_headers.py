"""The headers of every kind of letter: RFC 3834 for machines, RFC 2369 and 2919 for what may be switched off."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.channels.email.message import parse
from otklik.jobs import drain
from otklik.notifications import digests, letters, oversized, writing
from otklik.notifications.matrix import CUSTOMER, TABLE
from otklik.outbox import posting, sender, sending
from otklik.outbox.letter import Letter
from otklik.outbox.models import Delivery, Notice
from otklik.outbox.tests.make import mail_set_up
from otklik.outbox.tests.sink import Sink, Taken
from otklik.people import mailed
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
BASE = "https://podderzhka.tsentralnaya-rayonnaya-bolnitsa.example:8443/otklik"
PREFERENCES = f"<{BASE}/me/notifications>"
LISTS = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Post", "List-Help", "Precedence")
BY_PEOPLE = {"replied", "asked", "customer_wrote", "solved", "cancelled"}  # to the customer side, with their message
VARIANTS = [
    *(("created", "requester", "stranger"), ("created", "requester", "follow_up")),
    *(("reminded", "requester", "last_reminder"), ("merged", "requester", "merged_out")),
    ("split", "requester", "split_apart"),
]
MAILED = [(what, role, "") for what, row in TABLE.items() for role in sorted(row.mail)] + VARIANTS


@pytest.fixture
def anna() -> Person:
    mail_set_up(host="127.0.0.1", port=1)
    sender.configure(base_url=BASE)
    return make.person("Анна")


def talk(anna: Person, channel: str) -> tuple[Ticket, Message]:
    """A ticket with an answer of a colleague."""
    content = desk.Content(text="Не печатает", mail_id="<first@clinic.example>" if channel == "email" else "")
    team = make.team("Сеть")
    ticket = desk.open_ticket(
        subject="Принтер", content=content, requester=anna, team=team, channel=channel, actor=make.actor(anna)
    )
    actor = make.actor(make.agent("Ольга", team))
    desk.take(ticket, actor=actor)
    said = desk.reply(ticket, desk.Content(text="Смотрим."), actor=actor)
    ticket.refresh_from_db()
    drain()
    Delivery.objects.all().delete()
    return ticket, said


def as_it_leaves(letter: Letter) -> Taken:
    """The letter as the mail server would get it."""
    (delivery,) = posting.post(letter)
    now = sender.current()
    assert now is not None
    envelope = sending._envelope(delivery, now)
    delivery.delete()  # the next letter is the first one again
    return Taken(delivery.message_id, envelope.recipient, envelope.mail_from, envelope.payload)


def facts_of(what: str) -> dict[str, Any]:
    return {"what": what, "address": "x@y.example", "priority": "P1", "metric": "reply", "due": "", "count": 1}


@pytest.mark.parametrize("channel", ["portal", "email"])
def test_every_kind_of_letter_about_a_ticket_has_the_headers_of_its_kind(anna: Person, channel: str) -> None:
    ticket, said = talk(anna, channel)
    orders = [
        writing.Order(
            what=what,
            person=anna,
            role=role,
            ticket=ticket,
            message=said if what in BY_PEOPLE | {"created", "reminded"} else None,
            entry=number,
            facts=facts_of(what) | ({"letter": variant} if variant else {}),
        )
        for number, (what, role, variant) in enumerate(MAILED, 1)
    ]
    for order in orders:
        taken, row, where = as_it_leaves(writing.compose(order)), TABLE[order.what], (order.what, order.role)
        message, customer = taken.message, order.role in CUSTOMER
        by_person = customer and order.what in BY_PEOPLE
        if by_person:
            assert message["Auto-Submitted"] is None and message["X-Auto-Response-Suppress"] is None, where
            assert taken.mail_from == "desk@clinic.example", where
        else:
            replied = channel == "email" and order.what == "created"
            assert message["Auto-Submitted"] == ("auto-replied" if replied else "auto-generated"), where
            assert message["X-Auto-Response-Suppress"] == "All" and taken.mail_from == "", where
        if message["Auto-Submitted"] == "auto-replied":
            assert message["In-Reply-To"] == "<first@clinic.example>", where  # RFC 3834 §3.1.5
        may_go = not row.kept and not row.loud
        assert message["List-Unsubscribe"] == (PREFERENCES if may_go else None), where
        assert message["List-Id"] == ("<notices.clinic.example>" if may_go and not customer else None), where
        assert not [name for name in LISTS[2:] if name in message], where
        assert message["Reply-To"] and message["X-Otklik"], where
        assert parse(taken.content).automatic, where  # a desk like ours answers none of them


def test_letters_about_no_ticket_have_the_headers_of_their_kind(anna: Person) -> None:
    boss = make.person("Мария", roles=["admin"])
    notice = {"person": boss.pk, "kind": "mail_alarm", "facts": {"what": "flood", "role": "admin"}}
    alone = digests.letter(boss, [Notice(way="mail", **notice)])
    gathered = digests.letter(boss, [Notice(way="digest", **notice), Notice(way="digest", **notice)])
    large = oversized.letter(anna, limit=1 << 20, answers="<large@clinic.example>")
    by_kind = {}
    for name, letter in {"alone": alone, "gathered": gathered, "large": large}.items():
        taken = as_it_leaves(letter)
        by_kind[name] = taken.message
        assert taken.mail_from == "" and taken.message["X-Auto-Response-Suppress"] == "All"
    for name in ("alone", "gathered"):
        assert by_kind[name]["Auto-Submitted"] == "auto-generated"
        assert by_kind[name]["List-Id"] == "<notices.clinic.example>"
        assert by_kind[name]["List-Unsubscribe"] == PREFERENCES
    assert by_kind["large"]["Auto-Submitted"] == "auto-replied"
    assert by_kind["large"]["In-Reply-To"] == "<large@clinic.example>"
    assert not [name for name in LISTS if name in by_kind["large"]]


@pytest.mark.parametrize("purpose", ["invitation", "reset"])
def test_sign_in_links_are_generated_and_no_list(anna: Person, purpose: str) -> None:
    with Sink() as sink:
        sender.configure(host=sink.host, port=sink.port)
        mailed._mail(anna, purpose, actor=make.actor(anna))
        drain()
        (taken,) = sink.record
    assert taken.message["Auto-Submitted"] == "auto-generated" and taken.mail_from == ""
    assert not [name for name in LISTS if name in taken.message]


def test_no_letter_of_the_desk_is_left_out_here() -> None:
    composed = {
        variant or (writing.OF_CUSTOMERS.get(what, "staff") if role in CUSTOMER else "staff")
        for what, role, variant in MAILED
    }
    assert composed | {"digest", "too_large"} == set(letters.LETTERS)
