"""A worker process with tasks that leave a trace, for tests that kill and stop it: ``python -m … rig worker|one``.

The trace is written to the table of ticks: a room of its own has no other table with a free text key, and the role that
the suite runs under may create none.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid

from django.db import connection, connections

from otklik.jobs import Job, Worker, task
from otklik.jobs.one import run_one
from otklik.loading import load

LEASE = 2.0


@task("rig.trace", lane="decide", patience=600)  # a storm may last longer than the minute for which a turn is kept
def trace(job: Job, *, n: int, pause: float = 0.0) -> None:
    """Leave one mark in the transaction of the job."""
    mark(f"{job.key}/{n:05d}")
    time.sleep(pause)


@task("rig.murder", lane="decide", attempts=3)
def murder(job: Job) -> None:
    """Kill the process that runs it."""
    os.kill(os.getpid(), signal.SIGKILL)


def mark(name: str) -> None:
    """Write a mark with the time of the clock, not of the transaction; every mark has a name of its own."""
    with connection.cursor() as cursor:
        cursor.execute("insert into jobs_tick values (%s, clock_timestamp())", (f"{name}/{uuid.uuid4().hex[:8]}",))


def marks() -> list[str]:
    """The names of all marks in the order of their making, without their unique tails."""
    with connection.cursor() as cursor:
        cursor.execute("select name from jobs_tick where name like '%%/%%' order by tick")
        return [name.rpartition("/")[0] for (name,) in cursor.fetchall()]


def environment() -> dict[str, str]:
    """The environment in which another process works on this test's database."""
    from django.conf import settings
    from psycopg.conninfo import make_conninfo

    address = make_conninfo(settings.DATABASE_URL, dbname=str(connection.settings_dict["NAME"]))
    return os.environ | {"DATABASE_URL": address}


def command(*words: object) -> list[str]:
    """The command line of this file."""
    return [sys.executable, "-m", "otklik.jobs.tests.rig", *map(str, words)]


def main() -> None:
    """Run a worker of short leases, or one suspect."""
    load()
    options = connections["default"].settings_dict["OPTIONS"]
    options["options"] = "-c idle_in_transaction_session_timeout=1500ms -c lock_timeout=5s"
    if sys.argv[1] == "one":
        run_one(int(sys.argv[2]), int(sys.argv[3]))
        return
    worker = Worker(
        {"decide": 2}, lease=LEASE, poll=0.05, grace=5, isolate=lambda job: command("one", job.id, job.token)
    )
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()


if __name__ == "__main__":
    main()
