"""Keys of API clients: shown once, scoped, ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from otklik import clock
from otklik.journal.models import Entry
from otklik.people import clients, secondfactor, tokens
from otklik.people.models import ApiToken, Person
from otklik.people.refusal import Refused
from otklik.people.tests import make

pytestmark = pytest.mark.django_db


def token(owner: Person, days: int = 30, scopes: tuple[str, ...] = ("tickets.read",)) -> tuple[ApiToken, str]:
    ends = clock.now() + timedelta(days=days)
    return tokens.issue(name="Монитор", owner=owner, scopes=scopes, expires_at=ends, actor=make.system())


def test_the_secret_is_shown_once_and_not_kept():
    owner = make.agent()
    one, secret = token(owner)
    assert clients.recognise(secret).token == one.pk
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in str(list(Entry.objects.values_list("payload", flat=True)))
    assert clients.recognise("") is None
    assert clients.recognise(secret + "x") is None
    assert clients.recognise(one.digest) is None


def test_a_token_ends_with_its_time_its_owner_or_a_word():
    owner = make.agent()
    one, secret = token(owner)
    with clock.at(clock.now() + timedelta(days=31)):
        assert clients.recognise(secret) is None
    Person.objects.filter(pk=owner.pk).update(is_active=False)
    assert clients.recognise(secret) is None
    Person.objects.filter(pk=owner.pk).update(is_active=True)
    tokens.revoke(one, actor=make.system())
    assert clients.recognise(secret) is None


@pytest.mark.parametrize(
    ("days", "scopes"), [(400, ("tickets.read",)), (0, ("tickets.read",)), (30, ()), (30, ("all",))]
)
def test_a_token_without_end_or_scope_is_refused(days, scopes):
    with pytest.raises(Refused):
        token(make.agent(), days, scopes)


def test_s_27_a_token_is_made_only_after_a_fresh_second_factor():
    admin = make.admin(password=make.PASSWORD)
    client = Client()
    client.post("/sign-in", {"email": admin.email, "password": make.PASSWORD})
    assert client.get("/settings/tokens").status_code == 200
    secret = secondfactor.draft(admin).secret
    code = secondfactor._totp(secret).generate(int(clock.now().timestamp())).decode()
    codes = secondfactor.turn_on(admin, secret, code)
    assert client.get("/settings/tokens").headers["Location"].startswith("/me/second-factor/again")
    answer = client.post("/me/second-factor/again?next=/settings/tokens", {"code": codes[0]})
    assert answer.headers["Location"] == "/settings/tokens"
    values = {"name": "Монитор", "owner": admin.pk, "scopes": ["tickets.read"], "days": "30"}
    page = client.post("/settings/tokens", values)
    assert page.status_code == 200
    assert "otk_" in page.content.decode()
    assert "otk_" not in client.get("/settings/tokens").content.decode()
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert client.post("/settings/tokens", values).status_code == 303
    assert ApiToken.objects.count() == 1
