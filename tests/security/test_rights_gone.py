"""S-27: no way around the second factor, and rights that are taken are gone at the next call."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from otklik import clock
from otklik.api.tests.call import Api, by, token
from otklik.journal.record import SYSTEM, Actor
from otklik.people import standing
from otklik.people.clients import client_of
from otklik.people.models import ApiToken, Person, SecondFactor
from otklik.tickets import access, desk
from otklik.tickets.refusal import Forbidden
from otklik.tickets.tests import make
from tests.security.world import signed_in

pytestmark = pytest.mark.django_db


def test_s27_a_token_made_before_the_second_factor_opens_nothing():
    agent = make.agent()
    secret = token(agent)
    assert Api(secret).get("/me").status_code == 200
    SecondFactor.objects.create(person=agent, secret="sealed", created_at=clock.now() + timedelta(seconds=1))
    assert Api(secret).get("/me").status_code == 401
    with clock.at(clock.now() + timedelta(seconds=2)):
        assert by(agent).get("/me").status_code == 200


def test_s27_where_staff_need_a_second_factor_neither_token_nor_session_goes_without():
    agent, vera = make.agent(), make.person()
    secret, browser = token(agent), signed_in(agent)
    session = browser.session
    del session["second_factor"]
    session.save()
    assert browser.get("/api/v1/me").status_code == 200
    standing.settle(second_factor_for_staff=True, actor=SYSTEM)
    assert browser.get("/api/v1/me").status_code == 401
    assert Api(secret).get("/me").status_code == 401
    assert by(vera).get("/me").status_code == 200  # requesters are not asked


def test_s27_whoever_is_disabled_is_out_at_once_on_web_and_api():
    agent = make.agent()
    secret, browser = token(agent), signed_in(agent)
    assert (Api(secret).get("/me").status_code, browser.get("/api/v1/me").status_code) == (200, 200)
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    assert (Api(secret).get("/me").status_code, browser.get("/api/v1/me").status_code) == (401, 401)


def test_s27_whoever_is_demoted_reads_nothing_more_at_once():
    agent, ticket = make.agent(), make.ticket()
    secret, browser = token(agent), signed_in(agent)
    address = f"/api/v1/tickets/{ticket.number}"
    assert browser.get(address).json()["audience"] == "internal"
    agent.memberships.all().delete()
    assert browser.get(address).status_code == 404
    assert Api(secret).get(f"/tickets/{ticket.number}").status_code == 404


def test_s27_a_command_that_waited_is_judged_by_the_rights_of_now():
    agent, ticket = make.agent(), make.ticket(status="pending")
    token(agent)
    row = ApiToken.objects.latest("pk")
    stored = Actor(kind="client", id=str(row.pk))  # as a job reads it back from the journal
    assert access.may(stored, "resume", ticket)
    agent.memberships.all().delete()
    with pytest.raises(Forbidden):
        desk.resume(ticket, actor=stored)
    ApiToken.objects.filter(pk=row.pk).update(revoked_at=clock.now())
    assert client_of(stored) is None


def test_s27_a_password_over_http_is_no_session():
    agent = make.agent(email="a@clinic.example")
    agent.set_password("correct horse battery")
    agent.save()
    basic = base64.b64encode(b"a@clinic.example:correct horse battery").decode()
    browser = signed_in(None)
    for address in ("/api/v1/me", "/me"):
        answer = browser.get(address, headers={"Authorization": f"Basic {basic}"})
        assert answer.status_code in {401, 302}
