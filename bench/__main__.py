"""``make bench``: creates, replies, queue and ticket pages on a database of its own; prints a table and exits 0.

Times are processor milliseconds of this process (user and system), the median of rounds; the last column is the ratio
to one indexed read through psycopg in the same run, which is what to compare between machines.
``python -m bench publication`` measures a publication over 100,000 running clocks instead.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / {"mail": "bench-mail", "publication": "bench"}.get("".join(sys.argv[1:2]), "bench-acts")
os.environ.update(OTKLIK_HOME=str(HOME), DJANGO_SETTINGS_MODULE="otklik.settings", OTKLIK_TESTING="1")
sys.path.insert(0, str(ROOT / "src"))

ROUNDS, EACH = 7, 20
OPEN_TICKETS = 200


def spent(work: Callable[[], Any], times: int) -> float:
    """Processor milliseconds of one ``work()``."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(times):
        work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / times


def median(work: Callable[[], Any], times: int = EACH) -> float:
    """Median of several rounds, after one that warms up."""
    work()
    return statistics.median(spent(work, times) for _ in range(ROUNDS))


def ground() -> None:
    """A migrated database with the shipped defaults, of this run alone (that of a publication is filled once)."""
    if HOME.name == "bench-acts" and HOME.exists():
        from otklik.ops.postgres import Cluster

        Cluster(HOME / "postgres").stop()
        shutil.rmtree(HOME)
    HOME.mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    subprocess.run([sys.executable, "-m", "otklik", "migrate"], check=True, env=os.environ | {"PYTHONPATH": paths})
    from otklik.ops.ground import Needs, prepare

    prepare(Needs.DATABASE)
    from otklik.calendars import shipped as calendars
    from otklik.sla import shipped as agreements

    calendars.ensure_defaults("ru")
    agreements.ensure_defaults("ru")


def measured() -> dict[str, float]:
    """Processor milliseconds by act."""
    from django.db import connection
    from django.test import Client

    from otklik import clock
    from otklik.tickets import desk
    from otklik.tickets.tests import make

    requester, agent, service = make.person(), make.agent(), make.service()

    def create() -> Any:
        return make.ticket(requester=requester, service=service)

    for _ in range(OPEN_TICKETS):
        ticket = create()
    client = Client()
    client.force_login(agent)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()

    fresh = make.ticket(requester=requester, service=service, status="pending", by=agent)

    def read_one() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select subject from tickets_ticket where id = %s", [ticket.pk])
            cursor.fetchone()

    from bench.assignment import acts

    return acts(median) | {
        "one row by the bare driver": median(read_one, 200),
        "create a ticket": median(create),
        "reply": median(lambda: desk.reply(ticket, desk.Content(text="Иду к вам."), actor=make.actor(agent))),
        "queue page, 50 rows": median(lambda: client.get("/queue/all")),
        "ticket page": median(lambda: client.get(f"/tickets/{fresh.number}")),
    }


def main() -> int:
    """Measure and print; with "mail" the letters instead (see ``flood``)."""
    if sys.argv[1:2] == ["mail"]:
        from bench import flood

        return flood.main(ROOT, sys.argv[2:])
    ground()
    from otklik import settings

    if sys.argv[1:] == ["publication"]:
        from bench import publication

        try:
            return publication.main()
        finally:
            settings.EMBEDDED.stop()
    try:
        figures = measured()
    finally:
        settings.EMBEDDED.stop()
    base = figures["one row by the bare driver"]
    print(f"{'act':32}{'CPU, ms':>10}{'× one row':>12}")
    for act, milliseconds in figures.items():
        print(f"{act:32}{milliseconds:>10.2f}{milliseconds / base:>12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
