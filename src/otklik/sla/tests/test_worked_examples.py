"""The 45 worked examples of domain.md §4.9, each under its number, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from otklik.businesstime import Calendar, Timetable, add_days, any_of, elapsed
from otklik.sla.alarms import Threshold, alarms
from otklik.sla.cycles import Utterance, answered_at, first_response, next_responses, periodic_updates
from otklik.sla.history import Binding, History, Mode, Pause, merged
from otklik.sla.holds import Spell, held, overdue
from otklik.sla.targets import Reading, read, readings
from otklik.sla.tests.calendars import (
    ALWAYS,
    ALWAYS_BERLIN,
    DE8,
    EIGHT,
    HOUR,
    MINUTE,
    NIGHT,
    NY12,
    RU8,
    VVO8,
    WORKDAYS,
    at,
    berlin,
    msk,
)


def one(
    anchor: datetime,
    hours: float,
    calendar: Timetable = RU8,
    *,
    stop: datetime | None = None,
    pauses: tuple[Pause, ...] = (),
) -> History:
    return History(anchor, (Binding(anchor, round(hours * HOUR), calendar),), stop=stop, pauses=pauses)


def rebound(history: History, when: datetime, hours: float, calendar: Timetable, mode: Mode = "from_start") -> History:
    return replace(history, bindings=(*history.bindings, Binding(when, round(hours * HOUR), calendar, mode=mode)))


def due(history: History, now: datetime | None = None) -> datetime | None:
    return read(history, now or max(binding.at for binding in history.bindings)).due_at


def spent(reading: Reading) -> float:
    return reading.elapsed / HOUR


def test_01_lunch_is_not_counted() -> None:
    assert due(one(msk("24.11 10:00"), 4)) == msk("24.11 15:00")


def test_02_a_target_goes_over_the_weekend() -> None:
    assert due(one(msk("27.11 16:30"), 4)) == msk("30.11 11:30")


def test_03_opened_on_saturday_it_starts_on_monday() -> None:
    history = one(msk("28.11 12:00"), 2)
    assert read(history, msk("30.11 09:00")).elapsed == 0
    assert due(history) == msk("30.11 11:00")


def test_04_opened_in_lunch() -> None:
    assert due(one(msk("24.11 13:20"), 0.5)) == msk("24.11 14:30")


def test_05_answered_after_closing_exactly_at_the_target_is_met() -> None:
    reading = read(one(msk("24.11 09:00"), 8, stop=msk("24.11 20:00")), msk("24.11 20:00"))
    assert (reading.due_at, reading.breach_at) == (msk("24.11 18:00"), msk("25.11 09:00"))
    assert (reading.elapsed, reading.outcome, reading.breached_at) == (8 * HOUR, "met", None)


def test_06_one_second_more_is_breached() -> None:
    reading = read(one(msk("24.11 09:00"), 8, stop=msk("25.11 09:00:01")), msk("25.11 12:00"))
    assert (reading.elapsed, reading.outcome, reading.breach_cause) == (8 * HOUR + 1, "breached", "work")


def test_07_a_worked_and_shortened_saturday() -> None:
    reading = read(one(msk("31.10.2025 17:00"), 8), msk("31.10.2025 17:00"))
    assert (reading.due_at, reading.breach_at) == (msk("01.11.2025 17:00"), msk("05.11.2025 09:00"))


def test_08_the_eve_of_a_holiday_closes_an_hour_early() -> None:
    assert due(one(msk("03.11 15:00"), 4)) == msk("05.11 11:00")


def test_09_over_the_new_year_holidays() -> None:
    assert due(one(msk("30.12 16:00"), 4)) == msk("11.01.2027 11:00")


def test_10_elapsed_over_a_moved_working_saturday() -> None:
    assert elapsed(RU8, msk("19.02.2027 17:00"), msk("24.02.2027 10:00")) == 9 * HOUR


def test_11_the_spring_night_is_an_hour_short() -> None:
    assert elapsed(ALWAYS_BERLIN, berlin("28.03.2027 01:00"), berlin("28.03.2027 05:00")) == 3 * HOUR


def test_12_a_night_shift_in_spring() -> None:
    start = berlin("27.03.2027 22:00")
    assert elapsed(NIGHT, start, berlin("28.03.2027 06:00")) == 7 * HOUR
    assert due(one(start, 7.5, NIGHT)) == berlin("28.03.2027 22:30")


def test_13_a_night_shift_in_autumn() -> None:
    start = berlin("24.10 22:00")
    assert elapsed(NIGHT, start, berlin("25.10 06:00")) == 9 * HOUR
    assert due(one(start, 8, NIGHT)) == berlin("25.10 05:00")


def test_14_the_repeated_half_hour() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert due(one(first, 1, ALWAYS_BERLIN)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_15_no_minute_is_lost_at_midnight() -> None:
    assert due(one(msk("24.11 23:30"), 1, ALWAYS)) == msk("25.11 00:30")
    assert elapsed(ALWAYS, msk("04.11 00:00"), msk("05.11 00:00")) == 24 * HOUR


def test_16_over_christmas_in_berlin() -> None:
    assert due(one(berlin("24.12 15:00"), 4, DE8)) == berlin("28.12 11:00")


def test_17_over_thanksgiving_in_new_york() -> None:
    assert due(one(msk("25.11 23:00"), 6, NY12)) == msk("27.11 17:00")


def test_18_follow_the_sun() -> None:
    assert due(one(msk("24.11 12:00"), 10, any_of(RU8, NY12))) == msk("24.11 23:00")


P3 = one(msk("23.11 10:00"), 16)


def test_19_raised_to_p1_from_start() -> None:
    assert due(rebound(P3, msk("23.11 13:00"), 4, ALWAYS)) == msk("23.11 14:00")


def test_20_raised_to_p1_from_change() -> None:
    assert due(rebound(P3, msk("23.11 13:00"), 4, ALWAYS, "from_change")) == msk("23.11 17:00")


def test_21_raised_to_p1_in_proportion() -> None:
    history = rebound(P3, msk("23.11 13:00"), 4, ALWAYS, "proportional")
    reading = read(history, msk("23.11 13:00"))
    assert (reading.elapsed, reading.due_at) == (45 * MINUTE, msk("23.11 16:15"))


def test_22_a_raise_that_comes_too_late_is_reclassified() -> None:
    reading = read(rebound(P3, msk("23.11 15:30"), 4, ALWAYS), msk("23.11 15:30"))
    assert spent(reading) == 5.5
    assert (reading.due_at, reading.breach_at) == (msk("23.11 14:00"), msk("23.11 15:30"))
    assert (reading.outcome, reading.breached_at, reading.breach_cause) == (
        "breached",
        msk("23.11 15:30"),
        "reclassified",
    )


def test_23_a_downgrade_does_not_erase_a_breach() -> None:
    urgent = one(msk("28.11 10:00"), 4, ALWAYS)
    assert due(urgent) == msk("28.11 14:00")
    assert spent(read(urgent, msk("28.11 15:00"))) == 5
    history = replace(rebound(urgent, msk("28.11 15:00"), 16, RU8), stop=msk("30.11 12:00"))
    reading = read(history, msk("30.11 12:00"))
    assert (reading.due_at, spent(reading)) == (msk("01.12 18:00"), 3)
    assert (reading.outcome, reading.breached_at, reading.breach_cause) == ("breached", msk("28.11 14:00"), "work")
    assert read(replace(history, keep_breach=False), msk("30.11 12:00")).outcome == "met"


def test_24_a_chain_in_proportion() -> None:
    history = rebound(one(msk("23.11 09:00"), 40), msk("23.11 13:00"), 16, RU8, "proportional")
    history = rebound(history, msk("24.11 11:36"), 8, RU8, "proportional")
    reading = read(history, msk("24.11 11:36"))
    assert (reading.elapsed, reading.due_at) == (4 * HOUR + 6 * MINUTE, msk("24.11 16:30"))


def test_25_moved_to_a_team_in_another_zone() -> None:
    history, change = one(msk("24.11 16:00"), 8), msk("24.11 18:00")
    dues = {
        mode: due(rebound(history, change, 8, VVO8, mode)) for mode in ("from_start", "from_change", "proportional")
    }
    assert dues == {
        "from_start": msk("25.11 11:00"),
        "from_change": msk("25.11 11:00"),
        "proportional": msk("25.11 09:00"),
    }
    assert dues["from_start"] == at("Asia/Vladivostok", "25.11 18:00")


def test_26_a_question_rests_the_clock() -> None:
    pause = Pause(msk("23.11 11:00"), msk("25.11 10:15"), "requester")
    reading = read(one(msk("23.11 09:30"), 8, stop=msk("25.11 16:00"), pauses=(pause,)), msk("25.11 16:00"))
    assert (reading.elapsed, reading.outcome) == (6 * HOUR + 15 * MINUTE, "met")
    assert reading.due_at == msk("25.11 17:45")


def test_27_an_out_of_office_reply_does_not_end_a_pause() -> None:
    said = [
        Utterance(msk("27.11 17:00"), staff=True),
        Utterance(msk("27.11 17:02"), staff=False, human=False),
        Utterance(msk("28.11 12:00"), staff=False),
    ]
    ended = answered_at(msk("27.11 17:00"), said)
    assert ended == msk("28.11 12:00")
    history = one(msk("27.11 16:00"), 8, pauses=(Pause(msk("27.11 17:00"), ended, "requester"),))
    assert spent(read(history, msk("30.11 10:00"))) == 2
    assert due(history, msk("30.11 10:00")) == msk("30.11 17:00")


def test_28_resolved_from_pending() -> None:
    pause = Pause(msk("23.11 10:00"), None, "requester")
    assert spent(read(one(msk("23.11 09:00"), 8, stop=msk("26.11 15:00"), pauses=(pause,)), msk("26.11 15:00"))) == 1


def test_29_a_raise_inside_a_pause_does_not_forget_the_pause() -> None:
    pause = Pause(msk("23.11 10:00"), msk("25.11 09:00"), "requester")
    history = rebound(one(msk("23.11 09:00"), 8, pauses=(pause,)), msk("24.11 12:00"), 4, RU8)
    assert spent(read(history, msk("24.11 12:00"))) == 1
    assert due(history, msk("25.11 09:00")) == msk("25.11 12:00")
    assert due(replace(history, pauses=()), msk("24.11 12:00")) == msk("23.11 13:00")


BACK = replace(
    one(msk("23.11 09:00"), 8, stop=msk("25.11 12:30")), resolved=((msk("23.11 15:00"), msk("25.11 10:00")),)
)


def test_30_back_to_work_after_a_solution() -> None:
    now = msk("25.11 12:30")
    going_on = read(BACK, now)
    assert (spent(going_on), going_on.outcome) == (7.5, "met")
    anew = readings(replace(BACK, reopen="restart"), now)
    assert [(spent(reading), reading.outcome) for reading in anew] == [(5, "met"), (2.5, "met")]
    counted = read(replace(BACK, reopen="count_all"), now)
    assert (spent(counted), counted.outcome) == (19.5, "breached")


def test_31_a_voided_return_leaves_no_trace() -> None:
    reading = read(replace(BACK, resolved=(), stop=msk("23.11 15:00")), msk("25.11 12:30"))
    assert (spent(reading), reading.outcome) == (5, "met")


def test_32_a_merge_takes_the_earlier_anchor_and_its_pauses() -> None:
    source, target = one(msk("23.11 09:00"), 8), one(msk("23.11 14:30"), 8)
    assert due(target) == msk("24.11 14:30")
    assert due(merged(target, source)) == msk("23.11 18:00")
    paused = replace(source, pauses=(Pause(msk("23.11 10:00"), msk("23.11 12:00"), "requester"),))
    assert due(merged(target, paused)) == msk("24.11 11:00")
    late = merged(replace(target, stop=msk("24.11 12:00")), source)
    reading = read(late, msk("24.11 12:00"))
    assert (reading.outcome, reading.breach_cause) == ("breached", "merge")


def test_33_only_a_public_word_of_a_person_is_a_response() -> None:
    said = [
        Utterance(msk("24.11 09:01"), staff=True, human=False),
        Utterance(msk("24.11 09:20"), staff=True, public=False),
        Utterance(msk("24.11 09:25"), staff=True, human=False, public=False),
        Utterance(msk("24.11 09:50"), staff=True),
    ]
    cycle = first_response(msk("24.11 09:00"), said)
    reading = read(one(cycle.start, 4, stop=cycle.stop), msk("24.11 18:00"))
    assert (reading.elapsed, reading.outcome) == (50 * MINUTE, "met")


def test_34_logged_during_a_call_it_is_answered_at_once() -> None:
    cycle = first_response(msk("24.11 09:00"), [], live=True)
    reading = read(one(cycle.start, 1, stop=cycle.stop), msk("24.11 09:00"))
    assert (reading.elapsed, reading.outcome) == (0, "met")


def test_35_the_next_response_counts_from_the_oldest_unanswered_word() -> None:
    said = [
        Utterance(msk("24.11 10:00"), staff=True),
        Utterance(msk("24.11 14:00"), staff=False),
        Utterance(msk("24.11 16:30"), staff=False),
        Utterance(msk("25.11 09:45"), staff=True),
    ]
    (cycle,) = next_responses(msk("24.11 09:30"), said)
    reading = read(one(cycle.start, 4, stop=cycle.stop), msk("25.11 09:45"))
    assert (reading.elapsed, reading.outcome) == (4 * HOUR + 45 * MINUTE, "breached")
    assert (reading.due_at, reading.breach_at) == (msk("24.11 18:00"), msk("25.11 09:00"))


def test_36_thresholds() -> None:
    shares = [Threshold(percent=percent) for percent in (50, 75, 90, 100)]
    found = alarms(one(msk("27.11 16:00"), 8), shares, msk("27.11 16:00"))
    assert [(alarm.threshold.percent, alarm.at) for alarm in found] == [
        (50, msk("30.11 11:00")),
        (75, msk("30.11 13:00")),
        (90, msk("30.11 15:12")),
        (100, msk("30.11 16:00")),
    ]
    (last_hour,) = alarms(one(msk("27.11 16:00"), 8), [Threshold(left=HOUR)], msk("27.11 16:00"))
    assert last_hour.at == msk("30.11 15:00")


def test_37_hold_per_team_over_its_spells() -> None:
    spells = [
        Spell("L1", msk("23.11 10:00"), msk("23.11 11:30"), RU8),
        Spell("L2", msk("23.11 11:30"), msk("23.11 16:00"), RU8),
        Spell("L1", msk("23.11 16:00"), msk("23.11 17:00"), RU8),
    ]
    pauses = [Pause(msk("23.11 12:00"), msk("23.11 15:00"), "requester")]
    assert held(spells, pauses, msk("23.11 18:00")) == {"L1": 2.5 * HOUR, "L2": 1.5 * HOUR}


def test_38_a_supplier_holds_by_its_own_calendar() -> None:
    since, until = msk("27.11 17:00"), msk("28.11 09:00")
    assert held([Spell("supplier", since, until, ALWAYS)], [], until) == {"supplier": 16 * HOUR}
    assert spent(read(one(since, 8), until)) == 1
    # The supplier's own due of 10 minutes passed: without what it took beyond that, this clock would have been met.
    late = overdue(ALWAYS, [(since, until)], 10 * MINUTE, until)
    assert late == ((msk("27.11 17:10"), until),)
    history = replace(one(msk("27.11 16:30"), 1, stop=until), overdue=late)
    reading = read(history, until)
    assert (reading.outcome, reading.breach_cause) == ("breached", "dependency")


def test_39_a_prospective_calendar_moves_the_due_and_not_what_is_spent() -> None:
    plan = {"tz": "Europe/Moscow", "hours": dict.fromkeys(WORKDAYS, EIGHT)}
    before = Calendar.from_schedule(plan)
    after = Calendar.from_schedule(plan | {"holidays": ["2026-12-11"]})
    history, published = one(msk("30.11 17:00"), 80, before), msk("01.12 12:00")
    anew = rebound(history, published, 80, after)
    assert due(history, published) == msk("14.12 17:00")
    assert due(anew, published) == msk("15.12 17:00")
    assert read(history, published).elapsed == read(anew, published).elapsed == 4 * HOUR


def working_days(anchor: datetime, days: int, *pauses: Pause) -> History:
    return History(anchor, (Binding(anchor, days, RU8, unit="bd"),), pauses=pauses)


def test_40_a_target_in_working_days() -> None:
    for start, end in (("25.11 11:00", "30.11 18:00"), ("30.12 10:00", "13.01.2027 18:00")):
        reading = read(working_days(msk(start), 3), msk(start))
        assert reading.due_at == reading.breach_at == msk(end) == add_days(RU8, msk(start), 3)
    stopped = replace(working_days(msk("25.11 11:00"), 3), stop=msk("30.11 18:00"))
    assert read(stopped, msk("01.12 10:00")).outcome == "met"
    late = replace(stopped, stop=msk("30.11 18:00:01"))
    assert read(late, msk("01.12 10:00")).outcome == "breached"


def test_41_auto_close_and_its_reminder() -> None:
    assert add_days(RU8, msk("30.10 12:00"), 3) == msk("05.11 18:00")
    assert add_days(RU8, msk("30.10 12:00"), 2) == msk("03.11 17:00")


def test_42_a_customer_approval_rests_the_clock() -> None:
    pause = Pause(msk("23.11 10:00"), msk("24.11 15:00"), "approval")
    assert due(one(msk("23.11 10:00"), 8, pauses=(pause,)), msk("24.11 15:00")) == msk("25.11 15:00")


def test_43_a_night_with_a_pause_over_midnight() -> None:
    pause = Pause(msk("28.11 23:40"), msk("29.11 00:25"), "requester")
    reading = read(one(msk("28.11 23:10"), 4, ALWAYS, stop=msk("29.11 03:50"), pauses=(pause,)), msk("29.11 03:50"))
    assert (reading.elapsed, reading.outcome) == (3 * HOUR + 55 * MINUTE, "met")
    assert reading.due_at == msk("29.11 03:55")


def test_44_a_periodic_update_one_minute_late() -> None:
    said = [Utterance(msk("24.11 02:00"), staff=True), Utterance(msk("24.11 02:31"), staff=True)]
    cycle = periodic_updates(msk("24.11 01:50"), said)[0]
    reading = read(one(cycle.start, 0.5, ALWAYS, stop=cycle.stop), msk("24.11 02:31"))
    assert (reading.elapsed, reading.outcome) == (31 * MINUTE, "breached")


def test_45_working_days_that_were_paused_throughout_do_not_count() -> None:
    start = msk("25.11 11:00")
    throughout = Pause(msk("26.11 08:00"), msk("27.11 19:00"), "requester")
    in_part = Pause(msk("26.11 10:00"), msk("27.11 17:00"), "requester")
    assert due(working_days(start, 3, throughout), msk("27.11 19:00")) == msk("02.12 18:00")
    assert due(working_days(start, 3, in_part), msk("27.11 17:00")) == msk("30.11 18:00")
