"""Times and numbers read as DESIGN.md §6 asks, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from otklik.ui import wording

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2025, 11, 24, 8, 42, tzinfo=UTC)  # 11:42 in Moscow


@pytest.fixture
def russian() -> Iterator[None]:
    """Speak Russian."""
    with translation.override("ru"):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    """Speak English."""
    with translation.override("en"):
        yield


def moscow(month: int, day: int, hour: int = 9, minute: int = 14, year: int = 2025) -> datetime:
    """A moment by the Moscow clock."""
    return datetime(year, month, day, hour, minute, tzinfo=MOSCOW)


def test_a_moment_in_russian_says_today_yesterday_or_the_date(russian: None) -> None:
    moments = [moscow(11, 24), moscow(11, 23, 16, 20), moscow(11, 18), moscow(12, 31, year=2024)]
    assert [wording.moment(at, NOW, MOSCOW) for at in moments] == [
        "сегодня в 09:14",
        "вчера в 16:20",
        "18\u00a0ноября в 09:14",
        "31\u00a0декабря 2024 в 09:14",
    ]


def test_a_moment_in_english_keeps_the_24_hour_clock(english: None) -> None:
    moments = [moscow(11, 24, 16), moscow(11, 23, 16, 20), moscow(11, 18)]
    assert [wording.moment(at, NOW, MOSCOW) for at in moments] == [
        "today at 16:14",
        "yesterday at 16:20",
        "18\u00a0November at 09:14",
    ]


def test_the_day_is_the_viewers_not_the_servers(russian: None) -> None:
    late = datetime(2025, 11, 23, 22, 30, tzinfo=UTC)  # 01:30 of the 24th in Moscow
    assert wording.moment(late, NOW, MOSCOW) == "сегодня в 01:30"
    assert wording.moment(late, NOW, ZoneInfo("UTC")) == "вчера в 22:30"


def test_a_deadline_is_absolute_and_stands_after_by(russian: None) -> None:
    moments = [moscow(11, 24, 16, 36), moscow(11, 25, 12, 16), moscow(12, 1, 9, 0)]
    assert [wording.deadline(at, NOW, MOSCOW) for at in moments] == ["16:36", "завтра, 12:16", "1\u00a0декабря, 09:00"]


def test_the_past_is_relative_up_to_an_hour(russian: None) -> None:
    spans = [
        timedelta(seconds=20),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=21),
        timedelta(hours=2),
    ]
    assert [wording.ago(NOW - span, NOW, MOSCOW) for span in spans] == [
        "только что",
        "1 минуту назад",
        "2 минуты назад",
        "21 минуту назад",
        "сегодня в 09:42",
    ]


def test_a_duration_has_hours_and_minutes(russian: None) -> None:
    spans = [20, 45 * 60, 3 * 3600, 3 * 3600 + 20 * 60, timedelta(hours=1240, minutes=1)]
    nb = wording.NBSP
    assert [wording.duration(span) for span in spans] == [
        "меньше минуты",
        f"45{nb}мин",
        f"3{nb}ч",
        f"3{nb}ч 20{nb}мин",
        f"1{nb}240{nb}ч 1{nb}мин",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(17640, "4:54"), (59, "0:00"), (0, "0:00"), (-1, "−0:01"), (-1440, "−0:24"), (-1441, "−0:25"), (-7800, "−2:10")],
)
def test_a_clock_shows_hours_and_minutes_with_a_true_minus(seconds: float, shown: str) -> None:
    assert wording.clock_left(seconds) == shown


@given(st.integers(-(10**7), 10**7))
def test_a_clock_never_shows_more_time_than_there_is(seconds: int) -> None:
    shown = wording.clock_left(seconds)
    hours, minutes = shown.removeprefix(wording.MINUS).split(":")
    told = (int(hours) * 60 + int(minutes)) * 60 * (-1 if shown.startswith(wording.MINUS) else 1)
    assert told <= seconds < told + 60


def test_numbers_follow_the_language() -> None:
    with translation.override("ru"):
        assert (wording.number(1240), wording.percent(0.931, 1), wording.number(-1.5)) == (
            "1\u00a0240",
            "93,1\u00a0%",
            "−1,5",
        )
    with translation.override("en"):
        assert (wording.number(1240), wording.percent(0.931, 1), wording.number(2, 1)) == ("1,240", "93.1%", "2.0")


def test_a_file_has_the_size_a_person_would_say(russian: None) -> None:
    sizes = [0, 900, 64_000, 1_258_291, 25 * 1024 * 1024, 5 * 1024**4]
    assert [wording.filesize(size).replace(wording.NBSP, " ") for size in sizes] == [
        "0 Б",
        "900 Б",
        "62 КБ",
        "1,2 МБ",
        "25 МБ",
        "5 120 ГБ",
    ]


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Анна Ким", "АК"), ("jane", "J"), ("Ольга Петровна Ли", "ОП"), ("", "?"), ("7 911", "?"), ("Анна-Мария", "АМ")],
)
def test_initials_are_at_most_two_letters(name: str, letters: str) -> None:
    assert wording.initials(name) == letters


@given(st.text(max_size=40))
def test_any_name_has_initials(name: str) -> None:
    assert wording.initials(name)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=5))
def test_a_person_keeps_one_tint_and_the_next_has_another(identity: int, by: int) -> None:
    assert wording.avatar_class(identity) == wording.avatar_class(identity + 6)
    assert wording.avatar_class(identity) != wording.avatar_class(identity + by)


def test_a_bare_date_is_said_like_a_moment_without_the_time(english: None) -> None:
    assert wording.day(date(2025, 11, 25), NOW, MOSCOW) == "tomorrow"
    assert wording.full_moment(moscow(11, 24), MOSCOW) == "24 November 2025 09:14:00"
