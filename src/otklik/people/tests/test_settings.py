"""The settings pages: what each offers, keeps, refuses and brings back; who sees them; what surrounds every answer."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from otklik.journal.models import Entry
from otklik.people import roster, standing
from otklik.people.models import Membership, Organisation, Person, Place, Team
from otklik.people.tests import make
from otklik.ui.doors import is_public

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Person:
    return make.admin(name="Ольга Сергеева")


@pytest.fixture
def site(admin) -> Client:
    return signed_in(admin)


def signed_in(person: Person) -> Client:
    from otklik import clock

    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


PERSON = {
    "name": "Анна",
    "email": "anna@clinic.example",
    "language": "ru",
    "timezone": "Europe/Moscow",
    "is_active": "on",
}


def test_a_person_is_added_changed_and_brought_back(site):
    assert site.post("/settings/people/new", PERSON).status_code == 302
    anna = Person.objects.get(email="anna@clinic.example")
    assert (
        site.post(f"/settings/people/{anna.pk}", PERSON | {"phone": "12-34", "roles": ["auditor"]}).status_code == 302
    )
    page = site.get(f"/settings/people/{anna.pk}").content.decode()
    assert "Ольга Сергеева" in page
    assert "<b>12-34</b>" in page
    added = Entry.objects.get(kind="record.added", subject_kind="person", subject_id=str(anna.pk))
    assert site.post(f"/settings/people/{anna.pk}/versions/{added.seq}").status_code == 302
    anna.refresh_from_db()
    assert (anna.phone, anna.roles) == ("", [])


def test_what_is_refused_stands_at_its_field(site, admin):
    values = PERSON | {"name": admin.name, "email": admin.email}
    answer = site.post(f"/settings/people/{admin.pk}", values)
    assert answer.status_code == 422
    assert 'id="id_roles-error"' in answer.content.decode()
    admin.refresh_from_db()
    assert admin.roles == ["admin"]


@pytest.mark.parametrize("field", ["is_superuser", "role", "organisation_id", "created_at", "visibility", "password"])
def test_s_28_a_form_with_a_field_of_its_own_making_changes_nothing_and_is_noted(site, field):
    answer = site.post("/settings/people/new", PERSON | {field: "1"})
    assert answer.status_code == 422
    assert not Person.objects.filter(email="anna@clinic.example").exists()
    fact = Entry.objects.get(kind="access.unknown_fields")
    assert (fact.payload["names"], fact.actor_kind) == ([field], "person")
    me = site.post("/me", {"language": "en", "timezone": "UTC", field: "1"})
    assert me.status_code == 422


def test_an_invitation_is_mailed_from_the_persons_page(site):
    from otklik.outbox.models import Delivery

    anna = make.person()
    assert site.post(f"/settings/people/{anna.pk}/invitation").status_code == 303
    assert Delivery.objects.get().recipient == anna.email
    nobody = make.person(email=None)
    assert site.post(f"/settings/people/{nobody.pk}/invitation").status_code == 303
    assert Delivery.objects.count() == 1


def test_organisations_places_and_teams_are_kept(site):
    site.post(
        "/settings/organisations/new", {"name": "Клиника", "domains": "Clinic.example, @lab.example", "is_active": "on"}
    )
    assert Organisation.objects.get().domains == ["clinic.example", "lab.example"]
    assert site.post("/settings/organisations/new", {"name": "x", "domains": "не домен"}).status_code == 422
    site.post("/settings/places/new", {"name": "Корпус 1", "kind": "building", "is_active": "on"})
    house = Place.objects.get()
    site.post("/settings/places/new", {"name": "314", "kind": "room", "parent": house.pk, "is_active": "on"})
    assert Place.objects.get(name="314").path == "Корпус 1, 314"
    anna, boris = make.person("Анна"), make.person("Борис")
    team = {"name_ru": "Сеть", "name_en": "Network", "members": [anna.pk], "leads": [boris.pk], "is_active": "on"}
    site.post("/settings/teams/new", team)
    one = Team.objects.get()
    assert set(one.memberships.values_list("person", "role")) == {(anna.pk, "member"), (boris.pk, "lead")}
    site.post(f"/settings/teams/{one.pk}", team | {"members": [], "leads": [boris.pk]})
    assert list(Membership.objects.values_list("person", flat=True)) == [boris.pk]
    page = site.get(f"/settings/teams/{one.pk}").content.decode()
    assert "Анна" in page
    for name in ("organisations", "places", "teams", "people"):
        assert site.get(f"/settings/{name}").status_code == 200
    assert site.get(f"/settings/places/{house.pk}").status_code == 200


def test_a_place_in_a_team_has_a_share_and_may_refuse_the_machine_and_keeps_its_history(site):
    anna = make.person("Анна Ким")
    one = make.team(name="Сеть")
    seat = Membership.objects.create(team=one, person=anna)
    address = f"/settings/seats/{seat.pk}"
    assert "Анна Ким" in site.get("/settings/seats").content.decode()
    assert site.post(address, {"share": "0"}).status_code == 422
    assert site.post(address, {"share": "40", "accepts_auto": "on"}).status_code == 302
    first = Entry.objects.filter(subject_kind="team", subject_id=str(one.pk)).latest("seq")
    site.post(address, {"share": "25"})
    seat.refresh_from_db()
    assert (seat.share, seat.accepts_auto, seat.role) == (25, False, "member")
    page = site.get(address).content.decode()
    assert "Участник, не по очереди, 25 % времени" in page
    assert "Участник, 40 % времени" in page
    assert "25 % времени" in site.get(f"/settings/teams/{one.pk}").content.decode(), "the team's history tells it, too"
    assert site.post(f"{address}/versions/{first.seq}").status_code == 302
    seat.refresh_from_db()
    assert (seat.share, seat.accepts_auto) == (40, True)


def test_the_desk_has_a_name_and_an_address_for_links(site):
    values = {"name": "Клиника", "base_url": "https://help.clinic.example/", "language": "en", "timezone": "Asia/Omsk"}
    assert site.post("/settings/desk/desk", values).status_code == 302
    assert standing.link("/x") == "https://help.clinic.example/x"
    assert standing.desk().timezone == "Asia/Omsk"
    assert site.post("/settings/desk/desk", values | {"base_url": "javascript:alert(1)"}).status_code == 422
    site.post("/settings/desk/desk", values | {"name": "Больница"})
    page = site.get("/settings/desk/desk").content.decode()
    assert "<s>Клиника</s>" in page
    assert site.post("/settings/desk/desk/versions/1").status_code == 302
    assert standing.desk().name == "Клиника"
    answer = Client().get("/sign-in", headers={"host": "help.clinic.example"})
    assert "Клиника" in answer.content.decode()


def test_the_first_start_names_what_is_left(site):
    page = site.get("/settings/start").content.decode()
    assert 'aria-current="step"' in page
    assert site.get("/settings").headers["Location"] == "/settings/start"


def test_my_settings_are_my_own(site, admin):
    values = {"language": "en", "timezone": "Asia/Tokyo", "theme": "dark", "letter_keys": ""}
    assert site.post("/me", values).status_code == 303
    admin.refresh_from_db()
    assert (admin.language, admin.timezone, admin.theme, admin.letter_keys) == ("en", "Asia/Tokyo", "dark", False)
    page = site.get("/me").content.decode()
    assert 'lang="en" data-theme="dark"' in page
    site.post("/language", {"language": "ru", "next": "/me"})
    site.post("/theme", {"theme": "light", "next": "/me"})
    admin.refresh_from_db()
    assert (admin.language, admin.theme) == ("ru", "light")
    assert site.post("/me/password", {"password": "кофе облако рельсы"}).status_code == 303


def test_the_second_factor_is_turned_on_with_a_proof_and_off_after_one(site, admin):
    from otklik import clock
    from otklik.people import secondfactor

    page = site.get("/me/second-factor").content.decode()
    secret = site.session["second_factor_draft"]
    assert secret in page
    assert site.get("/me/second-factor/picture").headers["Content-Type"] == "image/svg+xml"
    assert site.post("/me/second-factor", {"code": "000000"}).status_code == 422
    code = secondfactor._totp(secret).generate(int(clock.now().timestamp())).decode()
    assert site.post("/me/second-factor", {"code": code}).content.decode().count("<code>") == 10
    assert secondfactor.on(admin)
    assert site.post("/me/second-factor/codes").status_code == 200
    assert site.post("/me/second-factor/off").status_code == 303
    assert not secondfactor.on(admin)


def test_staff_are_led_to_a_second_factor_where_the_desk_demands_one(site):
    standing.settle(second_factor_for_staff=True, actor=make.system())
    assert site.get("/settings/people").headers["Location"] == "/me/second-factor"
    assert site.get("/me/second-factor").status_code == 200
    assert signed_in(make.person()).get("/me").status_code == 200


@pytest.mark.parametrize("who", ["requester", "agent", "manager", "auditor"])
def test_only_those_whose_roles_allow_it_see_a_settings_page(who):
    person = {"requester": make.person, "agent": make.agent, "manager": make.manager}.get(
        who, lambda: make.person(roles=["auditor"])
    )()
    client = signed_in(person)
    allowed = {"manager": {"organisations", "places", "teams", "start", "services", "priorities"}}.get(who, set())
    unknown = client.get("/settings/nothing/1")
    for name in (
        "people",
        "organisations",
        "places",
        "teams",
        "desk",
        "tokens",
        "start",
        "services",
        "priorities",
        "people/import",
    ):
        answer = client.get(f"/settings/{name}")
        assert answer.status_code == (200 if name in allowed else 404), name
        if name not in allowed:
            assert words(answer) == words(unknown)
    assert client.get("/settings").status_code == (302 if allowed else 404)


def words(answer) -> str:
    return re.sub(r'(content|value)="[^"]*"', "", answer.content.decode())


def routes(patterns=None, prefix=""):
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        if hasattr(one, "url_patterns"):
            yield from routes(one.url_patterns, prefix + str(one.pattern))
        else:
            yield prefix + str(one.pattern), one.callback


PUBLIC = {
    "language", "theme", "sign-in", "sign-in/code", "sign-out", "password/forgotten", "password/<str:secret>",
    "invitations/<str:secret>", "setup",
}  # fmt: skip
OURS = ("language", "theme", "sign-in", "sign-out", "password", "invitations", "setup", "me", "settings")


def test_every_page_asks_for_a_sign_in_but_those_listed_here():
    make.admin()
    client, seen = Client(), set()
    for route, view in routes():
        if route.split("/")[0] not in OURS:
            continue
        if is_public(view):
            seen.add(route)
            continue
        path = "/" + re.sub(r"<(?:\w+:)?\w+>", "1", route)
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code in {302, 303}, path
            assert answer.headers["Location"].startswith("/sign-in"), path
            assert answer.headers["Cache-Control"] == "private, no-store"
    assert seen == PUBLIC


WRITES = ["/sign-out", "/language", "/theme", "/settings/people/1/invitation", "/settings/people/1/versions/1",
          "/settings/tokens/1/revocation", "/me/second-factor/off", "/me/second-factor/codes"]  # fmt: skip


@pytest.mark.parametrize("path", WRITES)
def test_s_34_a_write_by_get_is_not_allowed(site, path):
    assert site.get(path).status_code == 405


FORMS = ["/sign-in", "/setup", "/password/forgotten", "/me", "/me/password", "/settings/people/new",
         "/settings/desk/desk", "/settings/tokens", "/settings/people/import"]  # fmt: skip


@pytest.mark.parametrize("path", [*WRITES, *FORMS])
def test_s_34_a_write_from_another_site_is_refused(admin, path):
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(admin).cookies
    answer = client.post(path, {"name": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/me", "/settings/people", "/nowhere", "/settings/people/999999"])
def test_s_34_no_page_is_framed_kept_or_open_to_foreign_scripts(site, path):
    answer = site.get(path)
    assert answer.headers["X-Frame-Options"] == "DENY"
    policy = answer.headers["Content-Security-Policy"]
    for part in ("frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'", "default-src 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_bad_host_and_a_broken_page_are_answered_by_plain_pages(site):
    answer = Client().get("/sign-in", headers={"host": "evil.example"})
    assert (answer.status_code, answer.headers["X-Frame-Options"]) == (400, "DENY")


@pytest.mark.parametrize("name", ["people", "organisations", "places", "teams"])
def test_a_list_asks_as_often_for_many_rows_as_for_one(site, queries, name):
    def add(n: int) -> None:
        clinic = roster.add_organisation(name=f"Клиника {n}", actor=make.system())
        make.agent(organisation=clinic, team=make.team())
        roster.add_place(name=f"Корпус {n}", actor=make.system())

    def asked() -> int:
        site.get("/me")  # the session settles, and the desk's settings are read, which are known for some seconds
        return queries.count(lambda: site.get(f"/settings/{name}"))

    add(0)
    one = asked()
    for n in range(1, 8):
        add(n)
    assert asked() == one
