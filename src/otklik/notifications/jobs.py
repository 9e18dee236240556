"""Jobs of notifications: note what became of letters, forget old lines of the bell."""

from __future__ import annotations

from otklik.jobs import Job, task

from . import bell, deliveries


@task("notifications.note_delivery", lane="tell")
def note_delivery(job: Job, *, delivery: int, status: str) -> None:
    """Record on its ticket what became of a letter."""
    deliveries.note(delivery, status)


@task("notifications.forget", lane="slow")
def forget(job: Job) -> None:
    """Drop lines of the bell that nobody needs any more."""
    bell.forget()
