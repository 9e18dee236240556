"""Periodic work that belongs to no room above the journal."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.jobs import Job, task
from otklik.journal import once, seal


@task("ops.seal_yesterday", lane="slow")
def seal_yesterday(job: Job) -> None:
    """Seal the day before today (UTC); a day that is sealed stays as it is."""
    seal.seal_day((clock.now() - timedelta(days=1)).date())


@task("ops.forget_answers", lane="slow")
def forget_answers(job: Job) -> None:
    """Forget the answers to requests that nobody will repeat any more."""
    once.sweep()
