"""The moves of a job between its states, each on Django's default connection."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from otklik import clock, database
from otklik.jobs import statements as sql
from otklik.jobs.jitter import jitter
from otklik.jobs.letters import announce, letter
from otklik.jobs.registry import TASKS, Job, Task, UnknownTask, known

MAX_DELAY = 900.0  # seconds
UNKNOWN_DELAY = 60.0  # seconds: while versions change, a worker that knows the task may be about to start
UNKNOWN = Task(run=lambda job: None)
ERROR_KEPT = 4000  # characters


def moment() -> datetime | None:
    """The standing test clock, or None: then the database reads its own."""
    return clock.now() if clock.standing() else None


def enqueue(
    name: str,
    args: dict[str, Any] | None = None,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    unless_waiting: bool = False,
) -> None:
    """Write a job on Django's connection: it exists exactly when the caller's change does.

    ``key`` serialises: of one key (``ticket:17``) one job runs at a time, in order. ``unless_waiting``: nothing is
    written while a job of the same key and task has not started. Raises UnknownTask for a name nobody registered.
    """
    kind = known(name)
    if unless_waiting and key is None:
        raise ValueError("unless_waiting needs a key")
    values: dict[str, Any] = {"lane": kind.lane, "task": name, "args": json.dumps(args or {}), "key": key}
    values |= {"run_at": run_at or moment(), "attempts": kind.attempts}
    database.changed(sql.INSERT_UNLESS_WAITING if unless_waiting else sql.INSERT, values)


def enqueue_all(orders: Sequence[tuple[str, dict[str, Any], str]]) -> None:
    """Write several jobs, each (name, args, key), in order and in one statement, due now."""
    if not orders:
        return
    kinds = [known(name) for name, _, _ in orders]
    values: dict[str, Any] = {
        "lanes": [kind.lane for kind in kinds],
        "tasks": [name for name, _, _ in orders],
        "args": [json.dumps(args) for _, args, _ in orders],
        "keys": [key for _, _, key in orders],
        "attempts": [kind.attempts for kind in kinds],
        "run_at": moment(),
    }
    database.changed(sql.INSERT_ALL, values)


def handed(rows: Iterable[tuple[Any, ...]]) -> list[Job]:
    """Jobs from the columns that a claim returns."""
    return [Job(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]


def perform(job: Job) -> None:
    """Run the handler; complete the job in the same transaction as its effect, or not at all.

    Raises what the handler raises, UnknownTask, or LostLease when the job has passed to another worker.
    """
    kind = known(job.task)
    clock.faultpoint("jobs.before_run")
    if not kind.atomic:
        kind.run(job, **job.args)
        if job.completed:
            clock.faultpoint("jobs.after_commit")
            return
    with transaction.atomic():
        if kind.atomic:
            kind.run(job, **job.args)
        job.complete()
    clock.faultpoint("jobs.after_commit")


def fail(job: Job, error: BaseException | str, *, again: str = sql.RETRY) -> None:
    """Put a failed job back with a growing delay, or bury it when its attempts are used up."""
    text = error if isinstance(error, str) else "".join(traceback.format_exception(error, limit=-20))
    values: dict[str, Any] = {"id": job.id, "token": job.token, "error": text[-ERROR_KEPT:]}
    with transaction.atomic(), connection.cursor() as cursor:
        if job.attempt >= job.max_attempts:
            cursor.execute(sql.DEAD, values)
            if row := cursor.fetchone():
                announce(letter(row))
            return
        base = UNKNOWN_DELAY if isinstance(error, UnknownTask) else min(2.0**job.attempt, MAX_DELAY)
        values["delay"] = jitter(base)
        if again is sql.RETRY:
            values |= {"now": moment(), "patience": TASKS.get(job.task, UNKNOWN).patience}
        cursor.execute(again, values)


def bury() -> int:
    """Make dead letters of the jobs whose worker vanished in their last attempt; how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.BURY)
        rows = cursor.fetchall()
        for row in rows:
            announce(letter(row))
    return len(rows)


def tick(name: str, planned: datetime) -> bool:
    """Queue a periodic task for its planned moment unless some worker did so already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.TICK, {"name": name, "tick": planned})  # the row lock lets one worker win
        if cursor.fetchone() is None:
            return False
        enqueue(name, key=f"tick:{name}", run_at=planned, unless_waiting=True)
    return True
