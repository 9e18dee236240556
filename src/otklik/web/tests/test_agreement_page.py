"""The agreement in plain words: what it says to whom, and who may accept it for which organisation."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from otklik import clock
from otklik.journal import config
from otklik.journal.models import Entry
from otklik.journal.record import SYSTEM
from otklik.people.models import Organisation, Person
from otklik.sla import shipped
from otklik.sla.models import Acceptance, Agreement, AgreementVersion, Target
from otklik.sla.publishing import publish
from otklik.tickets import policy
from otklik.tickets.tests import make

ACCEPTANCE = "/agreement/acceptance"


def client_of(person: Person, language: str = "en") -> Client:
    """The person, signed in; pages in a language."""
    person.language = language
    person.save()
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def words(client: Client, address: str = "/agreement") -> str:
    """The page as text on one line."""
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))).replace("\u00a0", " ")


@pytest.fixture
def agreed(db: None) -> AgreementVersion:
    """The shipped agreement with customers, its first version."""
    shipped.ensure_defaults("ru")
    return AgreementVersion.objects.get(agreement__code="desk")


@pytest.fixture
def clinic(agreed: AgreementVersion) -> Organisation:
    """A customer."""
    return make.organisation("Clinic")


def manager_of(*organisations: Organisation) -> Person:
    """Somebody who represents organisations."""
    person: Person = make.person("Anna Speaker", organisation=organisations[0], roles=["org_manager"])
    person.manages.set(organisations)
    return person


def again(version: AgreementVersion, **values: int) -> AgreementVersion:
    """The next version of an agreement, with other solution times by priority."""
    targets = list(version.targets.all())
    for target in targets:
        if target.metric == "resolution" and target.priority in values and not target.type:
            target.value = values[target.priority]
    return publish(version.agreement, targets, valid_from=clock.now(), actor=SYSTEM)


def form(version: AgreementVersion, organisation: Organisation) -> dict[str, str]:
    """What the button sends."""
    return {"organisation": str(organisation.pk), "version": str(version.pk)}


def test_a_requester_reads_times_hours_and_duties_without_codes(clinic: Organisation) -> None:
    text = words(client_of(make.person(organisation=clinic)))
    for said in (
        "Work has stopped: several departments or all",
        "around the clock",
        "Answer our questions within 10 working days",
        "We remind you after 2 working days and 5 working days",
        "is solved within 5 working days",
        "while we wait for your answer to our question",
        "waiting for our suppliers",
        "version 1",
        "Nobody has accepted this version for your organisation yet.",
    ):
        assert said in text
    assert not re.search(r"\bP[1-4]\b|SLA|first_response", text)
    assert "Accept version" not in text


def test_the_days_are_those_of_the_timers_in_force(clinic: Organisation) -> None:
    config.publish(policy.TIMERS_NAME, {"no_response_bd": 7}, actor=SYSTEM)
    assert "within 7 working days, or the request is closed without" in words(client_of(make.person()))


def test_a_representative_accepts_once_and_it_is_on_record(clinic: Organisation, agreed: AgreementVersion) -> None:
    person = manager_of(clinic)
    client = client_of(person)
    assert "Accept version 1" in words(client)
    assert not Acceptance.objects.exists()
    for _time in range(2):
        assert client.post(ACCEPTANCE, form(agreed, clinic)).status_code == 303
    row = Acceptance.objects.get()
    assert (row.version, row.organisation, row.person) == (agreed, clinic, person)
    entry = Entry.objects.get(kind="agreement.accepted")
    assert (entry.subject_id, entry.payload["number"], entry.payload["organisation"]) == ("desk", 1, clinic.pk)
    assert "Accepted by Anna Speaker" in words(client)
    assert "Accepted by Anna Speaker" in words(client_of(make.person(organisation=clinic)))


def test_nobody_else_can_accept(clinic: Organisation, agreed: AgreementVersion) -> None:
    stranger = manager_of(make.organisation("Other"))
    requester = make.person(organisation=clinic)
    for person in (stranger, requester, make.agent(), make.person(roles=["service_manager"])):
        assert client_of(person).post(ACCEPTANCE, form(agreed, clinic)).status_code == 404
    manager = client_of(manager_of(clinic))
    assert manager.get(ACCEPTANCE).status_code == 405
    for wrong in ({"organisation": "x"}, {"version": "0"}, {"version": ""}, {"organisation": "²"}):
        assert manager.post(ACCEPTANCE, form(agreed, clinic) | wrong).status_code == 404
    teams = AgreementVersion.objects.get(agreement__code=shipped.TEAMS)
    assert manager.post(ACCEPTANCE, form(teams, clinic)).status_code == 404
    assert not Acceptance.objects.exists()
    assert not Entry.objects.filter(kind="agreement.accepted").exists()


def test_a_new_version_asks_again_and_says_only_what_differs(clinic: Organisation, agreed: AgreementVersion) -> None:
    client = client_of(manager_of(clinic))
    client.post(ACCEPTANCE, form(agreed, clinic))
    newest = again(agreed, P3=8 * 3600)
    text = words(client)
    assert "What changed since the version before Solution or a way round" in text
    assert "16 h → 8 h" in text
    assert text.count("→") == 1
    assert "Accept version 2" in text
    assert client.post(ACCEPTANCE, form(agreed, clinic)).status_code == 404
    assert client.post(ACCEPTANCE, form(newest, clinic)).status_code == 303
    assert Acceptance.objects.count() == 2


def test_what_is_agreed_with_another_is_shown_to_them_alone(clinic: Organisation, agreed: AgreementVersion) -> None:
    other, part = make.organisation("Other"), Organisation.objects.create(name="Ward", parent=clinic)
    own = [*agreed.targets.all()]
    office = own[0].calendar_id
    own += [
        Target(metric="first_response", organisation=clinic, priority="P4", value=3 * 3600 + 60, calendar_id=office)
    ]
    publish(agreed.agreement, own, valid_from=clock.now(), actor=SYSTEM)
    assert "3 h 1 min" in words(client_of(make.person(organisation=clinic)))
    assert "3 h 1 min" in words(client_of(make.person(organisation=part)))
    told = words(client_of(make.person(organisation=other)))
    assert "3 h 1 min" not in told
    assert "Nothing changed for you since the version before." in told


def test_a_service_with_times_of_its_own_is_named(clinic: Organisation, agreed: AgreementVersion) -> None:
    service = make.service("Printing")
    own = [*agreed.targets.all()]
    own += [Target(metric="resolution", service=service, value=7 * 3600, calendar_id=own[0].calendar_id)]
    publish(agreed.agreement, own, valid_from=clock.now(), actor=SYSTEM)
    text = words(client_of(make.person(organisation=clinic)))
    assert service.name in text
    assert "nothing promised → 7 h" in text


def test_a_version_for_later_can_be_read_and_accepted_before_it_holds(
    clinic: Organisation, agreed: AgreementVersion
) -> None:
    start = clock.now() + timedelta(days=30)
    later = publish(agreed.agreement, [*agreed.targets.all()], valid_from=start, actor=SYSTEM)
    client = client_of(manager_of(clinic))
    assert "Holds for what is reported from" in words(client)
    assert client.post(ACCEPTANCE, form(later, clinic)).status_code == 303
    assert "Accept version 1" in words(client)


def test_each_organisation_that_one_represents_has_its_own_button(
    clinic: Organisation, agreed: AgreementVersion
) -> None:
    other = make.organisation("Other")
    client = client_of(manager_of(clinic, other))
    client.post(ACCEPTANCE, form(agreed, other))
    text = words(client)
    assert text.count("Accept version 1") == 1
    assert "You accept for Clinic." in text


def test_the_settings_say_who_accepted_and_who_did_not(clinic: Organisation, agreed: AgreementVersion) -> None:
    other, _mute = make.organisation("Other"), make.organisation("Mute")
    client_of(manager_of(clinic)).post(ACCEPTANCE, form(agreed, clinic))
    manager_of(other)
    boss = client_of(make.person(roles=["service_manager"]))
    text = words(boss, "/settings/agreements/desk")
    assert "Clinic: accepted by Anna Speaker" in text
    assert "Not accepted yet: Other" in text
    assert "no representative who could accept" in text
    assert "Not accepted yet" not in words(boss, f"/settings/agreements/{shipped.TEAMS}")


def test_without_an_agreement_the_page_says_so(db: None) -> None:
    assert not Agreement.objects.exists()
    assert "No times are agreed yet" in words(client_of(make.person()))


def test_the_page_is_reached_from_the_navigation_and_the_promise(clinic: Organisation) -> None:
    client = client_of(make.person(organisation=clinic))
    assert client.get("/").content.decode().count('href="/agreement"') >= 1
    assert b'href="/agreement"' in client.get("/report/promise").content
    russian = words(client_of(make.person(), "ru"))
    assert "Что мы обещаем" in russian
    assert "Есть обходной путь: только вы или ваш отдел" in russian
