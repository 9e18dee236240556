"""Jobs of the composing pages: replies whose five seconds are over, presence that grew old."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.jobs import Job, task
from otklik.web.models import Presence
from otklik.web.workspace.talk import send_reply


@task("web.sweep_presence", lane="slow")
def sweep_presence(job: Job) -> None:
    """Forget who looked at something an hour ago."""
    Presence.objects.filter(seen_at__lt=clock.now() - timedelta(hours=1)).delete()


__all__ = ["send_reply", "sweep_presence"]
