"""The figures at /metrics, in the text format of Prometheus: read from the database when asked, kept nowhere."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from otklik.channels import balance
from otklik.ops import health
from otklik.outbox.models import Delivery
from otklik.people.doors import public
from otklik.settings import text

TOKEN = "OTKLIK_METRICS_TOKEN"  # noqa: S105 - the name of the variable


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for who brings the operator's token (``Authorization: Bearer …``); to others there is no such page.

    Without ``OTKLIK_METRICS_TOKEN`` in the environment it answers nobody: names of mailboxes are no public matter.
    """
    token = text(TOKEN)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        return HttpResponseNotFound("not found\n", content_type="text/plain")
    return HttpResponse(told(), content_type=CONTENT_TYPE_LATEST)


def told() -> bytes:
    """All figures as they are now."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def describe(self) -> list[Metric]:
        """Nothing is asked before somebody wants the figures."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family in turn."""
        for family in FAMILIES:
            yield from family()


def _mail() -> Iterator[Metric]:
    """The ledger's balance of each mailbox: seen = opened + joined + parked + refused + duplicate + unfinished."""
    seen = GaugeMetricFamily("otklik_mail_seen", "Letters seen in a mailbox", labels=["mailbox"])
    ended = GaugeMetricFamily("otklik_mail_outcome", "Letters by their outcome", labels=["mailbox", "outcome"])
    left = GaugeMetricFamily("otklik_mail_unfinished", "Letters kept and without outcome", labels=["mailbox"])
    gone = GaugeMetricFamily("otklik_mail_gone", "UIDs of the server that were never read", labels=["mailbox"])
    closes = GaugeMetricFamily("otklik_mail_balance_closes", "1 where the balance closes", labels=["mailbox"])
    unread = GaugeMetricFamily("otklik_mailboxes_unread", "Mailboxes not read for a quarter of an hour")
    for sheet in balance.sheets():
        name = [sheet.mailbox.name]
        seen.add_metric(name, sheet.seen)
        for outcome, count in sheet.outcomes.items():
            ended.add_metric([*name, outcome], count)
        left.add_metric(name, sheet.unfinished + sheet.in_work)
        gone.add_metric(name, sheet.gone)
        closes.add_metric(name, int(sheet.closes))
    unread.add_metric([], len(balance.unread()))
    yield from (seen, ended, left, gone, closes, unread)


def _outbox() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("otklik_outbox_open", "Letters of ours not yet handed over")
    waiting.add_metric([], Delivery.objects.open().count())
    stuck = GaugeMetricFamily("otklik_outbox_needing_a_person", "Letters failed or unknown that nobody has looked at")
    stuck.add_metric([], Delivery.objects.needing_a_person().count())
    yield from (waiting, stuck)


def _jobs() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("otklik_jobs_due", "Jobs that are due and not taken", labels=["lane"])
    oldest = GaugeMetricFamily("otklik_jobs_oldest_seconds", "Age of the oldest job that is due", labels=["lane"])
    dead = GaugeMetricFamily("otklik_jobs_dead", "Jobs that were given up")
    with connection.cursor() as cursor:
        cursor.execute(
            "select lane, count(*), extract(epoch from now() - min(run_at))::float8 from jobs"
            " where worker is null and run_at <= now() group by lane"
        )
        for lane, count, age in cursor.fetchall():
            waiting.add_metric([lane], count)
            oldest.add_metric([lane], age)
        cursor.execute("select count(*) from jobs_dead")
        dead.add_metric([], cursor.fetchone()[0])
    yield from (waiting, oldest, dead)


def _health() -> Iterator[Metric]:
    held = GaugeMetricFamily("otklik_health", "1 where a check of `otklik health` holds", labels=["check"])
    for finding in health.findings():
        held.add_metric([finding.name], int(finding.held))
    yield held


FAMILIES: tuple[Callable[[], Iterator[Metric]], ...] = (_mail, _outbox, _jobs, _health)
