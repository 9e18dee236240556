"""The journal: append-only, chained, sealed, asked twice and answered once."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, connection, transaction

from otklik.journal import config, once, seal, timeline
from otklik.journal.events import RecordChanged
from otklik.journal.models import Entry, Head
from otklik.journal.record import SYSTEM, Subject, record

THING = Subject(kind="thing", id="1")


def write(times: int = 3, subject: Subject = THING) -> None:
    for n in range(times):
        with transaction.atomic():
            record(subject, RecordChanged(changes={"n": [n, n + 1]}), actor=SYSTEM)


@pytest.mark.django_db
def test_entries_count_up_and_follow_each_other():
    write()
    assert [one.seq for one in timeline.entries(THING)] == [1, 2, 3]
    assert list(seal.verify()) == []


@pytest.mark.django_db
def test_a_moment_told_in_another_zone_still_follows():
    moscow = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=3)))
    with transaction.atomic():
        record(THING, RecordChanged(changes={}), actor=SYSTEM, at=moscow)
    assert list(seal.verify()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["update journal_entry set kind = 'x'", "delete from journal_entry"])
def test_the_database_refuses_to_change_an_entry(statement):
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_change_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        record(THING, RecordChanged(changes={}), actor=SYSTEM)


@pytest.mark.django_db
def test_a_failed_reaction_leaves_no_trace():
    def fails() -> None:
        with transaction.atomic():
            record(THING, RecordChanged(changes={}), actor=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_feed_tells_each_entry_once():
    start = timeline.cursor()
    write(2)
    news = timeline.news(start)
    assert [(kind, subject) for _, kind, subject, _ in news.entries] == [("thing", "1")] * 2
    assert timeline.news(news.cursor).entries == []


@pytest.mark.django_db(transaction=True)
def test_feed_waits_for_no_stranger_and_loses_nobody():
    start = timeline.cursor()
    inside, leave = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(Subject(kind="thing", id="slow"), RecordChanged(changes={}), actor=SYSTEM)
            inside.set()
            leave.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(10)
    write(1)
    first = timeline.news(start)
    leave.set()
    thread.join()
    second = timeline.news(first.cursor)
    assert [one[2] for one in first.entries] == ["1"]
    assert [one[2] for one in second.entries] == ["slow"]


@pytest.mark.django_db
def test_the_second_asker_gets_the_first_answer():
    assert once.first_answer("scope", "key", "a") is None
    once.remember("scope", "key", {"ticket": 7})
    assert once.first_answer("scope", "key", "a") == {"ticket": 7}
    with pytest.raises(once.KeyReused):
        once.first_answer("scope", "key", "b")


@pytest.mark.django_db
def test_configuration_is_a_chain_of_versions_with_old_and_new():
    config.declare("test.thing", {"a": 1, "b": 2})
    config.publish("test.thing", {"a": 5}, actor=SYSTEM)
    assert config.current("test.thing").data == {"a": 5, "b": 2}
    assert config.version("test.thing", 0).data == {"a": 1, "b": 2}
    (told,) = timeline.entries(Subject(kind="config", id="test.thing"))
    assert told.fact.changes == {"a": [1, 5]}
    assert config.publish("test.thing", {"a": 5}, actor=SYSTEM).version == 1


SPOTS = [
    ("update journal_entry set payload = '{}' where seq = 2", 2, "payload was changed"),
    ("update journal_entry set actor_id = '9' where seq = 2", 2, "entry was changed"),
    ("update journal_entry set effective_at = effective_at - interval '1 day' where seq = 3", 3, "entry was changed"),
    ("delete from journal_entry where seq = 2", 2, "entry is missing"),
    ("delete from journal_entry where seq = 3", 3, "the tail was cut or the head was changed"),
    ("delete from journal_entry", 1, "all 3 entries are gone"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("statement", "seq", "what"), SPOTS)
def test_tampering_is_found_and_the_spot_is_named(as_owner, statement, seq, what):
    write()
    as_owner(statement)
    spots = list(seal.verify())
    assert ("thing:1", seq, what) in [(one.subject, one.seq, one.what) for one in spots]


@pytest.mark.django_db(transaction=True)
def test_a_tail_cut_together_with_its_head_is_found_by_the_seal(as_owner):
    write()
    seal.seal_day(date(2026, 11, 24))
    kept = Entry.objects.get(seq=2)
    as_owner("delete from journal_entry where seq = 3")
    Head.objects.update(seq=2, digest=kept.digest, effective_at=kept.effective_at)
    assert [(one.seq, one.what) for one in seal.verify()] == [(3, "entries that were sealed are gone")]
