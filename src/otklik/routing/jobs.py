"""The minute sweep: what a prompt missed, what may be otherwise by now, calls nobody answered, people who went away."""

from __future__ import annotations

from uuid import UUID

from otklik import clock
from otklik.jobs import Job, enqueue, task
from otklik.routing import absences, callhooks, dispatcher, paging, waiting


@task("routing.decide", lane="decide")
def decide(job: Job, *, ticket: str) -> None:
    """Decide about one ticket."""
    dispatcher.decide(UUID(ticket))


@task("routing.ring", lane="send", atomic=False, attempts=8)
def ring(job: Job, *, page: int, hook: int) -> None:
    """Tell an address of a call; tried again until it hears it, or until somebody answered the call."""
    callhooks.ring(page, hook)


@task("routing.sweep", lane="decide", atomic=False)
def sweep(job: Job) -> None:
    """The house runs at its own pace; facts only prompt it."""
    for key in waiting.due():
        enqueue("routing.decide", {"ticket": str(key)}, key=f"ticket:{key}", unless_waiting=True)
    clock.faultpoint("routing.sweep")
    for page in paging.unanswered():
        paging.go_on(page)
    absences.propose_all()
