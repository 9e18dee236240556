"""Servers that lie: each letter is kept whole and once, or the trouble is named (safety.md F-10, B2)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from otklik import clock
from otklik.channels import balance, intake, mailboxes
from otklik.channels.email import inbound, server, watching
from otklik.channels.email.fetching import Look
from otklik.channels.email.server import Trouble
from otklik.channels.models import Inbound, Reading, ServerCount
from otklik.channels.tests import make
from otklik.channels.tests.liar import UIDVALIDITY, Liar
from otklik.journal.record import SYSTEM
from otklik.outbox.vault import seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def lying(monkeypatch):
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    begun: list[Liar] = []

    def begin(letters, *lies: str):
        begun.append(Liar(letters, frozenset(lies)))
        return make.mailbox(
            f"box{len(begun)}", host="127.0.0.1", port=begun[-1].port, tls="none", user="desk", secret=seal("x")
        )

    yield begin
    for one in begun:
        one.close()


def letters(count: int) -> dict[int, bytes]:
    return {uid: make.letter(f"Письмо {uid}", sender=f"p{uid}@clinic.example") for uid in range(1, count + 1)}


@pytest.mark.parametrize("lie", ["wrong size", "repeated uids", "foreign letters", "uidnext runs backwards"])
def test_f_10_a_lie_neither_loses_nor_doubles_a_letter(lying, lie):
    sent = letters(3)
    box = lying(sent, lie)
    assert [watching.look_once(box), watching.look_once(box)] == [3, 0]
    rows = Inbound.objects.order_by("uid")
    assert [intake.raw_of(row) for row in rows] == list(sent.values())
    assert {row.size_told for row in rows} == ({3} if lie == "wrong size" else {None})
    assert rows[0].received_at == min(datetime(2026, 11, 23, 7, tzinfo=UTC), rows[0].kept_at)
    assert ServerCount.objects.get().uid_next == 4
    (sheet,) = balance.sheets()
    assert (sheet.closes, sheet.on_server, sheet.here) == (True, 3, 3)


def test_f_10_a_letter_without_content_is_named_after_three_looks_and_holds_no_other(lying):
    box = lying({1: None, 2: make.letter()})
    session, look = server.connect(box), Look(box)
    assert [look.into(session) for _ in range(3)] == [1, 0, 1]
    session.close()
    empty = Inbound.objects.get(uid=1)
    assert b"X-Otklik-Empty" in intake.raw_of(empty)


@pytest.mark.parametrize(("lie", "code"), [("goodbye", "cut"), ("endless", "cut")])
def test_f_10_an_endless_or_broken_answer_is_a_trouble_and_nothing_is_kept(lying, lie, code):
    box = lying(letters(1), lie)
    with pytest.raises(Trouble) as trouble:
        watching.look_once(box)
    assert (trouble.value.code, Inbound.objects.count()) == (code, 0)


@pytest.mark.parametrize("changed", ["user", "folder"])
def test_another_place_with_the_same_numbers_holds_other_letters(lying, changed):
    first, second = letters(2), letters(3)
    box = lying(first)
    watching.look_once(box)
    other = lying(second)
    box = mailboxes.change(box, actor=SYSTEM, **{changed: "elsewhere", "port": other.port})
    assert [watching.look_once(box), watching.look_once(box)] == [3, 0]
    kept = [intake.raw_of(row) for row in Inbound.objects.order_by("pk")]
    assert kept == [*first.values(), *second.values()]
    assert balance.sheets()[0].closes


@pytest.mark.parametrize("lie", ["takes no marks", "read-only"])
def test_a_folder_that_takes_no_marks_is_read_whole_before_that_is_said(lying, lie):
    box = lying(letters(30), lie)
    with pytest.raises(Trouble) as trouble:
        watching.look_once(box)
    assert (trouble.value.code, Inbound.objects.count()) == ("mark", 30)


def test_letters_that_came_together_are_kept_once_in_their_order_the_same_again_as_a_duplicate(lying):
    sent = letters(4)
    sent[3] = sent[1]
    box = lying(sent)
    inbound.receive(sent[2], mailbox=box, uid=(UIDVALIDITY, 2))  # by another reader, just now
    told = [intake.Delivered(raw=raw, uid=(UIDVALIDITY, uid)) for uid, raw in sent.items()]
    rows = inbound.receive_all(told, mailbox=box)
    assert [(row.uid, row.outcome) for row in rows] == [(1, ""), (2, ""), (3, "duplicate"), (4, "")]
    assert watching.look_once(box) == 0
    assert Inbound.objects.get(uid=3).duplicate_of == Inbound.objects.get(uid=1)
    assert Inbound.objects.count() == 4


def test_many_letters_cost_hardly_more_statements_than_two(lying, queries):
    box = lying({})

    def receive(start: int, count: int) -> int:
        sent = [make.letter(str(uid), sender=f"p{uid}@clinic.example") for uid in range(start, start + count)]
        told = [intake.Delivered(raw=raw, uid=(UIDVALIDITY, start + place)) for place, raw in enumerate(sent)]
        return queries.count(lambda: inbound.receive_all(told, mailbox=box))

    assert receive(1, 2) == receive(3, 20)


@pytest.mark.django_db(transaction=True)
def test_f_10_a_letter_that_breaks_the_line_holds_up_none_before_it(lying, monkeypatch):
    monkeypatch.setattr(watching, "FIRST_PAUSE", 0.01)
    box = lying(letters(3), "goodbye at the second")
    assert watching.watch() == 1
    until = time.monotonic() + 20
    while not Inbound.objects.filter(uid=1).exists() and time.monotonic() < until:
        time.sleep(0.02)
    watching.stop()
    assert list(Inbound.objects.values_list("uid", flat=True)) == [1]
    assert Reading.objects.get(mailbox=box).trouble == "cut"


def test_a_mailbox_that_fails_for_a_quarter_of_an_hour_raises_one_alarm(lying):
    from datetime import timedelta

    from otklik.journal.models import Entry

    box = lying({})
    watching.take(box)
    begun = clock.now()
    for minutes in (0, 10, 16, 20):
        with clock.at(begun + timedelta(minutes=minutes)):
            watching.failed(box.pk, Trouble("silent"))
    assert Entry.objects.filter(kind="mail.alarm", payload__what="mailbox").count() == 1


def test_a_lease_keeps_a_second_reader_away_until_it_ends(lying):
    from datetime import timedelta

    box = lying({})
    token = watching.take(box)
    assert watching.take(box) is None
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert watching.take(box) == token + 1
    watching.release(box.pk, token)
    assert watching.take(box) is None
