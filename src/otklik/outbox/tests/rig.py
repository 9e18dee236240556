"""A worker process that sends, with short leases, for tests that kill it: ``python -m otklik.outbox.tests.rig``."""

from __future__ import annotations

import os
import signal
import sys

from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from otklik.jobs import Worker
from otklik.jobs.one import run_one
from otklik.loading import load


def environment(**extra: str) -> dict[str, str]:
    """The environment in which another process works on this test's database."""
    from django.conf import settings

    address = make_conninfo(settings.DATABASE_URL, dbname=str(connection.settings_dict["NAME"]))
    return os.environ | {"DATABASE_URL": address} | extra


def command(*words: object) -> list[str]:
    """The command line of this file."""
    return [sys.executable, "-m", "otklik.outbox.tests.rig", *map(str, words)]


def main() -> None:
    """Send until told to stop, or run one suspect."""
    load()
    options = connections["default"].settings_dict["OPTIONS"]
    options["options"] = "-c idle_in_transaction_session_timeout=800ms -c lock_timeout=5s"
    if sys.argv[1:]:
        run_one(int(sys.argv[1]), int(sys.argv[2]))
        return
    worker = Worker({"send": 2}, lease=1.2, poll=0.05, grace=5, isolate=lambda job: command(job.id, job.token))
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()


if __name__ == "__main__":
    main()
