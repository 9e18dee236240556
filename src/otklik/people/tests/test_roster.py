"""The front door of people: what is recorded, what is refused, who may give which right."""

from __future__ import annotations

import pytest

from otklik.journal import seal
from otklik.journal.models import Entry
from otklik.people import roster
from otklik.people.access import rights_of
from otklik.people.models import ApiToken, Membership, Organisation, Person, Place, Team
from otklik.people.tests import make
from otklik.people.tests.test_tokens import token

pytestmark = pytest.mark.django_db


def changes(kind: str, identity: int) -> list[dict]:
    entries = Entry.objects.filter(subject_kind=kind, subject_id=str(identity), kind="record.changed").order_by("seq")
    return [entry.payload["changes"] for entry in entries]


def test_a_person_is_added_and_changed_old_to_new():
    admin = make.admin()
    anna = roster.add_person(name="Анна", email=" anna@clinic.example ", actor=make.actor(admin))
    assert not anna.has_usable_password()
    roster.edit_person(anna, phone="12-34", actor=make.actor(admin))
    roster.edit_person(anna, phone="12-34", actor=make.actor(admin))
    first = Entry.objects.get(subject_kind="person", subject_id=str(anna.pk), kind="record.added")
    assert first.payload["values"] == {"name": "Анна", "email": "anna@clinic.example"}
    assert changes("person", anna.pk) == [{"phone": ["", "12-34"]}]


def test_people_without_an_address_are_people_too_and_an_address_is_nobodys_twice():
    one = roster.add_person(name="Пётр", email="", actor=make.system())
    two = roster.add_person(name="Пётр", actor=make.system())
    assert (one.email, two.email) == (None, None)
    roster.edit_person(one, email="p@clinic.example", actor=make.system())
    with pytest.raises(roster.Refused) as refused:
        roster.edit_person(two, email="P@clinic.example", actor=make.system())
    assert refused.value.field == "email"


@pytest.mark.parametrize("field", ["is_superuser", "password", "created_at", "last_login", "id", "email_verified"])
def test_s_28_a_field_that_people_do_not_have_is_refused_and_noted(field):
    anna = make.person()
    with pytest.raises(roster.UnknownField):
        roster.edit_person(anna, actor=make.system(), phone="1", **{field: "x"})
    anna.refresh_from_db()
    assert anna.phone == ""
    assert Entry.objects.get(kind="access.unknown_fields").payload["names"] == [field]


@pytest.mark.parametrize("giver", ["agent", "lead", "manager", "nobody"])
def test_nobody_but_an_administrator_gives_roles(giver):
    who = {
        "agent": make.agent,
        "lead": lambda: make.agent(role="lead"),
        "manager": make.manager,
        "nobody": make.person,
    }[giver]()
    other = make.person()
    with pytest.raises(roster.Refused):
        roster.edit_person(other, roles=["auditor"], actor=make.actor(who))
    other.refresh_from_db()
    assert other.roles == []
    assert Entry.objects.get(kind="access.grant_refused").payload["person"] == who.pk


def test_an_administrator_gives_roles_to_others_but_not_to_himself():
    admin, other = make.admin(), make.person()
    assert roster.edit_person(other, roles=["service_manager"], actor=make.actor(admin)).roles == ["service_manager"]
    with pytest.raises(roster.Refused):
        roster.edit_person(admin, roles=["admin", "service_manager"], actor=make.actor(admin))


def test_the_last_administrator_stays():
    admin = make.admin()
    for values in ({"roles": []}, {"is_active": False}):
        with pytest.raises(roster.Refused):
            roster.edit_person(admin, actor=make.system(), **values)
    make.admin(is_active=False)
    with pytest.raises(roster.Refused):
        roster.edit_person(admin, roles=[], actor=make.system())
    make.admin()
    assert roster.edit_person(admin, roles=[], actor=make.system()).roles == []


def test_whoever_holds_work_hands_it_over_before_leaving(monkeypatch):
    held = ["Ольга держит 2 обращения"]
    monkeypatch.setattr(roster, "obstacles", [lambda person: held])
    team = make.team()
    agent = make.agent(team=team)
    for leave in (
        lambda: roster.deactivate_person(agent, actor=make.system()),
        lambda: roster.leave(team, agent, actor=make.system()),
    ):
        with pytest.raises(roster.Refused) as refused:
            leave()
        assert refused.value.texts == tuple(held)
    held.clear()
    roster.deactivate_person(agent, actor=make.system())
    assert not rights_of(Person.objects.get(pk=agent.pk)).roles


def test_deactivating_ends_links_and_tokens():
    from otklik.people import mailed

    agent = make.agent()
    token(agent)
    mailed.invite(agent, actor=make.system())
    roster.deactivate_person(agent, actor=make.system())
    assert ApiToken.objects.get().revoked_at is not None
    assert not agent.mailed_links.filter(used_at=None).exists()


def test_paths_of_places_follow_names_and_moves():
    system = make.system()
    house = roster.add_place(name="Корпус 1", kind="building", actor=system)
    floor = roster.add_place(name="3 этаж", kind="floor", parent=house, actor=system)
    room = roster.add_place(name="314", parent=floor, actor=system)
    assert room.path == "Корпус 1, 3 этаж, 314"
    other = roster.add_place(name="Корпус 2", kind="building", actor=system)
    roster.edit_place(floor, parent=other, actor=system)
    assert Place.objects.get(pk=room.pk).path == "Корпус 2, 3 этаж, 314"
    roster.edit_place(other, name="Новый корпус", actor=system)
    assert Place.objects.get(pk=room.pk).path == "Новый корпус, 3 этаж, 314"
    with pytest.raises(roster.Refused):
        roster.edit_place(Place.objects.get(pk=other.pk), parent=Place.objects.get(pk=room.pk), actor=system)


def test_one_team_is_the_service_desk():
    system = make.system()
    first = roster.add_team(name_ru="1", name_en="1", is_default=True, actor=system)
    second = roster.add_team(name_ru="2", name_en="2", is_default=True, actor=system)
    assert list(Team.objects.filter(is_default=True)) == [second]
    assert changes("team", first.pk) == [{"is_default": [True, False]}]
    with pytest.raises(roster.Refused):
        roster.edit_team(second, is_active=False, actor=system)


def test_a_service_manager_seats_people_and_an_agent_does_not():
    team, anna = make.team(), make.person()
    roster.join(team, anna, role="lead", actor=make.actor(make.manager()))
    assert Membership.objects.get().role == "lead"
    assert changes("team", team.pk) == [{f"member:{anna.pk}": [None, {"role": "lead", "accepts_auto": True}]}]
    with pytest.raises(roster.Refused):
        roster.join(team, make.person(), actor=make.actor(make.agent()))


def test_an_organisation_with_people_is_not_put_away():
    clinic = roster.add_organisation(name="Клиника", domains=["clinic.example"], actor=make.system())
    make.person(organisation=clinic)
    with pytest.raises(roster.Refused):
        roster.edit_organisation(clinic, is_active=False, actor=make.system())
    assert Organisation.objects.get().is_active


def test_the_journal_of_people_verifies():
    admin = make.admin()
    anna = roster.add_person(name="Анна", actor=make.actor(admin))
    roster.edit_person(anna, roles=["auditor"], actor=make.actor(admin))
    assert not list(seal.verify())
