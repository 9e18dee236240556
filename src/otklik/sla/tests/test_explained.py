"""«Как считаем» of random tickets: the segments add up to the figure shown, in both languages, no word left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils.translation import override

from otklik.sla import explain, shipped
from otklik.sla.models import SlaClock
from otklik.sla.tests.test_desk_histories import Life, World
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db

FOREIGN = {"en": re.compile(r"[А-Яа-яЁё]+|%\("), "ru": re.compile(r"[A-Za-z]{2,}|%\(")}
NAMES = {"UTC"}  # not words


def words(one: explain.Explained) -> Iterator[str]:
    """Everything that a person reads of a clock."""
    yield from (one.name, one.rule, *one.conclusion)
    for step in one.steps:
        yield from (step.what, step.when, step.amount_words)


def check(ticket: Ticket, *, later: timedelta) -> int:
    """All clocks of one ticket in both languages, some time after its last fact; says how many there are."""
    now = ticket.updated_at + later
    told = {}
    for language, foreign in FOREIGN.items():
        with override(language):
            told[language] = explain.of(ticket, now)
        for one in told[language]:
            assert sum(step.amount for step in one.steps) == one.elapsed, (ticket.number, one.metric)
            assert not one.steps or one.steps[-1].sum == one.elapsed
            left = [found for text in words(one) for found in foreign.findall(text) if found not in NAMES]
            assert not left, (language, one.metric, left)
    figures = [[(one.metric, one.cycle, one.elapsed, one.outcome) for one in each] for each in told.values()]
    assert figures[0] == figures[1]
    stopped = {(row.metric, row.cycle): row for row in SlaClock.objects.filter(ticket=ticket, state="stopped")}
    for one in told["ru"]:
        if (row := stopped.get((one.metric, one.cycle))) is not None:
            assert (one.elapsed, one.outcome) == (row.elapsed, row.outcome)
    return len(told["ru"])


def many(seeds: range) -> None:
    shipped.ensure_defaults("ru")
    world = World()
    clocks = sum(check(Life(seed, world).through_history(), later=timedelta(hours=seed % 60)) for seed in seeds)
    assert clocks >= 2 * len(seeds)


def test_50_random_tickets_are_explained_to_the_second_in_both_languages() -> None:
    many(range(50))


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_1_000_random_tickets_are_explained_to_the_second_in_both_languages(block: int) -> None:
    many(range(5000 + block * 250, 5250 + block * 250))
