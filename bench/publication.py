"""``python -m bench publication``: an agreement published over 100,000 running clocks, with a writer at work beside it.

Fills a database of its own once, then measures: the first counts, the whole preview, the move of every clock by the
jobs of two workers, and how long a writer of other tickets, and of those being moved, waits for the row it wants.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

TICKETS = 50_000  # two running clocks with customers each
TOGETHER = 500
WORKERS = 2
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
    """Locks tickets one after another as the gate does, and keeps how long each took.

    Before each it reads the same row without a lock: how long that took tells what waiting for the processor costs.
    """

    def __init__(self, keys: list[Any]) -> None:
        super().__init__(daemon=True)
        self.keys, self.over = keys, threading.Event()
        self.waits: list[float] = []
        self.reads: list[float] = []

    def run(self) -> None:
        from django.db import connection, transaction

        from otklik.tickets.models import Ticket

        pick = random.Random(1)
        while not self.over.wait(0.02):
            key, began = pick.choice(self.keys), time.monotonic()
            with transaction.atomic():
                Ticket.objects.get(pk=key)
            self.reads.append(time.monotonic() - began)
            began = time.monotonic()
            with transaction.atomic():
                Ticket.objects.select_for_update(of=("self",)).get(pk=key)
            self.waits.append(time.monotonic() - began)
        connection.close()


class Worker:
    """A process that runs the jobs of the slow lane until none is due, when it is told to."""

    def __init__(self) -> None:
        home = [sys.executable, "-c", "from bench import publication; publication.work()"]
        self.process = subprocess.Popen(home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it is ready

    def start(self) -> None:
        """Let it begin."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def cpu(self) -> float:
        """Wait until it finds nothing due; seconds of its processor."""
        assert self.process.stdout is not None
        return float(self.process.stdout.readline())

    def end(self) -> None:
        """Let it go."""
        self.process.communicate()


def work() -> None:
    """The life of a worker: drain at each line."""
    from otklik.ops.ground import Needs, prepare

    prepare(Needs.DATABASE)
    from otklik import jobs

    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.process_time()
        jobs.drain(["slow"])
        print(time.process_time() - began, flush=True)


def together(workers: list[Worker]) -> tuple[float, float]:
    """Seconds on the wall and of the workers' processors until they find nothing due."""
    began = time.monotonic()
    for worker in workers:
        worker.start()
    cpu = sum(worker.cpu() for worker in workers)
    return time.monotonic() - began, cpu


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
    from otklik import clock
    from otklik.jobs.models import QueuedJob
    from otklik.journal.record import SYSTEM
    from otklik.sla import moving, previewing
    from otklik.sla.publishing import publish
    from otklik.tickets.models import Ticket

    QueuedJob.objects.all().delete()  # of an earlier run
    drafts = shifted(agreement)
    wall, cpu, count = timed(previewing.running(agreement).count)
    figures["first counts"] = wall, cpu
    workers = [Worker() for _ in range(WORKERS)]
    wall, cpu, run = timed(lambda: begun(agreement, drafts))
    read, spent = together(workers)
    figures["whole preview"] = wall + read, cpu + spent
    run.refresh_from_db()
    told = previewing.Preview.from_data(run.told)
    print(f"{told.read} of {count} running clocks read, {load()}; {told.moved} would move", flush=True)
    version = publish(agreement, drafts, valid_from=clock.now(), actor=SYSTEM)
    moving.enqueue_moves(version, "from_start")
    writer = Writer(list(Ticket.objects.order_by("?").values_list("pk", flat=True)[:2000]))
    writer.start()
    figures["move"] = together(workers)
    writer.over.set()
    writer.join()
    for worker in workers:
        worker.end()
    waits, reads = sorted(writer.waits), sorted(writer.reads)
    figures["longest wait of a writer"] = waits[-1], 0.0
    print(f"moved, {load()}; the writer took {len(waits)} rows")
    for name, found in (("with a lock", waits), ("without", reads)):
        middle, high = (found[int(len(found) * share)] * 1000 for share in (0.5, 0.99))
        print(f"{name}: median {middle:.1f} ms, 99 of 100 in {high:.0f} ms, longest {found[-1] * 1000:.0f} ms")
    return version


def begun(agreement: Any, drafts: list[Any]) -> Any:
    """A preview whose parts are written."""
    from otklik import jobs
    from otklik.sla import previewing

    run = previewing.begin(agreement, drafts, "from_start")
    jobs.drain(["slow"], until_idle=False)
    return run
