"""The demo before a real browser: a few stories in this worker's database, served by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import START, answers, free_port
from tests.database import renew

if TYPE_CHECKING:
    from otklik.tickets.models import Ticket

FEW = 125  # stories: every kind that lives, some that ended


@dataclass(frozen=True)
class Shown:
    """Where the demo is, and addresses of its pages that depend on the story."""

    address: str
    paths: dict[str, str]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Shown]:
    """The demo, told and served; the database is a new one afterwards."""
    with django_db_blocker.unblock():
        paths = _tell()
    address = f"http://127.0.0.1:{free_port()}"
    home = Path(os.environ["OTKLIK_HOME"])
    more = {
        "PORT": address.rpartition(":")[2],
        "OTKLIK_BASE_URL": address,
        "OTKLIK_PARENT": str(os.getpid()),
        "DEMO": "1",
    }
    with (home / "demo.log").open("w") as log:
        command = [sys.executable, "-m", "otklik", "web"]
        web = subprocess.Popen(command, env=os.environ | more, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START
        while not answers(address):
            assert web.poll() is None, (home / "demo.log").read_text()
            assert time.monotonic() < until, (home / "demo.log").read_text()
            time.sleep(0.05)
        yield Shown(address, paths)
    finally:
        web.terminate()
        web.wait(20)
        renew()


def _tell() -> dict[str, str]:
    """Tell it, run what follows from it, and find the pages to look at."""
    from django.db.models import Count
    from django.test import override_settings

    from otklik import clock
    from otklik.feedback import surveys
    from otklik.feedback.models import Survey
    from otklik.jobs import drain
    from otklik.ops.demo import telling
    from otklik.ops.demo.material import address_of
    from otklik.tickets.models import Ticket

    with override_settings(DEMO=True):
        telling.tell(count=FEW)
        drain()
    mine = Ticket.objects.get(requester__email=address_of("o.ryabinina"), subject="Назначения не сохраняются в карте")
    solved = Ticket.objects.get(
        requester__email=address_of("j.whitlock"),
        status="resolved",
        channel="portal",
        subject__startswith="Cannot open the shared",
    )
    of_agent = Ticket.objects.filter(assignee__email=address_of("a.yusupova"), status="open")
    worked = of_agent.annotate(said=Count("messages")).latest("said", "number")
    offered = Survey.objects.filter(superseded_at=None, expires_at__gt=clock.now())
    english, russian = offered.get(ticket=solved), offered.get(ticket=_solved_for_a_russian(besides=worked))
    return {
        "ticket": f"/tickets/{worked.number}",
        "request": f"/requests/{mine.number}",
        "request_solved": f"/requests/{solved.number}",
        "feedback_en": f"/feedback/{surveys.new_key(english)}",
        "feedback_ru": f"/feedback/{surveys.new_key(russian)}",
    }


def _solved_for_a_russian(*, besides: Ticket) -> Ticket:
    """A ticket solved just now, as its agent would, for somebody not asked lately: the demo has none at some hours."""
    from otklik.feedback.models import Survey
    from otklik.people.access import as_actor
    from otklik.tickets import desk
    from otklik.tickets.models import Ticket

    open_ones = Ticket.objects.filter(
        status="open", origin="human", requester__language="ru", assignee__isnull=False, service__isnull=False
    )
    asked = Survey.objects.values("person")
    quiet = open_ones.filter(priority__in=("P3", "P4")).exclude(requester__in=asked)
    ticket = quiet.exclude(pk=besides.pk).latest("number")
    said = desk.Content(text="Переустановили программу, проверили вместе: всё открывается.")
    assert ticket.assignee is not None
    return desk.resolve(ticket, code="fixed", content=said, actor=as_actor(ticket.assignee))
