"""``python -m bench publication``: an agreement published over 100,000 running clocks, with a writer at work beside it.

Fills a database of its own once, then measures: the first counts, the whole preview, the move of every clock by the
jobs, and how long a writer of other tickets, and of those being moved, waits for the row it wants.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

TICKETS = 50_000  # two running clocks with customers each
TOGETHER = 500
AT_MOST = {"first counts": 5.0, "whole preview": 30.0, "move": 180.0, "longest wait of a writer": 0.2}  # seconds


def fill() -> None:
    """Tickets opened within the last hours: plain ones, some that wait for the requester, some of another priority."""
    from otklik import clock
    from otklik.journal.record import SYSTEM
    from otklik.sla.models import SlaClock
    from otklik.tickets import desk
    from otklik.tickets.tests import make

    missing = TICKETS - SlaClock.objects.filter(metric="resolution").count()
    if missing <= 0:
        return
    requester, agent, service, team = make.person(), make.agent(), make.service(), make.default_team()
    facts = _Facts(requester.pk, service.pk, team.pk, make.actor(agent))
    now, pick = clock.now().replace(microsecond=0), random.Random(5)
    for start in range(0, missing, TOGETHER):
        tales = []
        for number in range(start, min(start + TOGETHER, missing)):
            opened = now - timedelta(seconds=pick.randrange(600, 6 * 3600))
            created, past = facts.of(number, opened)
            tales.append(desk.Tale(created=created, past=past, at=opened, actor=SYSTEM, provenance={"source": "bench"}))
        desk.histories(tales)


class _Facts:
    """What happened to a ticket of the bench."""

    def __init__(self, requester: int, service: int, team: int, actor: Any) -> None:
        self.requester, self.service, self.team, self.actor = requester, service, team, actor

    def of(self, number: int, opened: Any) -> tuple[Any, list[Any]]:
        from otklik.tickets import desk
        from otklik.tickets.events import PriorityChanged, StateChanged, TicketCreated

        created = TicketCreated(
            number=0,
            type="incident",
            origin="human",
            subject=f"Не печатает принтер {number}",
            opened_at=opened.isoformat(),
            channel="portal",
            requester=self.requester,
            affected_person=self.requester,
            service=self.service,
            team=self.team,
            impact=2,
            urgency=2,
            stated_urgency=2,
            priority_computed="P3",
        )
        past = []
        if number % 10 == 0:
            raised = PriorityChanged(old="P3", new="P4", computed="P4", impact=[2, 3], urgency=[2, 3])
            past.append(desk.Past(at=opened + timedelta(seconds=120), actor=self.actor, fact=raised))
        if number % 5 == 0:
            for seconds, was, to, name in ((180, "new", "open", "T2"), (240, "open", "pending", "T3")):
                step = StateChanged(was=was, to=to, transition=name, pending_reason="requester" * (to == "pending"))
                past.append(desk.Past(at=opened + timedelta(seconds=seconds), actor=self.actor, fact=step))
        return created, past


class Writer(threading.Thread):
    """Locks tickets one after another as the gate does, and keeps how long each took."""

    def __init__(self, keys: list[Any]) -> None:
        super().__init__(daemon=True)
        self.keys, self.waits, self.over = keys, [], threading.Event()

    def run(self) -> None:
        from django.db import connection, transaction

        from otklik.tickets.models import Ticket

        pick = random.Random(1)
        while not self.over.wait(0.02):
            began = time.monotonic()
            with transaction.atomic():
                Ticket.objects.select_for_update(of=("self",)).get(pk=pick.choice(self.keys))
            self.waits.append(time.monotonic() - began)
        connection.close()


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds on the wall, seconds of this process's processor, and what the work gave."""
    wall, cpu = time.monotonic(), time.process_time()
    found = work()
    return time.monotonic() - wall, time.process_time() - cpu, found


def main() -> int:
    """Fill, measure, print beside the marks; 1 where a mark is missed."""
    from otklik.sla import moving
    from otklik.sla.models import Agreement

    wall, cpu, _ = timed(fill)
    print(f"filled in {wall:.0f} s (CPU {cpu:.0f} s), {load()}", flush=True)
    figures: dict[str, tuple[float, float]] = {}
    version = measured(Agreement.objects.get(code="desk"), figures)
    print(f"{'':28}{'s':>8}{'CPU, s':>10}{'at most, s':>12}")
    for name, (wall, cpu) in figures.items():
        print(f"{name:28}{wall:>8.2f}{cpu:>10.2f}{AT_MOST[name]:>12.1f}")
    left = moving.left(version)
    print(f"{left} clocks are still of an older version")
    return int(any(wall > AT_MOST[name] for name, (wall, _) in figures.items()) or left > 0)


def load() -> str:
    """What else the machine does."""
    return f"load {os.getloadavg()[0]:.1f}"


def shifted(agreement: Any) -> list[Any]:
    """The newest targets, half an hour more of each; half an hour less the next time."""
    from otklik.sla.models import Target
    from otklik.sla.publishing import CONTENT

    newest = agreement.versions.order_by("-number")[0]
    drafts = [Target(**{name: getattr(one, name) for name in CONTENT}) for one in newest.targets.all()]
    for target in drafts:
        if target.metric in {"resolution", "first_response"} and target.unit == "seconds":
            target.value += 1800 if newest.number % 2 else -1800
    return drafts


def measured(agreement: Any, figures: dict[str, tuple[float, float]]) -> Any:
    """Count, preview, publish, move with a writer beside it; returns the version."""
    from otklik import clock, jobs
    from otklik.jobs.models import QueuedJob
    from otklik.journal.record import SYSTEM
    from otklik.sla import moving, previewing
    from otklik.sla.publishing import publish
    from otklik.tickets.models import Ticket

    QueuedJob.objects.all().delete()  # of an earlier run
    drafts = shifted(agreement)
    wall, cpu, count = timed(previewing.running(agreement).count)
    figures["first counts"] = wall, cpu
    wall, cpu, told = timed(lambda: previewing.preview(agreement, drafts, "from_start"))
    figures["whole preview"] = wall, cpu
    print(
        f"{count} running clocks read in {wall:.1f} s (CPU {cpu:.1f} s), {load()}; {told.moved} would move", flush=True
    )
    version = publish(agreement, drafts, valid_from=clock.now(), actor=SYSTEM)
    moving.enqueue_moves(version, "from_start")
    writer = Writer(list(Ticket.objects.order_by("?").values_list("pk", flat=True)[:2000]))
    writer.start()
    wall, cpu, _ = timed(lambda: jobs.drain(["slow"]))
    writer.over.set()
    writer.join()
    figures["move"] = wall, cpu
    figures["longest wait of a writer"] = max(writer.waits), 0.0
    middle = statistics.median(writer.waits) * 1000
    print(f"moved, {load()}; the writer took {len(writer.waits)} rows, median {middle:.1f} ms")
    return version
