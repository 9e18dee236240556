"""The clockwork: every tick is a task, and no room ticks on its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.jobs import drain
from otklik.jobs.registry import TICKS, known
from otklik.journal.models import Seal
from otklik.ops.schedule import SCHEDULE


def test_every_tick_of_the_house_is_on_the_page_and_is_a_task():
    assert {name for name in TICKS if not name.startswith("test.")} == set(SCHEDULE)
    assert [callable(known(name).run) for name in SCHEDULE] == [True] * len(SCHEDULE)


@pytest.mark.django_db
def test_a_day_is_sealed_once_it_is_over():
    morning = datetime(2026, 3, 2, 6, tzinfo=UTC)
    for hour in range(3):
        with clock.at(morning + timedelta(hours=hour)):
            drain(ticks=True)
    assert [seal.day.isoformat() for seal in Seal.objects.all()] == ["2026-03-01"]


@pytest.mark.django_db
def test_readiness_is_told_without_reasons(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")
