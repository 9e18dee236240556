"""Alarms after rebinds and stops, caps on pauses, and cycles of answers."""

from __future__ import annotations

from dataclasses import replace

from otklik.sla.alarms import Alarm, Threshold, alarms
from otklik.sla.cycles import Cycle, Utterance, next_responses, periodic_updates
from otklik.sla.history import Binding, History, Pause, capped
from otklik.sla.targets import read
from otklik.sla.tests.calendars import ALWAYS, HOUR, RU8, msk

HALF, FULL = Threshold(percent=50), Threshold(percent=100)


def test_a_threshold_fires_again_only_after_a_rebind_brought_it_below() -> None:
    start = msk("24.11 00:00")
    history = History(start, (Binding(start, 4 * HOUR, ALWAYS),))
    slower = replace(history, bindings=(*history.bindings, Binding(msk("24.11 03:00"), 8 * HOUR, ALWAYS)))
    assert alarms(slower, [HALF], msk("24.11 03:00")) == [
        Alarm(HALF, 0, msk("24.11 02:00")),
        Alarm(HALF, 1, msk("24.11 04:00")),
    ]
    quicker = replace(history, bindings=(*history.bindings, Binding(msk("24.11 03:00"), 2 * HOUR, ALWAYS)))
    assert alarms(quicker, [HALF, FULL], msk("24.11 05:00")) == [
        Alarm(HALF, 0, msk("24.11 02:00")),
        Alarm(FULL, 1, msk("24.11 03:00")),
    ]


def test_a_stopped_clock_wakes_nobody_after_its_stop() -> None:
    start = msk("24.11 00:00")
    history = History(start, (Binding(start, 4 * HOUR, ALWAYS),), stop=msk("24.11 02:30"))
    assert [alarm.threshold for alarm in alarms(history, [HALF, FULL], msk("25.11 00:00"))] == [HALF]


def test_working_days_warn_at_the_opening_of_the_last_date_and_at_due() -> None:
    start = msk("25.11 11:00")
    history = History(start, (Binding(start, 3, RU8, unit="bd"),))
    found = alarms(history, [Threshold(percent=75), FULL, Threshold(percent=150)], start)
    assert [alarm.at for alarm in found] == [msk("30.11 09:00"), msk("30.11 18:00")]


def test_beyond_its_cap_a_pause_no_longer_rests_the_clock() -> None:
    pauses = (
        Pause(msk("24.11 10:00"), msk("24.11 12:00"), "requester"),
        Pause(msk("24.11 15:00"), None, "requester"),
    )
    now = msk("24.11 18:00")
    assert capped(pauses, now=now, count=1) == pauses[:1]
    assert capped(pauses, now=now, seconds=3 * HOUR) == (pauses[0], replace(pauses[1], until=msk("24.11 16:00")))
    assert capped(pauses, now=now, seconds=HOUR) == (replace(pauses[0], until=msk("24.11 11:00")),)
    assert capped(pauses, now=now) == pauses


def test_a_date_that_was_agreed_judges_and_the_contract_stays_visible() -> None:
    start = msk("24.11 09:00")
    history = History(start, (Binding(start, 4 * HOUR, RU8),), stop=msk("25.11 12:00"), negotiated=msk("26.11 12:00"))
    reading = read(history, msk("25.11 12:00"))
    assert (reading.outcome, reading.contract, reading.elapsed) == ("met", "breached", 11 * HOUR)
    assert read(replace(history, negotiated=msk("25.11 11:00")), msk("25.11 12:00")).outcome == "breached"
    assert read(replace(history, negotiated=None, waived=True), msk("25.11 12:00")).outcome == "waived"
    assert read(replace(history, cancelled=True), msk("25.11 12:00")).outcome == "cancelled"


def test_states_of_a_clock() -> None:
    start = msk("24.11 09:00")
    history = History(start, (Binding(start, 4 * HOUR, RU8),), pauses=(Pause(msk("24.11 11:00"), msk("24.11 12:00")),))
    moments = ("24.11 10:00", "24.11 11:00", "24.11 12:00", "24.11 13:00")
    assert [read(history, msk(moment)).state for moment in moments] == ["running", "paused", "running", "out_of_hours"]
    assert read(replace(history, stop=msk("24.11 10:30")), msk("24.11 13:00")).state == "stopped"


def test_a_stop_before_the_anchor_spends_nothing() -> None:
    start = msk("24.11 09:00")
    history = History(start, (Binding(start, 4 * HOUR, RU8),), stop=msk("23.11 12:00"))
    reading = read(history, msk("24.11 18:00"))
    assert (reading.elapsed, reading.outcome) == (0, "met")


def test_a_target_that_is_never_reached_has_no_due_and_no_breach() -> None:
    start = msk("24.11 09:00")
    reading = read(History(start, (Binding(start, 10_000 * HOUR, RU8),)), start)
    assert (reading.due_at, reading.breach_at, reading.outcome) == (None, None, None)


def test_each_unanswered_run_is_a_cycle_and_thanks_are_none() -> None:
    opened = msk("24.11 09:00")
    said = [
        Utterance(msk("24.11 09:10"), staff=False),
        Utterance(msk("24.11 09:30"), staff=True),
        Utterance(msk("24.11 10:00"), staff=False, gratitude=True),
        Utterance(msk("24.11 11:00"), staff=False),
        Utterance(msk("24.11 11:30"), staff=False),
        Utterance(msk("24.11 12:00"), staff=True),
        Utterance(msk("24.11 14:00"), staff=False),
        Utterance(msk("24.11 16:00"), staff=False),
    ]
    assert next_responses(opened, said, not_needed=[msk("24.11 15:00")]) == [
        Cycle(msk("24.11 11:00"), msk("24.11 12:00")),
        Cycle(msk("24.11 14:00"), msk("24.11 15:00"), cancelled=True),
        Cycle(msk("24.11 16:00"), None),
    ]
    assert next_responses(opened, said[:1]) == []
    assert periodic_updates(opened, said, ended=msk("24.11 18:00")) == [
        Cycle(msk("24.11 09:30"), msk("24.11 12:00")),
        Cycle(msk("24.11 12:00"), msk("24.11 18:00")),
    ]
