"""Run due jobs in the calling thread, on its own connection: for tests, the demo and one-process commands."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from otklik import clock
from otklik.jobs import statements as sql
from otklik.jobs.queue import bury, fail, handed, moment, perform, tick
from otklik.jobs.registry import TICKS, Job

log = logging.getLogger("otklik.jobs")
EVERY_LANE = ("decide", "tell", "send", "intake", "slow")
DRAIN_LEASE = 300.0  # seconds; nobody renews it here


def drain(lanes: Iterable[str] | None = None, until_idle: bool = True, *, ticks: bool = False) -> int:
    """Run due jobs one after another, and those they enqueue; returns how many ran.

    Under a standing clock (``clock.at``) "due" is by that clock. ``until_idle=False`` makes one round only: at most one
    job a lane. ``ticks=True`` queues periodic tasks first. A failed job is put back with its delay, as by a worker.
    """
    chosen = tuple(lanes or EVERY_LANE)
    bury()
    if ticks:
        for name, due in TICKS.items():
            tick(name, due(clock.now()))
    count = 0
    while True:
        jobs = claim(chosen)
        for job in jobs:
            run_here(job)
        count += len(jobs)
        if not jobs or not until_idle:
            return count


def run_here(job: Job) -> None:
    """Run one claimed job in this thread and settle it either way."""
    try:
        perform(job)
    except Exception as error:
        log.exception("job %s %s failed, attempt %s of %s", job.id, job.task, job.attempt, job.max_attempts)
        fail(job, error)


def claim(lanes: Iterable[str]) -> list[Job]:
    """At most one due job of each lane."""
    return [job for lane in lanes for job in _claim_one(lane)]


def _claim_one(lane: str) -> list[Job]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.LOCK_CLAIMS)
        values: dict[str, Any] = {"lanes": [lane], "rooms": [1], "me": "drain", "lease": DRAIN_LEASE, "now": moment()}
        cursor.execute(sql.CLAIM, values)
        return handed(cursor.fetchall())
