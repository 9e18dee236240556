"""Jobs of the channels: take a kept letter in, look after what nobody finished, see that mailboxes are read."""

from __future__ import annotations

from otklik import clock
from otklik.channels import intake
from otklik.channels.email import inbound as letters
from otklik.channels.email import watching
from otklik.channels.models import Inbound
from otklik.jobs import Job, LostLease, task

ATTEMPTS = 5


@task("channels.take_in", lane="intake", attempts=ATTEMPTS, atomic=False, limit=120)
def take_in(job: Job, *, inbound: int) -> None:
    """Place one letter; after the last attempt it is parked, so that none stays without an outcome."""
    try:
        taken = letters.take_in(inbound, guard=job.complete)
    except LostLease:
        raise
    except Exception as error:
        if job.attempt < job.max_attempts:
            raise
        letters.give_up(inbound, f"{type(error).__name__}: {error}", guard=job.complete)
        return
    if taken.waits:
        _later(taken.row)


def _later(row: Inbound) -> None:
    """An answer that came in while the letter it answers is still on its way: look again in a second."""
    from otklik.jobs import enqueue

    run_at = clock.now() + letters.AGAIN
    enqueue("channels.take_in", {"inbound": row.pk}, key=f"inbound:{row.pk}:again", run_at=run_at)


@task("channels.sweep", lane="tell")
def sweep(job: Job) -> None:
    """Letters that have no outcome after five minutes."""
    intake.sweep()


@task("channels.watch", lane="tell")
def watch(job: Job) -> None:
    """See that every mailbox has a reader; they live in the worker process that ran this."""
    watching.watch()
