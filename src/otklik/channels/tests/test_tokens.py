"""Mailboxes that sign in by OAuth 2.0: a real Dovecot asks a real HTTP server about the tokens it gave us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from otklik import clock
from otklik.channels import mailboxes
from otklik.channels.email import tokens, watching
from otklik.channels.email.server import Trouble
from otklik.channels.models import AccessToken, Inbound
from otklik.channels.tests import make
from otklik.channels.tests.dovecot import Dovecot
from otklik.egress.tests.provider import Provider, running
from otklik.journal.models import Entry
from otklik.outbox.vault import seal, unseal
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    with running() as one:
        yield one


@pytest.fixture
def server(provider: Provider) -> Iterator[Dovecot]:
    one = Dovecot(tokens_at=f"{provider.url}/introspect")
    yield one
    one.close()


def by_token(provider: Provider, **values: object) -> dict[str, object]:
    told = {
        "sign_in": "oauth2",
        "token_url": f"{provider.url}/token",
        "client_id": "otklik",
        "client_secret": seal("shh"),
    }
    return told | {"refresh_token": seal("refresh-0")} | values


def alarms() -> list[str]:
    return list(Entry.objects.filter(kind="mail.alarm").order_by("pk").values_list("payload__what", flat=True))


def test_letters_are_read_with_a_token_that_is_fetched_once(provider, server):
    box = server.mailbox(**by_token(provider))
    server.deliver(make.letter(), make.letter())
    assert watching.look_once(box) == 2
    server.deliver(make.letter())
    assert watching.look_once(box) == 1
    assert (provider.given, Inbound.objects.count(), alarms()) == (1, 3, [])
    assert provider.asked[0]["grant_type"] == ["refresh_token"]
    kept = AccessToken.objects.get()
    assert "access-1" not in kept.token and unseal(kept.token) == "access-1"


def test_a_token_is_renewed_at_half_its_life_with_the_refresh_token_given_last(provider):
    box = make.mailbox("cloud", **by_token(provider))
    assert tokens.access_token(box) == "access-1"
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert tokens.access_token(box) == "access-2"
    assert provider.asked[1]["refresh_token"] == ["refresh-1"]


def test_a_refusal_raises_an_alarm_while_mail_still_comes_and_stops_it_only_at_the_end(provider, server):
    box = server.mailbox(**by_token(provider))
    server.deliver(make.letter())
    assert watching.look_once(box) == 1
    provider.refuses = True
    began = clock.now()
    server.deliver(make.letter())
    with clock.at(began + timedelta(minutes=31)):
        assert watching.look_once(box) == 1  # by the old token
        assert alarms() == ["token"]
    with clock.at(began + timedelta(minutes=62)), pytest.raises(Trouble) as trouble:
        watching.look_once(box)
    assert trouble.value.code == "token_refused"
    assert "revoked" in trouble.value.detail


def test_a_provider_that_keeps_silent_is_asked_again_without_an_alarm(provider):
    box = make.mailbox("cloud", **by_token(provider))
    tokens.access_token(box)
    box.token_url = "http://127.0.0.1:9/token"
    with clock.at(clock.now() + timedelta(minutes=40)):
        assert tokens.access_token(box) == "access-1"
    assert alarms() == []


def test_a_refresh_token_that_ends_within_a_week_raises_an_alarm(provider):
    provider.refresh_life = 3 * 24 * 3600
    tokens.access_token(make.mailbox("cloud", **by_token(provider)))
    assert alarms() == ["token_ends"]


def test_new_settings_forget_what_the_provider_gave_and_no_secret_is_told(provider):
    box = make.mailbox("cloud", **by_token(provider))
    tokens.access_token(box)
    mailboxes.change(box, actor=tickets.actor(tickets.agent()), refresh_token="another-one")
    assert not AccessToken.objects.exists()
    told = Entry.objects.filter(subject_kind="mailbox").order_by("-pk").first()
    assert "another-one" not in json.dumps(told.payload)
    box.refresh_from_db()
    assert unseal(box.refresh_token) == "another-one"
