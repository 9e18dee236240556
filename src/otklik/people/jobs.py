"""Jobs of people: letters with links, the sweep of what has ended, shifts and absences that began or ended."""

from __future__ import annotations

from otklik.jobs import Job, task
from otklik.people import absences, limits, mailed, oncall, presence


@task("people.mail_reset", lane="send", attempts=3)
def mail_reset(job: Job, *, email: str) -> None:
    """Mail a link for a new password, if the address is somebody's."""
    mailed.mail_reset(email)


@task("people.sweep", lane="slow")
def sweep(job: Job) -> None:
    """Forget old tries to sign in, ended links and sessions."""
    limits.sweep()
    mailed.sweep()


@task("people.duty_sweep", lane="slow")
def duty_sweep(job: Job) -> None:
    """Announce absences that began or ended, and let presence follow shifts."""
    absences.sweep()
    presence.sweep()


@task("people.write_turns", lane="slow")
def write_turns(job: Job) -> None:
    """Write the coming turns of being on call."""
    oncall.sweep()
