"""Who is there: weeks in three zones, rows, absences, on call, skills; and the laws of the pure part."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.businesstime.span import length, to_instant, to_moment
from otklik.people import duty, patterns
from otklik.people.expertise import AgentSkill, Skill
from otklik.people.patterns import Pattern
from otklik.people.rota import Absence, OnCall, Shift, ShiftPattern
from otklik.people.tests import make

ZONES = ["Europe/Moscow", "Europe/Berlin", "America/New_York"]
OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # 12:00 in Moscow, 10:00 in Berlin, 4:00 in New York


def week(person, tz="Europe/Moscow", hours=None, **values):
    values.setdefault("valid_from", date(2026, 1, 1))
    return ShiftPattern.objects.create(person=person, tz=tz, hours=hours or OFFICE, **values)


def spans(pattern, first, last):
    found = patterns.expand(pattern, to_instant(first), to_instant(last))
    return [(to_moment(start), to_moment(end)) for start, end in found]


# -- the pure part -------------------------------------------------------------------------------------------------
def test_a_night_over_the_spring_change_is_an_hour_shorter_and_over_the_autumn_change_longer():
    nights = Pattern("Europe/Berlin", patterns.week_of({"sat": [["22:00", "06:00"]]}), date(2026, 1, 1))
    for day, hours in ((date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 6, 6), 8)):
        noon = datetime.combine(day, time(12), UTC)
        [(start, end)] = spans(nights, noon, noon + timedelta(days=1))
        assert (end - start) == timedelta(hours=hours)
        assert (start.astimezone(ZoneInfo("Europe/Berlin")).hour, end.astimezone(ZoneInfo("Europe/Berlin")).hour) == (
            22,
            6,
        )


def test_a_pattern_begins_and_ends_on_its_dates():
    pattern = Pattern("Asia/Vladivostok", patterns.week_of(OFFICE), date(2026, 11, 24), date(2026, 11, 25))
    found = spans(pattern, TUESDAY - timedelta(days=9), TUESDAY + timedelta(days=9))
    assert found == [
        (datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (datetime(2026, 11, 24, 23, tzinfo=UTC), datetime(2026, 11, 25, 8, tzinfo=UTC)),
    ]


clocks = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
weeks = st.dictionaries(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    st.lists(st.tuples(clocks, clocks).map(list), max_size=2),
    max_size=7,
)
moments = st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), weeks, moments, st.integers(0, 20 * 24))
def test_a_moment_is_on_shift_exactly_where_the_wall_says_so(tz, hours, start, more):
    pattern = Pattern(tz, patterns.week_of(hours), date(2026, 1, 1), date(2026, 12, 31))
    found = spans(pattern, start, start + timedelta(hours=more))
    for step in range(0, more * 4, 7):
        moment = start + timedelta(minutes=15 * step)
        wall = moment.astimezone(ZoneInfo(tz))
        clock = (wall.hour * 60 + wall.minute) * 60 + wall.second + wall.microsecond / 1_000_000
        there = any(a <= clock < b for a, b in pattern.week[wall.weekday()]) and wall.year == 2026
        assert there == any(a <= moment < b for a, b in found)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), weeks, moments, st.integers(1, 400), st.integers(1, 400))
def test_expanding_in_two_parts_is_expanding_at_once(tz, hours, start, one, two):
    pattern = Pattern(tz, patterns.week_of(hours), date(2026, 1, 1))
    a, b, c = (to_instant(start + timedelta(hours=n)) for n in (0, one, one + two))
    whole = length(patterns.expand(pattern, a, c))
    assert whole == length(patterns.expand(pattern, a, b)) + length(patterns.expand(pattern, b, c))


span_lists = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda two: (two[0], two[0] + two[1])))


@settings(max_examples=200, deadline=None)
@given(span_lists, span_lists, st.integers(0, 260))
def test_where_somebody_stands_agrees_with_asking_every_instant(rows, absences, at):
    shifts = patterns.joined([], rows, 0, 300)
    told = patterns.standing(shifts, absences, at)
    on = {n for a, b in rows for n in range(a, b)}
    off = {n for a, b in absences for n in range(a, b)}
    there = on - off
    assert told.on_shift == (at in on)
    assert (told.absent_until is None) == (at not in off)
    if at in there:
        assert told.shift_ends == next(n for n in range(at, 400) if n not in there)
    later = [n for n in sorted(there) if n > at and n - 1 not in there]
    assert told.next_shift == (later[0] if later else None)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 14), st.integers(1, 5),
    st.integers(1, 3), moments, st.integers(1, 60),
)  # fmt: skip
def test_turns_of_a_rotation_leave_no_hour_uncovered_and_everybody_has_his_turn(
    tz, starts_on, days, ring, depth, start, more
):
    end = start + timedelta(days=more)
    rotation = {"tz": tz, "starts_on": starts_on, "hand_over": time(9), "days": days, "ring": ring, "depth": depth}
    found = patterns.turns(**rotation, until=None, start=start, end=end)
    first = [turn for turn in found if turn.order == 1]
    assert all(one.ends_at == two.starts_at for one, two in pairwise(first))
    assert all((one.seat + 1) % ring == two.seat for one, two in pairwise(first))
    opening = datetime.combine(starts_on, time(9), ZoneInfo(tz))
    if end > opening:
        assert first[0].starts_at <= max(start, opening) and first[-1].ends_at >= end
    assert all(turn.order <= min(depth, ring) for turn in found)


# -- asking the tables ---------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_three_zones_at_one_moment():
    team = make.team()
    moscow, berlin, york = (make.agent(team=team) for _ in range(3))
    for person, tz in ((moscow, "Europe/Moscow"), (berlin, "Europe/Berlin"), (york, "America/New_York")):
        week(person, tz)
    told = duty.on_duty(team, TUESDAY)
    assert [told[one.pk].on_shift for one in (moscow, berlin, york)] == [True, True, False]
    assert told[moscow.pk].shift_ends_at == datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert told[berlin.pk].shift_ends_at == datetime(2026, 11, 24, 17, tzinfo=UTC)
    assert told[york.pk].next_shift_at == datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.mark.django_db
def test_an_absence_cuts_the_shift_and_says_until_when_and_who_stands_in_but_not_why():
    anna, boris = make.agent(), make.agent()
    week(anna)
    Absence.objects.create(
        person=anna, deputy=boris, kind="illness", starts_at=TUESDAY, ends_at=TUESDAY + timedelta(days=2)
    )
    before = duty.on_duty([anna], TUESDAY - timedelta(hours=1))[anna.pk]
    assert (before.shift_ends_at, before.absence, before.here) == (TUESDAY, None, True)
    during = duty.on_duty([anna.pk], TUESDAY + timedelta(hours=1))[anna.pk]
    assert (during.on_shift, during.here) == (True, False)
    assert during.absence == duty.Away(TUESDAY + timedelta(days=2), boris.pk)
    assert during.next_shift_at == TUESDAY + timedelta(days=2)
    assert not hasattr(during.absence, "kind")


@pytest.mark.django_db
def test_a_cancelled_absence_is_none_and_nobody_without_hours_is_on_shift():
    anna, boris = make.agent(), make.agent()
    week(anna)
    times = {"starts_at": TUESDAY, "ends_at": TUESDAY + timedelta(days=2)}
    Absence.objects.create(person=anna, cancelled_at=TUESDAY, **times)
    told = duty.on_duty([anna, boris], TUESDAY)
    assert told[anna.pk].here
    assert (told[boris.pk].on_shift, told[boris.pk].rostered) == (False, False)


@pytest.mark.django_db
def test_a_row_of_the_roster_adds_to_the_week_and_shifts_of_another_team_do_not_count():
    one, other = make.team(), make.team()
    anna = make.agent(team=one)
    week(anna, team=other)
    saturday = datetime(2026, 11, 28, 7, tzinfo=UTC)
    Shift.objects.create(person=anna, starts_at=saturday, ends_at=saturday + timedelta(hours=4), tz="Europe/Moscow")
    assert not duty.on_duty(one, TUESDAY)[anna.pk].on_shift
    assert duty.on_duty(other, TUESDAY) == {}
    assert duty.on_duty([anna], TUESDAY)[anna.pk].on_shift
    assert duty.on_duty(one, saturday)[anna.pk].shift_ends_at == saturday + timedelta(hours=4)


@pytest.mark.django_db
def test_minutes_on_shift_leave_out_absences():
    anna = make.agent()
    week(anna)
    Absence.objects.create(person=anna, starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=1))
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert duty.minutes_on_shift([anna.pk], monday, monday + timedelta(days=7)) == {anna.pk: (45 - 1) * 60}


@pytest.mark.django_db
def test_two_hundred_people_cost_as_many_questions_as_one(django_assert_num_queries):
    team = make.team()
    for tz in ZONES * 4:
        week(make.agent(team=team), tz)
    with django_assert_num_queries(4):
        assert len(duty.on_duty(team, TUESDAY)) == 12
    with django_assert_num_queries(2):
        duty.skills_of(range(200), TUESDAY)


@pytest.mark.django_db
def test_on_call_answers_in_order_and_passes_over_the_absent():
    team = make.team()
    anna, boris, vera = (make.agent(team=team) for _ in range(3))
    times = {"starts_at": TUESDAY, "ends_at": TUESDAY + timedelta(days=7)}
    for order, person in ((2, anna), (1, boris), (3, vera)):
        OnCall.objects.create(team=team, person=person, order=order, **times)
    assert duty.on_call(team, TUESDAY) == [boris, anna, vera]
    Absence.objects.create(person=boris, **times)
    assert duty.on_call(team, TUESDAY) == [anna, vera]
    assert duty.on_call(team, TUESDAY + timedelta(days=7)) == []


@pytest.mark.django_db
def test_a_skill_counts_for_what_it_is_part_of_never_the_other_way_and_only_confirmed_and_valid():
    product = Skill.objects.create(code="1c", name_ru="1С", name_en="1C")
    part = Skill.objects.create(code="1c-zup", name_ru="1С:ЗУП", name_en="1C payroll", parent=product)
    anna, boris, vera, gleb = (make.agent() for _ in range(4))
    for person, skill, level, values in (
        (anna, part, 4, {"confirmed_at": TUESDAY}),
        (anna, product, 2, {"confirmed_at": TUESDAY}),
        (boris, product, 5, {"confirmed_at": TUESDAY}),
        (vera, part, 5, {}),
        (gleb, part, 5, {"confirmed_at": TUESDAY, "valid_until": date(2026, 11, 23)}),
    ):
        AgentSkill.objects.create(person=person, skill=skill, level=level, **values)
    told = duty.skills_of([one.pk for one in (anna, boris, vera, gleb)], TUESDAY)
    assert told[anna.pk] == {product.pk: 4, part.pk: 4}
    assert told[boris.pk] == {product.pk: 5}
    assert told[vera.pk] == told[gleb.pk] == {}
