"""Notices wait, are merged, and are carried once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.jobs import drain
from otklik.outbox import notices
from otklik.outbox.models import Notice

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
carried: list[list[object]] = []


@pytest.fixture(autouse=True)
def _carrier() -> Iterator[None]:
    carried.clear()
    notices.carriers["test"] = lambda group: carried.append([notice.facts["field"] for notice in group])
    yield
    del notices.carriers["test"]


def leave(field: str, person: int = 1, merge_key: str = "", wait: int = 0) -> Notice:
    return notices.leave(
        way="test",
        kind="ticket.field_changed",
        person=person,
        about=("ticket", 17),
        facts={"field": field},
        merge_key=merge_key,
        not_before=clock.now() + timedelta(minutes=wait),
    )


def test_changes_within_two_minutes_are_carried_together_once() -> None:
    with clock.at(NOON):
        leave("priority", merge_key="fields", wait=2)
        leave("priority", person=2, merge_key="fields", wait=2)
    with clock.at(NOON + timedelta(minutes=1)):
        leave("service", merge_key="fields", wait=2)
        drain()
        assert carried == []
    for minute in (2, 3, 4):
        with clock.at(NOON + timedelta(minutes=minute)):
            drain()
    assert carried == [["priority", "service"], ["priority"]]


def test_notices_without_a_merge_key_go_one_by_one_in_order() -> None:
    with clock.at(NOON):
        for field in ("receipt", "taken", "question"):
            leave(field)
        drain()
    assert carried == [["receipt"], ["taken"], ["question"]]


def test_a_dropped_notice_is_not_carried_and_says_why() -> None:
    with clock.at(NOON):
        notices.drop(leave("priority"), "read live")
        drain()
    assert carried == []
    assert Notice.objects.get().dropped_because == "read live"


def test_a_notice_of_a_way_that_nobody_carries_is_the_news_itself() -> None:
    notices.leave(way="bell", kind="message.public", person=1)
    assert drain() == 0
    assert Notice.objects.get(way="bell").carried_at is None
