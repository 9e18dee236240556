"""The laws of business time for random calendars, zones and both clock changes, against a walk over the minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from otklik.businesstime import Calendar, Unreachable, add, elapsed, is_open, last, next_close, next_open, prev_close
from otklik.businesstime.tests.walk import MINUTE, NAMES, open_minutes

# Places and the days on which their clocks change; Apia skipped a whole date, Lord Howe moves by half an hour, Santiago
# and Havana jump at midnight, Moscow changed its offset for good.
CHANGES = [
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Santiago", date(2025, 9, 7)),
    ("America/Havana", date(2025, 11, 2)),
    ("Europe/Moscow", date(2014, 10, 26)),
    ("Asia/Novosibirsk", date(2016, 7, 24)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("UTC", date(2026, 11, 24)),
]
SPAN = 5  # days walked
# Cuba keeps its summer time from 2026 on: a database older than the pinned one still turns its clocks back.
CUBA = (
    {
        "intersect": [
            {"tz": "America/New_York", "hours": {name: [["00:00", "24:00"]] for name in NAMES}},
            {"tz": "America/Havana", "hours": {name: [["22:00", "06:00"]] for name in NAMES}},
        ]
    },
    datetime(2026, 10, 30, tzinfo=UTC),
)

clocks = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
ends = st.one_of(clocks, st.just("24:00"))
intervals = st.lists(st.tuples(clocks, ends).map(list), max_size=3)
weeks = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), intervals, min_size=3),
    st.just({name: [["00:00", "24:00"]] for name in NAMES}),
    st.just({name: [["22:00", "06:00"]] for name in NAMES}),
    st.just({name: [["01:30", "02:45"], ["23:00", "24:00"]] for name in NAMES}),
)


@st.composite
def schedules(draw: st.DrawFn, tz: str, around: date) -> dict[str, Any]:
    days = st.integers(-3, SPAN).map(lambda shift: (around + timedelta(days=shift)).isoformat())
    schedule: dict[str, Any] = {"tz": tz, "hours": draw(weeks)}
    if draw(st.booleans()):
        schedule |= {
            "holidays": draw(st.lists(days, max_size=2)),
            "overrides": draw(st.dictionaries(days, intervals, max_size=2)),
            "breaks": draw(st.dictionaries(days, intervals, max_size=2)),
            "work_like": draw(st.dictionaries(days, st.sampled_from(NAMES), max_size=2)),
            "shorten": draw(st.dictionaries(days, st.integers(0, 300), max_size=2)),
        }
    if draw(st.booleans()):
        first, final = sorted((draw(days), draw(days)))
        schedule["periods"] = [{"from": first, "to": final, "hours": draw(weeks)}]
    return schedule


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], datetime]:
    """A schedule, plain or composite, and an instant a day before a clock change."""
    tz, day = draw(st.sampled_from(CHANGES))
    schedule = draw(schedules(tz, day))
    if draw(st.integers(0, 2)) == 0:
        other, _ = draw(st.sampled_from(CHANGES))
        schedule = {draw(st.sampled_from(["union", "intersect"])): [schedule, draw(schedules(other, day))]}
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    return schedule, start + MINUTE * draw(st.integers(0, 1440))


@given(cases(), st.integers(0, SPAN * 1440), st.integers(0, SPAN * 1440))
@settings(max_examples=50, deadline=None)
def test_elapsed_counts_exactly_the_open_minutes_and_adds_up(
    case: tuple[dict[str, Any], datetime], first: int, second: int
) -> None:
    schedule, a = case
    calendar = Calendar.from_schedule(schedule)
    b, c = sorted((a + MINUTE * first, a + MINUTE * second))
    walked = open_minutes(schedule, a, c)
    assert elapsed(calendar, a, c) == 60 * len(walked)
    assert elapsed(calendar, a, b) == 60 * sum(minute < b for minute in walked)
    assert elapsed(calendar, a, b) + elapsed(calendar, b, c) == elapsed(calendar, a, c)
    assert elapsed(calendar, c, a) == -elapsed(calendar, a, c)


@given(cases(), st.integers(1, 600), st.integers(1, 600))
@settings(max_examples=50, deadline=None)
def test_add_and_last_are_the_ends_of_the_instants_at_which_the_sum_stands(
    case: tuple[dict[str, Any], datetime], x: int, y: int
) -> None:
    schedule, a = case
    calendar = Calendar.from_schedule(schedule)
    walked = open_minutes(schedule, a, a + timedelta(days=SPAN))
    if len(walked) <= x + y:
        return
    assert add(calendar, a, 0) == a
    assert add(calendar, a, 60 * x) == walked[x - 1] + MINUTE
    assert last(calendar, a, 60 * x) == walked[x]
    assert last(calendar, a, 0) == next_open(calendar, a) == walked[0]
    assert elapsed(calendar, a, add(calendar, a, 60 * x)) == 60 * x
    assert elapsed(calendar, a, last(calendar, a, 60 * x)) == 60 * x
    assert add(calendar, add(calendar, a, 60 * x), 60 * y) == add(calendar, a, 60 * (x + y))
    assert add(calendar, a, 60 * x) <= last(calendar, a, 60 * x) <= last(calendar, a, 60 * (x + y))


@given(cases(), st.integers(1, 600))
@example(CUBA, 1)
@settings(max_examples=40, deadline=None)
def test_going_back_mirrors_going_ahead(case: tuple[dict[str, Any], datetime], x: int) -> None:
    schedule, a = case
    calendar = Calendar.from_schedule(schedule)
    end = a + timedelta(days=SPAN)
    walked = open_minutes(schedule, a, end)
    if len(walked) < x:
        return
    assert add(calendar, end, -60 * x) == walked[-x]
    assert elapsed(calendar, add(calendar, end, -60 * x), end) == 60 * x


@given(cases(), st.integers(0, 3 * 1440))
@settings(max_examples=40, deadline=None)
def test_openings_and_closings_are_those_of_the_walk(case: tuple[dict[str, Any], datetime], shift: int) -> None:
    schedule, start = case
    calendar = Calendar.from_schedule(schedule)
    walked = open_minutes(schedule, start, start + timedelta(days=SPAN))
    known, t = set(walked), start + MINUTE * shift
    assert is_open(calendar, t) == (t in known)
    assert is_open(calendar, t + timedelta(seconds=59, microseconds=999_999)) == (t in known)
    ahead = [minute for minute in walked if minute >= t]
    if not ahead:
        return
    assert next_open(calendar, t) == ahead[0]
    closings = [minute + MINUTE for minute in walked if minute + MINUTE not in known]
    if later := [closing for closing in closings if ahead[0] < closing < start + timedelta(days=SPAN)]:
        assert next_close(calendar, t) == later[0]
    if earlier := [closing for closing in closings if closing <= t]:
        assert prev_close(calendar, t) == (t if t - MINUTE in known else earlier[-1])


@given(cases(), st.integers(0, 10**9), st.integers(1, 10**9))
@settings(max_examples=40, deadline=None)
def test_sums_are_exact_to_the_microsecond(case: tuple[dict[str, Any], datetime], offset: int, ticks: int) -> None:
    schedule, start = case
    calendar, a = Calendar.from_schedule(schedule), start + timedelta(microseconds=offset)
    seconds = ticks / 1_000_000
    try:
        reached = add(calendar, a, seconds)
    except Unreachable:
        assert elapsed(calendar, a, a + timedelta(days=400)) < seconds
        return
    assert elapsed(calendar, a, reached) == seconds
    assert elapsed(calendar, a, reached - timedelta(microseconds=1)) < seconds
