"""The roster page and the pages around it: what they show to whom, gaps by hour, one's own time, the settings."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from otklik import clock
from otklik.people import absences, cover, oncall, skills
from otklik.people.expertise import AgentSkill, Skill, SkillNeed
from otklik.people.models import Person
from otklik.people.rota import Absence, OnCall, Rotation, Shift, ShiftPattern
from otklik.people.tests import make
from otklik.people.tests.test_duty import OFFICE, TUESDAY, week
from otklik.people.tests.test_settings import signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def tuesday():
    with clock.at(TUESDAY):
        yield


@pytest.fixture
def team():
    return make.team("Сеть")


@pytest.fixture
def lead(team):
    return make.agent(team=team, role="lead", name="Ольга Сергеева")


@pytest.fixture
def skill():
    return Skill.objects.create(code="network", name_ru="Маршруты", name_en="Routes")


def able(team, skill, name, level=3, hours=None, tz="Europe/Moscow"):
    person = make.agent(team=team, name=name)
    week(person, tz, hours)
    if level:
        skills.confirm(person, skill, level, actor=make.system())
    return person


def need(team, skill, people=1, level=3):
    return skills.add_need(team=team, skill=skill, level=level, people=people, actor=make.system())


def drawn(team):
    return cover.picture([team], cover.days_from(MONDAY, 14, "Europe/Moscow"), TUESDAY)


def gone(person, first, days, **values):
    start = datetime.combine(first, time(0), UTC) - timedelta(hours=3)
    return absences.add(person, starts_at=start, ends_at=start + days * DAY, actor=make.system(), **values)


# -- the picture ---------------------------------------------------------------------------------------------------
def test_a_gap_is_told_with_who_is_away_and_who_lacks_how_much(team, skill):
    anna, boris = able(team, skill, "Анна"), able(team, skill, "Борис", level=2)
    need(team, skill)
    gone(anna, date(2026, 11, 25), 2)
    told = drawn(team)
    [gap] = told.gaps
    assert [day.day.on.day for day in gap.days] == [25, 26]
    assert (gap.least, gap.absent, gap.fillers) == (0, [anna], [cover.Filler(boris, 2)])
    least = {one.day.on.day: one.least for one in told.needs[0].days}
    assert (least[24], least[25], least[28]) == (1, 0, None)


def test_too_few_and_nobody_are_two_gaps_and_a_weekend_between_days_is_passed_over(team, skill):
    anna, boris = able(team, skill, "Анна"), able(team, skill, "Борис")
    need(team, skill, people=2)
    gone(anna, date(2026, 11, 26), 6)
    gone(boris, date(2026, 12, 1), 1)
    nobody, few = drawn(team).gaps
    assert ([day.day.on.day for day in nobody.days], nobody.least) == ([1], 0)
    assert ([day.day.on.day for day in few.days], few.least) == ([26, 27, 30], 1)


def test_a_gap_of_some_hours_says_which(team, skill):
    able(team, skill, "Анна", hours={"tue": [["09:00", "14:00"]]})
    able(team, skill, "Борис", level=0, hours={"tue": [["09:00", "18:00"]]})
    need(team, skill)
    first = drawn(team).gaps[0]
    start, end = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (11, 15))
    assert [cover.to_moment(edge) for edge in (first.days[0].short[0][0], first.days[0].short[-1][1])] == [start, end]


def test_hours_in_which_few_are_rostered_are_no_gap(team, skill):
    for name in ("Анна", "Борис", "Вера"):
        able(team, skill, name)
    able(team, skill, "Глеб", level=0, hours={day: [["07:00", "20:00"]] for day in OFFICE})
    need(team, skill)
    assert drawn(team).gaps == []


def test_a_skill_that_one_person_only_can_is_named_and_a_needed_one_that_nobody_can(team, skill):
    anna = able(team, skill, "Анна")
    other = Skill.objects.create(code="vpn", name_ru="VPN", name_en="VPN")
    need(team, other)
    assert [(one.skill, one.person) for one in drawn(team).alone] == [(skill, anna), (other, None)]
    able(team, skill, "Борис", level=4)
    assert [one.skill for one in drawn(team).alone] == [other]


def test_a_day_shows_hours_absence_or_the_turn_on_call(team, skill):
    anna = able(team, skill, "Анна")
    gone(anna, date(2026, 11, 26), 3)
    OnCall.objects.create(team=team, person=anna, starts_at=TUESDAY + 4 * DAY, ends_at=TUESDAY + 6 * DAY, order=1)
    cells = {cell.day.on.day: cell for cell in drawn(team).lines[0].cells}
    assert cells[25].shifts and cells[25].absence is None
    assert cells[26].absence and not cells[26].shifts
    assert not cells[28].shifts and cells[28].absence is None  # a free Saturday is no absence
    assert (cells[29].on_call, cells[30].on_call) == (1, 0)


def test_the_picture_costs_the_same_for_two_people_and_for_twenty(team, skill, django_assert_max_num_queries):
    need(team, skill)
    for number in range(20):
        able(team, skill, f"Имя {number}")
    with django_assert_max_num_queries(12):
        drawn(team)


# -- the page ------------------------------------------------------------------------------------------------------
def test_the_roster_is_for_staff_and_a_colleague_does_not_learn_why(team, skill, lead):
    anna = able(team, skill, "Анна Ким")
    gone(anna, date(2026, 11, 25), 2, kind="illness")
    need(team, skill)
    colleague = make.agent(team=team)
    mine, theirs, hers = (signed_in(one).get("/roster").content.decode() for one in (lead, colleague, anna))
    assert "болезнь" in mine and "болезнь" in hers
    assert "болезнь" not in theirs and "Анна Ким" in theirs and "Маршруты 25–26 ноября" in theirs
    assert signed_in(make.person()).get("/roster").status_code == 404
    assert signed_in(make.person(roles=["auditor"])).get(f"/roster/{team.pk}").status_code == 200
    assert signed_in(lead).get("/roster/987654").status_code == 404


@pytest.mark.parametrize("rows", [10, pytest.param(50, marks=pytest.mark.long)])
def test_the_roster_asks_as_often_for_many_people_as_for_one(team, lead, skill, queries, rows):
    def somebody(number):
        one = able(team, skill, f"Сотрудник {number}", hours=OFFICE)
        Absence.objects.create(person=one, starts_at=TUESDAY + 3 * DAY, ends_at=TUESDAY + 5 * DAY, deputy=lead)
        Shift.objects.create(person=one, starts_at=TUESDAY + 6 * DAY, ends_at=TUESDAY + 6.3 * DAY, tz="Europe/Moscow")
        OnCall.objects.create(team=team, person=one, starts_at=TUESDAY + DAY, ends_at=TUESDAY + 2 * DAY)

    need(team, skill, people=2)
    somebody(1)
    site = signed_in(lead)
    addresses = ("/roster", f"/roster/{team.pk}")
    for address in addresses:
        site.get(address, follow=True)
    few = [queries.count(partial(site.get, address, follow=True)) for address in addresses]
    for number in range(2, rows + 1):
        somebody(number)
    page = site.get(f"/roster/{team.pk}").content.decode()
    assert f"Сотрудник {rows}" in page
    assert [queries.count(partial(site.get, address, follow=True)) for address in addresses] == few


@pytest.mark.parametrize("asked", ["", "nonsense", "9999-12-31", "0001-01-01", "2026-11-26"])
def test_any_date_leads_to_two_weeks_from_a_monday(lead, asked):
    page = signed_in(lead).get(f"/roster?from={asked}")
    assert page.status_code == 200 and "23 ноября – 6 декабря" in page.content.decode()


def test_an_empty_desk_says_what_to_do(lead):
    lead.memberships.all().delete()
    page = signed_in(make.manager()).get("/roster").content.decode()
    assert "/settings/shifts/new" in page


# -- my time -------------------------------------------------------------------------------------------------------
def test_an_agent_enters_and_calls_off_his_own_absence(team):
    anna, boris = make.agent(team=team), make.agent(team=team)
    site = signed_in(anna)
    form = {"first": "2026-11-30", "last": "2026-12-04", "kind": "vacation", "deputy": boris.pk}
    assert site.post("/me/time", form).status_code == 303
    absence = Absence.objects.get()
    assert (absence.person, absence.deputy) == (anna, boris)
    assert absence.ends_at == datetime(2026, 12, 4, 21, tzinfo=UTC)
    assert site.post("/me/time", form).status_code == 422
    assert signed_in(boris).post(f"/me/time/absences/{absence.pk}/cancellation").status_code == 404
    assert site.post(f"/me/time/absences/{absence.pk}/cancellation").status_code == 303
    absence.refresh_from_db()
    assert absence.cancelled_at is not None


def test_part_of_a_day_away_has_its_hours(team):
    anna = make.agent(team=team)
    form = {"first": "2026-11-30", "last": "2026-11-30", "leaves": "13:00", "returns": "15:30", "kind": "other"}
    assert signed_in(anna).post("/me/time", form).status_code == 303
    absence = Absence.objects.get()
    assert absence.ends_at - absence.starts_at == timedelta(hours=2, minutes=30)


def test_presence_is_switched_from_the_menu_and_leads_back(team):
    anna = make.agent(team=team)
    answer = signed_in(anna).post("/me/presence", {"presence": "busy", "next": "/queue"})
    assert answer.headers["Location"] == "/queue"
    assert Person.objects.get(pk=anna.pk).presence == "busy"
    assert 'class="on away"' in signed_in(anna).get("/roster").content.decode()
    answer = signed_in(anna).post("/me/presence", {"presence": "gone", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/me/time"
    assert signed_in(make.person()).post("/me/presence", {"presence": "busy"}).status_code == 404


def test_a_calendar_file_and_a_claim_come_through_the_page_and_the_feed_goes_out(team, skill, client):
    anna = make.agent(team=team)
    site = signed_in(anna)
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261201\r\n"
        "DTEND;VALUE=DATE:20261202\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    file = SimpleUploadedFile("away.ics", text.encode())
    assert site.post("/me/time/import", {"file": file, "kind": "training"}).status_code == 303
    assert Absence.objects.get().kind == "training"
    bad = SimpleUploadedFile("away.ics", b"nothing of the kind")
    assert site.post("/me/time/import", {"file": bad, "kind": "training"}).status_code == 422
    assert site.post("/me/time/skills", {"skill": skill.pk, "level": "4"}).status_code == 303
    assert AgentSkill.objects.get().confirmed_at is None
    assert site.post("/me/time/feed").status_code == 303
    page = site.get("/me/time").content.decode()
    address = page.partition("/feeds/")[2].partition(".ics")[0]
    feed = client.get(f"/feeds/{address}.ics")
    assert (feed.status_code, feed.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert b"Set-Cookie" not in feed.serialize_headers()
    assert site.post("/me/time/feed/revocation").status_code == 303
    assert client.get(f"/feeds/{address}.ics").status_code == 404


# -- settings ------------------------------------------------------------------------------------------------------
DAYS = {"mon": "09:00–18:00", "tue": "9:00-13:00, 14:00-18:00"}


def test_a_lead_settles_hours_skills_and_absences_of_his_people_on_the_pages(team, lead, skill):
    anna, stranger = make.agent(team=team), make.agent()
    site = signed_in(lead)
    hours = {"person": anna.pk, "tz": "Asia/Omsk", "valid_from": "2026-11-01"} | DAYS
    assert site.post("/settings/shifts/new", hours).status_code == 302
    kept = ShiftPattern.objects.get()
    assert kept.hours == {"mon": [["09:00", "18:00"]], "tue": [["09:00", "13:00"], ["14:00", "18:00"]]}
    assert site.post("/settings/shifts/new", hours | {"person": stranger.pk}).status_code == 422
    assert site.post("/settings/shifts/new", hours | {"mon": "all day"}).status_code == 422
    held = {"person": anna.pk, "skill": skill.pk, "level": "4", "source": "certificate", "confirmed": "on"}
    assert site.post("/settings/people-skills/new", held).status_code == 302
    assert AgentSkill.objects.get().confirmed_by == lead
    row = f"/settings/people-skills/{AgentSkill.objects.get().pk}"
    assert site.get(row).status_code == 200
    assert site.post(row, {name: value for name, value in held.items() if name != "confirmed"}).status_code == 302
    assert AgentSkill.objects.get().confirmed_at is None
    wanted = {"team": team.pk, "skill": skill.pk, "level": "3", "people": "2"}
    assert site.post("/settings/skill-needs/new", wanted).status_code == 302
    assert SkillNeed.objects.get().people == 2
    absent = {"person": anna.pk, "first": "2026-12-01", "last": "2026-12-02", "kind": "illness"}
    assert site.post("/settings/absences/new", absent).status_code == 302
    key = Absence.objects.get().pk
    assert site.post(f"/settings/absences/{key}", absent | {"last": "2026-12-03"}).status_code == 302
    assert signed_in(make.agent(role="lead")).get(f"/settings/absences/{key}").status_code == 404
    assert signed_in(make.agent(role="lead")).post(f"/settings/absences/{key}/cancellation").status_code == 404
    assert site.post(f"/settings/absences/{key}/cancellation").status_code == 303
    assert Absence.objects.get().cancelled_at is not None


def test_a_lead_settles_extra_shifts_and_turns_on_call_on_the_pages(team, lead):
    anna = make.agent(team=team)
    site = signed_in(lead)
    times = {"starts_at": "2026-11-28T10:00", "ends_at": "2026-11-28T16:00"}
    assert site.post("/settings/extra-shifts/new", times | {"person": anna.pk}).status_code == 302
    assert Shift.objects.get().starts_at == datetime(2026, 11, 28, 7, tzinfo=UTC)
    ring = {
        "team": team.pk, "name": "Ночи", "starts_on": "2026-11-23", "hand_over": "09:00", "tz": "Europe/Moscow",
        "days": "7", "depth": "1", "is_active": "on", "seat1": anna.pk, "seat2": lead.pk,
    }  # fmt: skip
    assert site.post("/settings/on-call/new", ring).status_code == 302
    assert site.post("/settings/on-call/new", ring | {"seat2": anna.pk}).status_code == 422
    assert site.get(f"/settings/on-call/{Rotation.objects.get().pk}").status_code == 200
    assert oncall.ring_of(Rotation.objects.get()) == [anna, lead]
    turn = OnCall.objects.filter(person=anna).first()
    answer = site.post(f"/settings/on-call-turns/{turn.pk}", times | {"team": team.pk, "person": lead.pk, "order": "1"})
    assert answer.status_code == 302
    turn.refresh_from_db()
    assert (turn.person, turn.by_hand) == (lead, True)


def test_the_tree_of_skills_is_drawn_with_its_parts_below(skill):
    site = signed_in(make.manager())
    form = {"code": "bgp", "name_ru": "BGP", "name_en": "BGP", "parent": skill.pk, "is_active": "on"}
    assert site.post("/settings/skills/new", form).status_code == 302
    page = site.get("/settings/skills").content.decode()
    assert page.index("Маршруты") < page.index(" · BGP")
    assert site.post(f"/settings/skills/{skill.pk}", form | {"code": "network"}).status_code == 422
    assert signed_in(make.agent(role="lead")).get("/settings/skills").status_code == 404
