"""Periodic work on promises: wake the clocks that have something to say, and name to leads what nobody watches."""

from __future__ import annotations

from uuid import UUID

from otklik import clock
from otklik.calendars.models import CalendarVersion
from otklik.jobs import Job, task
from otklik.sla import moving, previewing, verify, waking, watching
from otklik.sla.history import Mode


@task("sla.wake", lane="decide", atomic=False)
def wake(job: Job) -> None:
    """One look at all clocks; each ticket is its own transaction, twice does no harm."""
    for key in waking.due_now():
        clock.faultpoint("sla.wake")
        waking.wake(key)


@task("sla.unwatched", lane="slow", atomic=False)
def tell_leads(job: Job) -> None:
    """The daily word to the leads of teams whose tickets nobody watches."""
    watching.tell_leads()


@task("sla.preview", lane="slow", atomic=False)
def preview(job: Job, *, run: int) -> None:
    """Every running clock under drafted targets, for the page that asked."""
    previewing.go(run)


@task("sla.verify", lane="slow", atomic=False)
def verify_all(job: Job) -> None:
    """Every clock computed anew from the journal; what was found is kept for reports, and nothing is repaired."""
    for _difference in verify.kept():
        clock.faultpoint("sla.verify")


@task("sla.move", lane="slow", atomic=False)
def move(job: Job, *, version: int, mode: Mode, tickets: list[str]) -> None:
    """Running clocks that a publication moves to its version."""
    moving.move_batch(version, mode, tickets)


@task("sla.recalendar", lane="slow", atomic=False)
def recalendar(job: Job, *, version: int, tickets: list[str]) -> None:
    """Running clocks of a calendar that has a new version."""
    found = CalendarVersion.objects.select_related("calendar").get(pk=version)
    moving.recalendar([UUID(key) for key in tickets], found)
