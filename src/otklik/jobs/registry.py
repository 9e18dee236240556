"""What can be done: tasks, the job in a handler's hand, and the ticks of periodic work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from otklik import clock, database
from otklik.jobs import statements as sql

Lane = Literal["decide", "tell", "send", "intake", "slow"]
Handler = Callable[..., object]
Due = Callable[[datetime], datetime]


class LostLease(Exception):
    """Another worker has the job now: whatever this run did must be rolled back."""


class UnknownTask(LookupError):
    """No handler of this name in this version of the program."""


@dataclass(frozen=True, slots=True)
class Task:
    """How one kind of job is run; see :func:`task`."""

    run: Handler
    lane: Lane = "tell"
    attempts: int = 5
    atomic: bool = True
    limit: float = 300
    patience: float = 60


@dataclass(slots=True)
class Job:
    """One claimed job, as its handler gets it."""

    id: int
    task: str
    args: dict[str, Any]
    key: str | None
    token: int
    attempt: int
    max_attempts: int
    lane: str = ""
    started: float = 0.0  # monotonic; 0 while it waits for a thread
    lost: bool = field(default=False)  # set by the renewer; a long handler may look at it
    completed: bool = field(default=False)  # by its handler, in the transaction of its effect

    def guard(self) -> None:
        """Fence for a handler that opens transactions of its own: call it first inside each.

        Raises LostLease when another worker holds the job.
        """
        if database.row("select 1 from jobs where id = %s and token = %s for update", (self.id, self.token)) is None:
            raise LostLease(self.id)

    def complete(self) -> None:
        """Fence and end in one: for a handler whose whole effect is one transaction of its own, called inside it.

        Raises LostLease when another worker holds the job. Where that transaction is rolled back, the job is not ended:
        the handler lets the error pass, or calls this again in the next transaction.
        """
        clock.faultpoint("jobs.before_finish")
        if database.row(sql.FINISH, (self.id, self.token)) is None:
            raise LostLease(self.id)
        self.completed = True
        clock.faultpoint("jobs.before_commit")


TASKS: dict[str, Task] = {}
TICKS: dict[str, Due] = {}


def task(
    name: str,
    *,
    lane: Lane = "tell",
    attempts: int = 5,
    atomic: bool = True,
    limit: float = 300,
    patience: float = 60,
) -> Callable[[Handler], Handler]:
    """Register ``handler(job, **args)`` under ``room.verb``.

    ``atomic``: the handler and the deletion of its job are one transaction, so a database effect happens exactly once;
    a handler that talks to the outside takes False, opens its own transactions and calls ``job.guard()`` in each, or
    ``job.complete()`` in its only one.
    ``limit``: seconds after which the lease is renewed no longer. ``patience``: seconds for which a retried job keeps
    the turn of its key.
    """

    def register(handler: Handler) -> Handler:
        TASKS[name] = Task(handler, lane, attempts, atomic, limit, patience)
        return handler

    return register


def known(name: str) -> Task:
    """The task of that name, or UnknownTask."""
    try:
        return TASKS[name]
    except KeyError:
        raise UnknownTask(f"no task is called {name!r} in this version") from None


def periodic(name: str, *, every: timedelta | None = None, due: Due | None = None) -> None:
    """Queue the task again and again: ``every`` interval counted from 1970, or at ``due(now)``.

    ``due`` is pure: the last planned moment at or before ``now``. Missed ticks fold into one; the handler gets no
    arguments, and runs are kept apart by the key ``tick:name``.
    """
    if (every is None) == (due is None):
        raise ValueError("a periodic task needs either 'every' or 'due'")
    TICKS[name] = due or _grid(every or timedelta(minutes=1))


def _grid(step: timedelta) -> Due:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return lambda now: now - (now - epoch) % step
