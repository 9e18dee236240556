"""What leads and people may settle of hours and skills, what is recorded, what the clock does by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from otklik import clock
from otklik.journal.models import Entry
from otklik.people import absences, duty, ical, oncall, presence, reach, roster, shifts, skills
from otklik.people.access import rights_of
from otklik.people.expertise import AgentSkill
from otklik.people.models import Person
from otklik.people.refusal import Refused
from otklik.people.rota import Absence, OnCall
from otklik.people.tests import make
from otklik.people.tests.test_duty import OFFICE, TUESDAY, week

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def tuesday():
    with clock.at(TUESDAY):
        yield


@pytest.fixture
def team():
    return make.team()


@pytest.fixture
def anna(team):
    return make.agent(team=team, name="Анна")


@pytest.fixture
def lead(team):
    return make.agent(team=team, role="lead", name="Ольга")


@pytest.fixture
def skill():
    return skills.add_skill(code="network", name_ru="Сеть", name_en="Network", actor=make.system())


def kinds() -> list[str]:
    return list(Entry.objects.filter(kind__regex="^(absence|presence)").order_by("id").values_list("kind", flat=True))


def away(person, first=DAY, days=2, **values):
    values.setdefault("actor", make.actor(person))
    return absences.add(person, starts_at=TUESDAY + first, ends_at=TUESDAY + first + days * DAY, **values)


# -- skills --------------------------------------------------------------------------------------------------------
def test_a_claim_counts_only_once_a_lead_confirms_it_and_a_wish_changes_nothing(anna, lead, skill):
    skills.claim(anna, skill, 4, actor=make.actor(anna))
    assert duty.skills_of([anna.pk], TUESDAY) == {anna.pk: {}}
    skills.confirm(anna, skill, 3, actor=make.actor(lead))
    held = skills.claim(anna, skill, 5, actor=make.actor(anna))
    assert (held.level, held.wish, held.confirmed_by) == (3, 5, lead)
    assert duty.skills_of([anna.pk], TUESDAY) == {anna.pk: {skill.pk: 3}}
    skills.withdraw(held, actor=make.actor(lead))
    assert duty.skills_of([anna.pk], TUESDAY) == {anna.pk: {}}


def test_nobody_confirms_his_own_skills_and_strangers_confirm_none(anna, lead, skill):
    other = make.agent(role="lead")
    for who, whose in ((lead, lead), (anna, anna), (other, anna), (make.admin(), anna)):
        with pytest.raises(Refused):
            skills.confirm(whose, skill, 5, actor=make.actor(who))
    skills.confirm(lead, skill, 5, actor=make.actor(make.manager()))
    assert AgentSkill.objects.count() == 1


def test_the_tree_of_skills_belongs_to_service_managers_and_has_no_circles(lead, skill):
    with pytest.raises(Refused):
        skills.add_skill(code="vpn", name_ru="VPN", name_en="VPN", actor=make.actor(lead))
    part = skills.add_skill(code="vpn", name_ru="VPN", name_en="VPN", parent=skill, actor=make.actor(make.manager()))
    with pytest.raises(Refused):
        skills.edit_skill(skill, parent=part, actor=make.system())
    with pytest.raises(Refused) as refused:
        skills.add_skill(code="vpn", name_ru="Ещё", name_en="More", actor=make.system())
    assert refused.value.field == "code"


# -- hours ---------------------------------------------------------------------------------------------------------
def test_leads_settle_hours_of_their_own_people_only(anna, lead, team):
    values = {"person": anna, "hours": OFFICE, "valid_from": date(2026, 11, 1)}
    kept = shifts.add_pattern(**values, actor=make.actor(lead))
    assert (kept.tz, duty.on_duty([anna], TUESDAY)[anna.pk].on_shift) == (anna.timezone, True)
    for who in (anna, make.agent(role="lead"), make.admin()):
        with pytest.raises(Refused):
            shifts.add_pattern(**values, actor=make.actor(who))
    with pytest.raises(Refused):
        shifts.edit_pattern(kept, person=make.agent(), actor=make.actor(lead))
    assert set(reach.people_under(rights_of(lead))) == {anna, lead}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tz": "Mars/Base"}, "tz"),
        ({"hours": {"mon": [["9", "ten"]]}}, "hours"),
        ({"hours": {}}, ""),
        ({"valid_until": date(2026, 10, 1)}, "valid_until"),
    ],
)
def test_hours_that_cannot_be_are_refused(anna, values, field):
    usual = {"person": anna, "hours": OFFICE, "valid_from": date(2026, 11, 1)}
    with pytest.raises(Refused) as refused:
        shifts.add_pattern(**usual | values, actor=make.system())
    assert refused.value.field == field


# -- absences ------------------------------------------------------------------------------------------------------
def test_a_person_enters_his_own_absence_and_a_lead_those_of_his_people(anna, lead):
    away(anna)
    away(anna, 9 * DAY, actor=make.actor(lead))
    for who in (make.agent(), make.admin(), make.agent(role="lead")):
        with pytest.raises(Refused):
            away(anna, 20 * DAY, actor=make.actor(who))
    assert kinds() == ["absence.added", "absence.added"]


def test_why_somebody_is_away_stands_in_no_fact_and_is_shown_to_him_and_his_leads_only(anna, lead, team):
    absence = away(anna, kind="illness")
    assert "illness" not in str(list(Entry.objects.values_list("payload", flat=True)))
    colleague = make.agent(team=team)
    told = [absences.kind_for(rights_of(who), who, absence) for who in (anna, lead, colleague, make.admin())]
    assert told == ["Болезнь", "Болезнь", "", ""]


def test_a_deputy_is_somebody_else_who_works_and_is_there(anna, lead, team):
    boris = make.agent(team=team)
    away(boris)
    for deputy in (anna, boris, make.person()):
        with pytest.raises(Refused) as refused:
            away(anna, deputy=deputy)
        assert refused.value.field == "deputy"
    assert away(anna, deputy=lead).deputy == lead
    with pytest.raises(Refused):
        away(anna, 2 * DAY)


def test_an_absence_is_announced_once_when_it_begins_and_once_when_it_is_over(anna):
    away(anna)
    for hours in (0, 23, 24, 25, 71, 72, 73):
        with clock.at(TUESDAY + timedelta(hours=hours)):
            absences.sweep()
    assert kinds() == ["absence.added", "absence.started", "absence.ended"]


def test_calling_off_an_absence_that_has_begun_ends_it_now(anna):
    absence = away(anna)
    with clock.at(TUESDAY + DAY + timedelta(hours=1)):
        absences.sweep()
        absences.cancel(absence, actor=make.actor(anna))
        absences.sweep()
    assert Absence.objects.get().ends_at == TUESDAY + DAY + timedelta(hours=1)
    assert kinds() == ["absence.added", "absence.started", "absence.cancelled", "absence.ended"]
    later = away(anna, 9 * DAY)
    absences.cancel(later, actor=make.actor(anna))
    assert duty.on_duty([anna], TUESDAY + 9 * DAY)[anna.pk].absence is None


# -- presence ------------------------------------------------------------------------------------------------------
def test_the_end_of_a_shift_makes_away_and_the_next_one_available_again(anna):
    week(anna)  # nine to six in Moscow: from 6 to 15 UTC
    seen = []
    for hour in (9, 14, 15, 16, 29, 30, 31):
        with clock.at(TUESDAY.replace(hour=0) + timedelta(hours=hour)):
            presence.sweep()
        seen.append(Person.objects.get(pk=anna.pk).presence)
    assert seen == ["available", "available", "away", "away", "away", "available", "available"]
    assert [e.payload["why"] for e in Entry.objects.filter(kind="presence.changed")] == ["shift_end", "shift_begin"]


def test_whoever_went_away_or_came_back_by_his_own_switch_is_left_alone(anna):
    week(anna)
    presence.sweep()
    with clock.at(TUESDAY + timedelta(hours=7)):  # after the shift
        presence.sweep()
        presence.switch(anna, "available", actor=make.actor(anna))
        presence.sweep()
        assert Person.objects.get(pk=anna.pk).presence == "available"
        presence.switch(anna, "away", actor=make.actor(anna))
    with clock.at(TUESDAY + DAY):
        presence.sweep()
    assert Person.objects.get(pk=anna.pk).presence == "away"


def test_nobody_switches_anothers_presence(anna, lead):
    with pytest.raises(Refused):
        presence.switch(anna, "away", actor=make.actor(lead))


# -- on call -------------------------------------------------------------------------------------------------------
def rotation(team, ring, **values):
    usual = {"name": "Ночи", "tz": "Europe/Moscow", "starts_on": date(2026, 11, 16), "days": 7, "depth": 2}
    return oncall.add_rotation(team=team, ring=ring, **usual | {"hand_over": time(9)} | values, actor=make.system())


def test_a_rotation_writes_its_turns_ahead_and_again_without_doubling_them(team, anna, lead):
    ring = rotation(team, [anna, lead])
    assert duty.on_call(team, TUESDAY) == [lead, anna]
    assert duty.on_call(team, TUESDAY + 7 * DAY) == [anna, lead]
    assert duty.on_call(team, TUESDAY + 55 * DAY) == [lead, anna]
    count = OnCall.objects.count()
    oncall.sweep()
    assert OnCall.objects.count() == count
    with clock.at(TUESDAY + 7 * DAY):
        oncall.sweep()
        assert duty.on_call(team, TUESDAY + 63 * DAY) == [anna, lead]
    oncall.edit_rotation(ring, is_active=False, actor=make.system())
    assert duty.on_call(team, TUESDAY + 20 * DAY) == []


def test_a_turn_changed_by_hand_stays_when_the_rotation_writes_anew(team, anna, lead):
    vera = make.agent(team=team)
    rotation(team, [anna, lead])
    turn = OnCall.objects.filter(order=1, starts_at__gt=TUESDAY).earliest("starts_at")
    oncall.edit_turn(turn, person=vera, actor=make.actor(lead))
    oncall.sweep()
    assert duty.on_call(team, turn.starts_at)[0] == vera
    assert OnCall.objects.filter(order=1, starts_at=turn.starts_at).count() == 1


def test_only_people_of_the_team_are_on_call_for_it(team, anna):
    with pytest.raises(Refused):
        rotation(team, [anna, make.agent()])
    with pytest.raises(Refused):
        rotation(team, [])


# -- calendars -----------------------------------------------------------------------------------------------------
FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:holiday-1
DTSTART;VALUE=DATE:{first}
DTEND;VALUE=DATE:{last}
SUMMARY:Secret reason
END:VEVENT
BEGIN:VEVENT
UID:past
DTSTART;VALUE=DATE:20260101
DTEND;VALUE=DATE:20260103
END:VEVENT
BEGIN:VEVENT
UID:weekly
RRULE:FREQ=WEEKLY
DTSTART:20261130T090000Z
DTEND:20261130T100000Z
END:VEVENT
BEGIN:VEVENT
UID:hour
DTSTART;TZID=Europe/Berlin:20261126T100000
DURATION:PT2H
END:VEVENT
END:VCALENDAR
"""


def test_absences_are_read_from_a_calendar_and_moved_by_the_next_reading(anna):
    first = FILE.format(first="20261201", last="20261204").replace("\n", "\r\n").encode()
    done = ical.take_over(anna, first, actor=make.actor(anna))
    assert (done.added, done.moved, done.same, done.refused) == (2, 0, 0, [])
    hour, days = Absence.objects.order_by("starts_at")
    assert hour.ends_at == datetime(2026, 11, 26, 11, tzinfo=UTC)
    assert (days.starts_at, days.ends_at) == (
        datetime(2026, 11, 30, 21, tzinfo=UTC),
        datetime(2026, 12, 3, 21, tzinfo=UTC),
    )
    again = FILE.format(first="20261202", last="20261204").replace("\n", "\r\n").encode()
    done = ical.take_over(anna, again, actor=make.actor(anna))
    assert (done.added, done.moved, done.same) == (0, 1, 1)
    assert "Secret" not in str(list(Entry.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"x" * (1024 * 1024 + 1)])
def test_what_is_no_calendar_is_refused(anna, content):
    with pytest.raises(Refused) as refused:
        ical.take_over(anna, content, actor=make.actor(anna))
    assert refused.value.field == "file"


def test_a_feed_opens_by_its_newest_address_only_and_closes_with_the_person(anna):
    week(anna)
    away(anna, kind="illness")
    first = ical.address(ical.issue(anna, actor=make.actor(anna)))
    with clock.at(TUESDAY + timedelta(seconds=1)):
        second = ical.address(ical.issue(anna, actor=make.actor(anna)))
    tokens = [one.removeprefix("/feeds/").removesuffix(".ics") for one in (first, second)]
    assert [ical.owner(token) for token in tokens] == [None, anna]
    text = ical.feed(ical.owner(tokens[1])).decode()
    assert "DTSTART:20261110T090000Z" not in text  # the shift that the window cuts is left out
    assert "DTSTART:20261125T060000Z" in text and "absence-" in text
    for forged in (tokens[1][:-1], f"{anna.pk}", f"0.{tokens[1]}", "x"):
        assert ical.owner(forged) is None
    ical.revoke(anna, actor=make.actor(anna))
    assert ical.owner(tokens[1]) is None
    ical.issue(anna, actor=make.actor(anna))
    token = ical.address(Person.objects.get(pk=anna.pk)).removeprefix("/feeds/").removesuffix(".ics")
    roster.deactivate_person(anna, actor=make.system())
    assert ical.owner(token) is None
