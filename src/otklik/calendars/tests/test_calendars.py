"""Calendars of a desk: shipped, published in versions, confirmed, corrected, never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from otklik.businesstime import ScheduleError, add, is_open
from otklik.calendars import shelf
from otklik.calendars.holidayfacts import DayOff, HolidayFacts
from otklik.calendars.models import Calendar, CalendarVersion, HolidaySet
from otklik.calendars.publishing import NeverOpens, TouchesThePast, confirm, keep, publish
from otklik.calendars.shipped import DEFAULT, RUSSIAN_ZONES, ensure_defaults
from otklik.calendars.yearpage import year_of
from otklik.clock import at
from otklik.journal import timeline
from otklik.journal.record import SYSTEM, Actor, Subject

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OLGA = Actor(kind="person", id="7")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


@pytest.fixture
def russian():
    with at(NOW):
        yield ensure_defaults("ru")


@pytest.fixture
def international():
    with at(NOW):
        yield ensure_defaults("intl")


def test_the_russian_desk_starts_with_its_week_the_long_one_the_clock_round_and_eleven_zones(russian):
    zones = {f"ru-5x2-{code}" for code, *_ in RUSSIAN_ZONES if code != "moscow"}
    assert set(russian) == {"ru-5x2", "ru-5x2-long", "24x7"} | zones
    assert russian[DEFAULT["ru"]].tz == "Europe/Moscow"
    week = shelf.calendar_named("ru-5x2")
    assert add(week, moscow("2026-11-03T15:00"), 4 * 3600) == moscow("2026-11-05T11:00")
    assert add(shelf.calendar_named("ru-5x2-long"), moscow("2026-11-03T15:00"), 4 * 3600) == moscow("2026-11-03T19:00")
    assert is_open(shelf.calendar_named("24x7"), moscow("2027-01-01T00:00"))
    assert is_open(shelf.calendar_named("ru-5x2-kamchatka"), moscow("2026-11-24T00:00"))
    assert ensure_defaults("ru") == russian
    assert CalendarVersion.objects.count() == len(russian)


def test_the_international_desk_follows_the_sun_over_public_holidays(international):
    sun = shelf.calendar_at(international["follow-the-sun"])
    christmas = datetime(2026, 12, 25, 8, 30, tzinfo=UTC)  # a holiday in all three
    assert not is_open(sun, christmas)
    assert is_open(sun, christmas - timedelta(days=2))
    assert {DEFAULT["intl"], "12x5", "24x7"} < set(international)


def test_a_year_that_nobody_confirmed_is_flagged_on_its_dues_and_sixty_days_before(russian):
    week = russian["ru-5x2"]
    assert not shelf.is_provisional(week, moscow("2026-12-30T16:00"))
    assert shelf.is_provisional(week, moscow("2027-01-11T11:00"))
    assert not shelf.is_provisional(russian["24x7"], moscow("2027-01-11T11:00"))
    assert (week, 2027) in shelf.years_to_confirm()
    with at(NOW - timedelta(days=40)):
        assert shelf.years_to_confirm() == []


def test_confirming_a_set_as_it_was_takes_the_flag_away_and_makes_no_version(russian):
    provisional = HolidaySet.objects.get(year=2027)
    assert confirm(provisional, actor=OLGA) == []
    assert not shelf.is_provisional(russian["ru-5x2"], moscow("2027-01-11T11:00"))
    assert HolidaySet.objects.get(year=2027).confirmed_by == "person:7"
    facts = [entry.kind for entry in timeline.entries(Subject(kind="holidays", id="RU-2027"))]
    assert facts == ["config.published", "config.published"]


def test_another_set_for_a_coming_year_gives_each_observer_a_prospective_version(russian):
    other = HolidayFacts("RU", 2027, off={date(2027, 1, 11): DayOff("Ещё один выходной")})
    kept = keep(other, source="a decree", actor=OLGA, content=b"<calendar/>")
    assert kept.number == 2
    versions = confirm(kept, actor=OLGA)
    assert {version.calendar.code for version in versions} == set(russian) - {"24x7"}
    assert {version.kind for version in versions} == {"prospective"}
    monday = moscow("2027-01-11T12:00")
    assert is_open(shelf.calendar_at(russian["ru-5x2"]), monday)
    assert not is_open(shelf.calendar_named("ru-5x2"), monday)
    assert keep(other, source="a decree", actor=OLGA, content=b"<calendar/>") == kept


def test_a_set_that_changes_days_gone_by_needs_a_reason_and_is_a_correction(russian):
    facts = HolidaySet.objects.get(year=2026).facts
    off = {**facts.off, date(2026, 3, 2): DayOff("Потоп")}
    kept = keep(HolidayFacts("RU", 2026, "", off, facts.working, facts.shortened), source="a decree", actor=OLGA)
    with pytest.raises(TouchesThePast) as refused, transaction.atomic():
        confirm(kept, actor=OLGA)
    assert refused.value.since <= moscow("2026-03-02T09:00")
    (first, *_) = confirm(kept, actor=OLGA, reason="the building stood under water")
    assert (first.kind, first.reason) == ("corrective", "the building stood under water")


def test_new_weekly_hours_hold_from_tomorrow_and_leave_what_was(russian):
    calendar = Calendar.objects.get(code="ru-5x2")
    weekly = {"mon": [["10:00", "12:00"]], "wed": [["10:00", "12:00"]]}
    version = publish(calendar, {"weekly": weekly}, actor=OLGA)
    assert (version.number, version.kind) == (2, "prospective")
    hours = shelf.calendar_at(version)
    assert is_open(hours, moscow("2026-11-24T17:00"))
    assert not is_open(hours, moscow("2026-11-25T17:00"))
    assert is_open(hours, moscow("2026-11-25T11:00"))
    again = publish(calendar, {"weekly": {"thu": [["10:00", "12:00"]]}}, actor=OLGA)
    assert is_open(shelf.calendar_at(again), moscow("2026-11-20T17:00"))
    entry = timeline.entries(Subject(kind="calendar", id="ru-5x2"))[-1]
    assert (entry.kind, str(entry.actor)) == ("config.published", "person:7")


def test_publishing_the_same_adds_nothing(russian):
    calendar = Calendar.objects.get(code="ru-5x2")
    assert publish(calendar, {"tz": "Europe/Moscow"}, actor=OLGA) == russian["ru-5x2"]


def test_another_zone_changes_the_past_and_is_refused_unless_it_is_a_correction(russian):
    calendar = Calendar.objects.get(code="ru-5x2")
    with pytest.raises(TouchesThePast):
        publish(calendar, {"tz": "Asia/Omsk"}, actor=OLGA)
    with pytest.raises(TouchesThePast):
        publish(calendar, {"tz": "Asia/Omsk"}, actor=OLGA, corrective=True)
    version = publish(calendar, {"tz": "Asia/Omsk"}, actor=OLGA, corrective=True, reason="it was Omsk all along")
    assert version.kind == "corrective"


def test_own_exceptions_beat_the_holidays_of_the_country(russian):
    calendar = Calendar.objects.get(code="ru-5x2")
    exceptions = [
        {"date": "2027-01-04", "kind": "hours", "hours": [["10:00", "12:00"]], "why": "stock-taking"},
        {"date": "2026-12-01", "kind": "holiday", "why": "moving house"},
        {"date": "2026-12-05", "kind": "work_like", "like": "fri"},
        {"date": "2026-12-04", "kind": "shorten", "minutes": 120},
    ]
    hours = shelf.calendar_at(publish(calendar, {"exceptions": exceptions}, actor=OLGA))
    opened = ("2027-01-04T11:00", "2026-12-05T17:00", "2026-12-04T15:00")
    assert all(is_open(hours, moscow(text)) for text in opened)
    closed = ("2027-01-04T13:00", "2026-12-01T10:00", "2026-12-04T16:30")
    assert not any(is_open(hours, moscow(text)) for text in closed)
    with pytest.raises(ScheduleError):
        publish(calendar, {"exceptions": [{"date": "2026-12-01", "kind": "party"}]}, actor=OLGA)


def test_a_calendar_that_never_opens_is_refused(russian):
    calendar = Calendar.objects.create(code="never", name_ru="Никогда", name_en="Never")
    with pytest.raises(NeverOpens):
        publish(calendar, {"tz": "UTC", "weekly": {}}, actor=OLGA)


def test_a_new_version_of_a_part_is_one_of_the_whole(international):
    part = Calendar.objects.get(code="us-9x5")
    change = [{"date": "2026-12-01", "kind": "hours", "hours": [["00:00", "24:00"]]}]
    version = publish(part, {"exceptions": change}, actor=OLGA)
    whole = shelf.current("follow-the-sun")
    assert version.pk in whole.parts
    assert (whole.number, whole.kind) == (2, "prospective")
    assert is_open(shelf.calendar_at(whole), datetime(2026, 12, 2, 4, 30, tzinfo=UTC))


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_the_database_refuses_to_change_a_version_or_a_set(russian, statement):
    for rows, field in ((CalendarVersion.objects.all(), "tz"), (HolidaySet.objects.filter(year=2026), "source")):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            rows.update(**{field: "elsewhere"}) if statement == "update" else rows._raw_delete("default")


def test_a_year_shows_what_differs_from_the_plain_week(russian):
    page = year_of(russian["ru-5x2"], 2026)
    assert (page.working_days, page.shortened_days, page.hours, page.confirmed) == (247, 4, 1972, True)
    kinds = {day.on: (day.kind, day.why) for day in page.days if day.differs}
    assert kinds[date(2026, 1, 1)] == ("holiday", "Новогодние каникулы")
    assert kinds[date(2026, 4, 30)] == ("shortened", "")
    moved = next(day for day in page.days if day.on == date(2026, 1, 9))
    assert (moved.kind, moved.moved_from, moved.hours) == ("moved_off", date(2026, 1, 3), ())
    assert year_of(russian["ru-5x2"], 2024).days[117].kind == "moved_work"
    assert not year_of(russian["ru-5x2"], 2027).confirmed


def test_a_calendar_is_built_once_and_asked_for_by_code(russian, django_assert_num_queries):
    version = russian["ru-5x2"]
    shelf.calendar_at(version)
    with django_assert_num_queries(0):
        assert shelf.calendar_at(version) is shelf.calendar_at(version.pk)
    with pytest.raises(shelf.NoSuchCalendar):
        shelf.calendar_named("nowhere")
    assert [one.calendar.code for one in shelf.all_current()][:2] == ["ru-5x2", "ru-5x2-long"]


def test_calendars_are_named_in_the_readers_language(russian):
    from django.utils.translation import override

    names = []
    for language in ("ru", "en"):
        with override(language):
            names.append(str(Calendar.objects.get(code="ru-5x2")))
    assert names == ["5/2 09–18, обед 13–14", "Mon–Fri 09–18, lunch 13–14"]
    assert str(SYSTEM) == russian["ru-5x2"].published_by
