"""Jobs of people: letters with links, and the sweep of what has ended."""

from __future__ import annotations

from otklik.jobs import Job, task
from otklik.people import limits, mailed


@task("people.mail_reset", lane="send", attempts=3)
def mail_reset(job: Job, *, email: str) -> None:
    """Mail a link for a new password, if the address is somebody's."""
    mailed.mail_reset(email)


@task("people.sweep", lane="slow")
def sweep(job: Job) -> None:
    """Forget old tries to sign in, ended links and sessions."""
    limits.sweep()
    mailed.sweep()
