"""Limits on our own automatic mail (domain.md §10.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.outbox.limits import Verdict, may_answer
from otklik.outbox.posting import post
from otklik.outbox.tests import make

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
WARD = "ward3@clinic.example"


def answers(moments: list[datetime], *, known: bool, loop_suspected: bool = False) -> list[Verdict]:
    """Ask at each moment, and send where it is allowed."""
    verdicts = []
    for n, moment in enumerate(moments):
        with clock.at(moment):
            verdict = may_answer(WARD, known=known, loop_suspected=loop_suspected)
            if verdict.allowed:
                post(make.letter(WARD, kind="receipt", automatic=True, about=("ticket", n)))
            verdicts.append(verdict)
    return verdicts


def minutes(count: int, apart: int = 1) -> list[datetime]:
    return [NOON + timedelta(minutes=apart * n) for n in range(count)]


def test_a_known_ward_gets_five_numbers_an_hour() -> None:
    verdicts = answers(minutes(7), known=True)
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
    assert answers([NOON + timedelta(hours=1, seconds=1)], known=True)[0].allowed


def test_a_stranger_gets_one_answer_an_hour_and_five_a_day() -> None:
    verdicts = answers(minutes(20, apart=30), known=False)
    assert [n for n, verdict in enumerate(verdicts) if verdict.allowed] == [0, 2, 4, 6, 8]
    assert verdicts[-1] == Verdict(False, "stranger_day", alarm=True)


def test_s14_a_suspected_loop_gets_two_answers_then_silence_and_an_alarm() -> None:
    verdicts = answers(minutes(6), known=True, loop_suspected=True)
    assert [verdict.allowed for verdict in verdicts] == [True, True, False, False, False, False]
    assert verdicts[2] == Verdict(False, "loop", alarm=True)


def test_mail_written_by_a_person_is_never_counted() -> None:
    with clock.at(NOON):
        post(*(make.letter(WARD, about=("ticket", n)) for n in range(9)))
    assert answers([NOON], known=False)[0].allowed


def test_the_case_of_an_address_makes_no_new_stranger() -> None:
    answers([NOON], known=False)
    with clock.at(NOON):
        assert not may_answer("Ward3@Clinic.example", known=False).allowed
