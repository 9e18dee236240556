"""Signing in to the mail server by OAuth 2.0: a real SMTP server asks the provider about the tokens it gave us."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from otklik import clock
from otklik.egress.tests.provider import Provider, running
from otklik.jobs import drain
from otklik.journal.models import Entry
from otklik.outbox import posting, probe, sender, tokens
from otklik.outbox.models import Delivery, Sender, SenderToken, State
from otklik.outbox.tests import make
from otklik.outbox.tests.sink import Sink, _Controller, _Server
from otklik.outbox.vault import seal, unseal

pytestmark = pytest.mark.django_db


class _TokenServer(_Server):
    """Takes letters only from those who signed in by XOAUTH2 with a token that the provider vouches for."""

    def __init__(self, provider: Provider, *args: Any, **options: Any) -> None:
        super().__init__(*args, auth_required=True, auth_require_tls=False, **options)
        self.provider = provider

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """As Google and Microsoft do: a refusal is told in a challenge first, and the client has to answer it."""
        told = base64.b64decode(args[1]).decode()
        user, token = told.removesuffix("\x01\x01").split("\x01")
        if user == "user=desk@clinic.example" and self.provider.knows(token.removeprefix("auth=Bearer ")):
            return AuthResult(success=True, auth_data=user)
        answer = await self.challenge_auth('{"status":"400","schemes":"bearer"}')
        assert answer == b""
        return AuthResult(success=False, handled=False)


class _TokenController(_Controller):
    provider: Provider

    def factory(self) -> SMTP:
        return _TokenServer(self.provider, self.sink, self.handler, hostname="sink.example", ident="sink")


class TokenSink(Sink):
    """The sink behind a sign-in by token."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.controller = _TokenController(self)
        self.controller.provider = provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    with running() as one:
        yield one


@pytest.fixture
def sink(provider: Provider) -> Iterator[TokenSink]:
    with TokenSink(provider) as one:
        yield one


def by_token(provider: Provider, sink: Sink | None = None, **values: Any) -> Sender:
    told = {"user": "desk@clinic.example", "sign_in": "oauth2", "token_url": f"{provider.url}/token"}
    told |= {"client_id": "otklik", "client_secret": "shh", "refresh_token": "refresh-0"}
    return make.mail_set_up(sink, **(told | values))


def alarms() -> list[str]:
    return list(Entry.objects.filter(kind="sender.alarm").order_by("pk").values_list("payload__what", flat=True))


def test_letters_leave_with_a_token_that_is_fetched_once(provider, sink):
    by_token(provider, sink)
    posting.post(make.letter("anna@clinic.example"), make.letter("boris@clinic.example"))
    drain()
    assert {taken.recipient for taken in sink.record} == {"anna@clinic.example", "boris@clinic.example"}
    assert (provider.given, alarms()) == (1, [])
    kept = SenderToken.objects.get()
    assert "access-1" not in kept.token and unseal(kept.token) == "access-1"
    assert "refresh-0" not in sender.current().refresh_token


def test_a_new_version_of_other_settings_keeps_what_the_provider_gave(provider):
    assert tokens.access_token(by_token(provider)) == "access-1"
    assert tokens.access_token(sender.configure(from_name="Поддержка")) == "access-1"
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert tokens.access_token(sender.current()) == "access-2"
    assert [form["refresh_token"] for form in provider.asked] == [["refresh-0"], ["refresh-1"]]
    provider.refresh = "refresh-new"
    assert tokens.access_token(sender.configure(refresh_token="refresh-new")) == "access-3"


def test_a_refusal_is_an_alarm_before_mail_stops_and_letters_wait_without_being_lost(provider, sink):
    by_token(provider, sink)
    tokens.keep_fresh()
    began, provider.refuses = clock.now(), True
    with clock.at(began + timedelta(minutes=31)):
        tokens.keep_fresh()  # nothing was to be sent: the alarm comes all the same
        tokens.keep_fresh()
        assert alarms() == ["token_out"]
        posting.post(make.letter())
        drain()
        assert len(sink.record) == 1  # by the old token
    with clock.at(began + timedelta(minutes=61)):
        posting.post(make.letter("boris@clinic.example"))
        drain()
    waiting = Delivery.objects.get(recipient="boris@clinic.example")
    assert waiting.state == State.QUEUED and "revoked" in waiting.answer and len(sink.record) == 1
    provider.refuses = False
    with clock.at(began + timedelta(minutes=70)):
        drain()
    waiting.refresh_from_db()
    assert waiting.state == State.SENT and len(sink.record) == 2


def test_a_token_that_the_server_does_not_take_is_fetched_anew(provider, sink):
    by_token(provider, sink)
    tokens.keep_fresh()
    SenderToken.objects.update(token=seal("withdrawn"))
    now = clock.now()
    with clock.at(now):
        posting.post(make.letter())
        drain()
        assert "Authentication" in Delivery.objects.get().answer and sink.record == []
    with clock.at(now + timedelta(minutes=2)):
        drain()
    assert Delivery.objects.get().state == State.SENT and provider.given == 2


def test_a_refresh_token_that_ends_within_a_week_raises_an_alarm(provider):
    provider.refresh_life = 3 * 24 * 3600
    tokens.access_token(by_token(provider))
    assert alarms() == ["token_out_ends"]


def test_the_test_of_the_settings_tells_what_is_wrong_without_an_alarm(provider, sink):
    tried = Sender(**{name: getattr(by_token(provider, sink), name) for name in TRIED})
    assert probe.probe(tried).code == "fine"
    assert probe.probe(Sender(**{**_values(tried), "user": "other@clinic.example"})).code == "token_refused"
    provider.refresh = "refresh-0"
    assert probe.probe(Sender(**{**_values(tried), "user": "third@clinic.example"})).code == "token_login"
    silent = Sender(**{**_values(tried), "token_url": "http://127.0.0.1:9/token"})
    assert probe.probe(silent).code == "token_server"
    with Sink() as plain:
        assert probe.probe(Sender(**{**_values(tried), "port": plain.port})).code == "no_starttls"
    assert alarms() == []


TRIED = (
    *("host", "port", "tls", "from_address", "user", "sign_in", "token_url", "client_id"),
    *("client_secret", "refresh_token"),
)


def _values(tried: Sender) -> dict[str, Any]:
    return {name: getattr(tried, name) for name in TRIED}
