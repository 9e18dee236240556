"""/metrics and health: the ledger's balance per mailbox, red when it does not close; the operator's token opens it."""

from __future__ import annotations

import pytest

from otklik.channels.models import Inbound, ServerCount
from otklik.channels.tests import make
from otklik.clock import now
from otklik.ops import health

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer s3cret"}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTKLIK_METRICS_TOKEN", "s3cret")


def figures(client) -> dict[str, float]:
    answer = client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_only_the_operators_token_opens_the_figures(client, token):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404
    assert client.get("/metrics", headers=TOKEN).status_code == 200


def test_without_a_token_nobody_gets_them(client, monkeypatch):
    monkeypatch.delenv("OTKLIK_METRICS_TOKEN", raising=False)
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_balance_of_each_mailbox_closes(client, token):
    make.arrive(make.letter())
    make.arrive(make.letter("", sender="nobody", Precedence="bulk"))
    told = figures(client)
    assert told['otklik_mail_seen{mailbox="support"}'] == 2
    ended = [value for name, value in told.items() if name.startswith("otklik_mail_outcome{")]
    assert (sum(ended), told['otklik_mail_balance_closes{mailbox="support"}']) == (2, 1)
    assert told['otklik_health{check="mail"}'] == 1


def test_a_letter_gone_from_the_server_turns_figures_and_health_red(client, token):
    row = make.arrive(make.letter())
    Inbound.objects.update(uidvalidity=7, uid=1)
    ServerCount.objects.create(mailbox=row.mailbox, uidvalidity=7, first_uid=1, uid_next=3, looked_at=now())
    told = figures(client)
    assert told['otklik_mail_gone{mailbox="support"}'] == 1
    assert told['otklik_mail_balance_closes{mailbox="support"}'] == 0
    assert told['otklik_health{check="mail"}'] == 0
    assert health.report(as_json=True) == 1
