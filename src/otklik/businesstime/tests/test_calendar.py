"""Rules of single dates, working days, wall times, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from otklik.businesstime import (
    TZDB_VERSION,
    Calendar,
    Exceptions,
    NonexistentTime,
    ScheduleError,
    Unreachable,
    add,
    add_days,
    all_of,
    any_of,
    clock_changes,
    count_days,
    elapsed,
    from_wall,
    is_open,
    last,
    next_close,
    open_on,
    periods,
)
from otklik.businesstime.calendar import EVERY_DAY

WEEK = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MOSCOW = {"tz": "Europe/Moscow", "hours": WEEK}


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


def hours_of(schedule: Mapping[str, object], day: str) -> float:
    calendar = Calendar.from_schedule({**MOSCOW, **schedule})
    return elapsed(calendar, moscow(f"{day}T00:00"), moscow(f"{day}T00:00") + timedelta(days=1)) / 3600


def test_explicit_hours_beat_a_holiday_and_a_holiday_beats_a_moved_day() -> None:
    everything = {
        "overrides": {"2026-11-28": [["10:00", "12:00"]]},
        "holidays": ["2026-11-28", "2026-11-29"],
        "work_like": {"2026-11-28": "fri", "2026-11-29": "fri", "2026-12-05": "fri"},
    }
    assert hours_of(everything, "2026-11-28") == 2
    assert hours_of(everything, "2026-11-29") == 0
    assert hours_of(everything, "2026-12-05") == 8


def test_a_shortened_day_loses_its_end_interval_by_interval() -> None:
    assert hours_of({"shorten": {"2026-11-24": 60}}, "2026-11-24") == 7
    calendar = Calendar.from_schedule(MOSCOW | {"shorten": {"2026-11-24": 300}})
    assert open_on(calendar, date(2026, 11, 24)) == [(moscow("2026-11-24T09:00"), moscow("2026-11-24T12:00"))]


def test_summer_hours_hold_between_their_dates() -> None:
    summer = [{"from": "2026-06-01", "to": "2026-08-31", "hours": {"mon": [["08:00", "12:00"]]}}]
    assert hours_of({"periods": summer}, "2026-06-01") == 4
    assert hours_of({"periods": summer}, "2026-08-31") == 4
    assert hours_of({"periods": summer}, "2026-09-07") == 8


def test_own_exceptions_beat_imported_ones_on_the_same_date() -> None:
    day, eve = date(2026, 11, 4), date(2026, 11, 3)
    imported = Exceptions(holidays=frozenset({day}), shorten={eve: 60})
    own = Exceptions(hours={day: ((0, 3600),), eve: ((0, 7200),)})
    merged = own.over(imported)
    assert (dict(merged.hours), merged.holidays, dict(merged.shorten)) == (dict(own.hours), frozenset(), {})
    assert Exceptions(work_like={day: 0}).over(imported) == Exceptions(work_like={day: 0}, shorten={eve: 60})


def test_calendars_of_one_content_are_equal_and_hash_alike() -> None:
    one, other = Calendar.from_schedule(MOSCOW), Calendar.from_schedule(MOSCOW)
    assert {one, other, any_of(one), any_of(other)} == {one, any_of(one)}
    assert all_of(one, other) != any_of(one, other)


def test_working_days_are_counted_from_the_next_date_to_its_closing() -> None:
    calendar = Calendar.from_schedule(MOSCOW | {"holidays": ["2026-11-04"], "shorten": {"2026-11-03": 60}})
    friday = moscow("2026-10-30T12:00")
    assert add_days(calendar, friday, 3) == moscow("2026-11-05T18:00")
    assert add_days(calendar, friday, 2) == moscow("2026-11-03T17:00")
    assert count_days(calendar, friday, moscow("2026-11-05T17:59:59")) == 2
    assert count_days(calendar, friday, moscow("2026-11-05T18:00")) == 3


def test_a_wall_time_that_the_clocks_skipped_is_refused_or_moved_to_the_jump() -> None:
    skipped = datetime(2027, 3, 28, 2, 30)
    with pytest.raises(NonexistentTime):
        from_wall("Europe/Berlin", skipped, strict=True)
    jump = datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert from_wall("Europe/Berlin", skipped, strict=False) == jump
    assert from_wall("Europe/Berlin", datetime(2026, 10, 25, 2, 30), strict=True) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert clock_changes("Europe/Berlin", jump - timedelta(days=5), jump + timedelta(days=5)) == [
        (jump, timedelta(hours=1))
    ]


def test_what_is_never_reached_is_said_and_not_searched_for_ever() -> None:
    never, always = Calendar.from_schedule({"tz": "UTC", "hours": {}}), Calendar.always()
    noon = moscow("2026-11-24T12:00")
    with pytest.raises(Unreachable):
        add(never, noon, 1)
    with pytest.raises(Unreachable):
        last(never, noon, 0)
    with pytest.raises(Unreachable):
        add(never, noon, -1)
    with pytest.raises(Unreachable):
        add_days(never, noon, 1)
    with pytest.raises(Unreachable):
        next_close(always, noon)
    with pytest.raises(Unreachable):
        periods(always, noon, 1)
    with pytest.raises(Unreachable):
        add(always, noon, 401 * 86_400)
    assert add(always, noon, 400 * 86_400) == noon + timedelta(days=400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tz": "Europe/Atlantis"},
        {"tz": "../etc/passwd"},
        {"tz": ""},
        {"tz": "UTC", "hours": {"monday": []}},
        {"tz": "UTC", "hours": {"mon": [["09:00", "25:00"]]}},
        {"tz": "UTC", "hours": {"mon": [["24:00", "06:00"]]}},
        {"tz": "UTC", "hours": {"mon": [["09:00"]]}},
        {"tz": "UTC", "holidays": ["2026-02-30"]},
        {"tz": "UTC", "periods": [{"from": "2026-02-02", "to": "2026-02-01"}]},
        {"tz": "UTC", "shorten": {"2026-02-02": -5}},
        {"tz": "UTC", "work_like": {"2026-02-02": "someday"}},
        {"tz": "UTC", "holliday": []},
        {"union": []},
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ScheduleError):
        Calendar.from_schedule(wrong)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        is_open(Calendar.always(), datetime(2026, 11, 24, 12))


def test_round_the_clock_has_23_and_25_hours_on_the_days_of_the_change() -> None:
    calendar = Calendar("Europe/Berlin", EVERY_DAY)
    for day, hours in ((date(2027, 3, 28), 23), (date(2026, 10, 25), 25), (date(2026, 11, 4), 24)):
        ((opening, closing),) = open_on(calendar, day)
        assert closing - opening == timedelta(hours=hours)


def test_a_sum_over_weeks_takes_well_under_a_millisecond() -> None:
    calendar, start = Calendar.from_schedule(MOSCOW), moscow("2026-11-24T10:00")
    add(calendar, start, 8 * 3600 * 40)
    begun = time.perf_counter()
    for _ in range(500):
        add(calendar, start, 8 * 3600 * 40)
        elapsed(calendar, start, start + timedelta(days=56))
    assert (time.perf_counter() - begun) / 500 < 0.001


def test_the_release_of_the_zone_data_is_known() -> None:
    assert TZDB_VERSION[:2] == "20"
