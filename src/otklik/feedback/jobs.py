"""Periodic work: links, keys and openings whose time is over."""

from __future__ import annotations

from otklik.feedback import links, surveys
from otklik.jobs import Job, task


@task("feedback.sweep", lane="slow")
def sweep(job: Job) -> None:
    """Forget what can no longer be used."""
    surveys.sweep()
    links.sweep()
