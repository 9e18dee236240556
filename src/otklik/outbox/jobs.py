"""Jobs of the outbox: send a line, carry notices, and the minute sweep that heals what was missed."""

from __future__ import annotations

from otklik.jobs import Job, task
from otklik.outbox import notices, sending, sweeping, tokens


@task("outbox.send", lane="send", atomic=False, limit=900)
def send(job: Job, *, line: str) -> None:
    """Send what is due in one line."""
    sending.send_line(line)


@task("outbox.carry", lane="tell")
def carry(job: Job, *, notice: int) -> None:
    """Hand a due notice, with its like, to the carrier of its way."""
    notices.carry(notice)


@task("outbox.sweep", lane="tell")
def sweep(job: Job) -> None:
    """Wake lines that nobody is sending."""
    sweeping.wake_lines()


@task("outbox.token", lane="slow", atomic=False)
def token(job: Job) -> None:
    """Renew in time what the mail server wants to see."""
    tokens.keep_fresh()


@task("outbox.forget", lane="slow")
def forget(job: Job) -> None:
    """Erase the text of letters that came to their end long ago."""
    sweeping.forget_texts()
