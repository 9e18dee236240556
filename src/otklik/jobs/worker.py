"""The worker process: claims jobs, hands them to threads, renews leases, keeps house, survives a lost database."""

from __future__ import annotations

import gc
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from otklik import clock
from otklik.jobs import statements as sql
from otklik.jobs.jitter import jitter
from otklik.jobs.queue import UNKNOWN, bury, fail, handed, moment, perform, tick
from otklik.jobs.registry import TASKS, TICKS, Job

log = logging.getLogger("otklik.jobs")
LANES: Mapping[str, int] = {"decide": 2, "tell": 2, "send": 3, "intake": 2, "slow": 1}  # lane -> threads
PACE = 0.02  # seconds that a busy worker gives its threads before it claims again, unless a lane has nothing to do
CHECK_AFTER = 1.0  # seconds without use after which a thread asks whether its connection is still sound
BACK_OFF = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds between tries to reach a database that is away
YOUNG = (20_000, 20, 50)  # of the collector: a job makes thousands of objects and leaves hardly a cycle
Database = psycopg.Connection[tuple[Any, ...]]


def alone(job: Job) -> list[str]:
    """The command that runs one suspect in a process of its own."""
    return [sys.executable, "-m", "otklik.jobs.one", str(job.id), str(job.token)]


def connect() -> Database:
    """A connection of the worker's own, outside Django's pool, made for claims.

    A queue is now empty, now full, so statistics always lie: without these settings a claim drifted from 2 to 41 ms.
    """
    way = connection.get_connection_params() | {"cursor_factory": psycopg.ClientCursor}
    session = psycopg.connect(**way, autocommit=True)
    for plan in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
        session.execute(f"set enable_{plan} = off".encode())
    session.execute("set plan_cache_mode = force_generic_plan")  # else each claim is planned anew: 0.3 ms of its 0.45
    for name in sql.CLAIMS:
        session.execute(sql.prepared(name).encode())
    session.execute("set idle_in_transaction_session_timeout = '5s'")  # a stopped worker must not keep the claim lock
    return session


class Worker:
    """Runs the jobs of some lanes until it is told to stop.

    ``lanes``: lane → number of threads. ``lease``: seconds, renewed every third of it. ``poll``: seconds between looks
    at an empty queue. ``prefetch``: jobs claimed beyond the free threads of a lane. ``grace``: seconds that running
    jobs get when the worker stops.
    """

    def __init__(
        self,
        lanes: Mapping[str, int] = LANES,
        *,
        lease: float = 30,
        poll: float = 0.1,
        prefetch: int = 0,
        grace: float = 25,
        isolate: Callable[[Job], list[str]] = alone,
    ) -> None:
        self.lanes, self.lease, self.poll, self.prefetch = dict(lanes), lease, poll, prefetch
        self.grace, self.isolate = grace, isolate
        self.me = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping, self.ended = threading.Event(), threading.Event()
        self.wake, self.dry, self.mutex = threading.Event(), threading.Event(), threading.Lock()
        self.held: dict[int, Job] = {}  # claimed and not yet settled, started or not
        self.load = dict.fromkeys(self.lanes, 0)
        self.inbox: dict[str, queue.SimpleQueue[Job | None]] = {lane: queue.SimpleQueue() for lane in self.lanes}
        self.children: set[subprocess.Popen[bytes]] = set()
        self.ticked: dict[str, datetime] = {}  # the planned moments that were seen to

    # -- the loop: claim, hand out, keep house -----------------------------------------------------------------------
    def run(self) -> None:
        """Work until :meth:`stop`; unstarted jobs go back then, running ones get ``grace`` seconds."""
        threads = [threading.Thread(target=self._renew, daemon=True)]
        threads += [threading.Thread(target=self._work, args=(lane,), daemon=True) for lane in self._seats()]
        for thread in threads:
            thread.start()
        tries = 0
        while not self.stopping.is_set():
            try:
                with connect() as session:
                    tries = 0
                    self._serve(session)
            except (psycopg.Error, DatabaseError):
                log.exception("the database is away")
                connection.close()
                self.stopping.wait(jitter(BACK_OFF[min(tries, len(BACK_OFF) - 1)]))
                tries += 1
        self._leave(threads)

    def stop(self, *_: object) -> None:
        """Begin to stop gracefully; also a signal handler."""
        self.stopping.set()
        self.wake.set()
        self.dry.set()

    def _seats(self) -> list[str]:
        return [lane for lane, seats in self.lanes.items() for _ in range(seats)]

    def _serve(self, session: Database) -> None:
        tended, busy = 0.0, False
        while not self.stopping.is_set():
            if time.monotonic() > tended:
                tended = time.monotonic() + jitter(min(1.0, self.lease / 4))
                self._keep_house(session)
            busy = bool(self._claim(session, self._with_room() if busy else self._due(session)))
            if busy:  # a claim costs as much as a small job: several threads are waited for, not each
                self.dry.wait(PACE)
            else:
                self.wake.wait(self.poll)
            self.wake.clear()
            self.dry.clear()

    def _room(self, lane: str) -> int:
        return self.lanes[lane] + self.prefetch - self.load[lane]

    def _with_room(self) -> list[str]:
        return [lane for lane in self.lanes if self._room(lane) > 0]

    def _due(self, session: Database) -> list[str]:
        """Lanes that have room and something due: one small question for all of them."""
        lanes = self._with_room()
        if not lanes:
            return []
        return [lane for (lane,) in session.execute(sql.DUE_LANES.encode(), {"lanes": lanes, "now": moment()})]

    def _claim(self, session: Database, lanes: Iterable[str]) -> int:
        rooms = {lane: self._room(lane) for lane in lanes}
        if not rooms:
            return 0
        jobs = self._locked(session, "claim", list(rooms), list(rooms.values()), self.me, self.lease, moment())
        for job in jobs:
            self._hold(job, job.lane)
            self.inbox[job.lane].put(job)
        return len(jobs)

    def _locked(self, session: Database, name: str, *values: Any) -> list[Job]:
        """A claim under the one lock, which sees every claim before it."""
        words = sql.CLAIMING.format(name=name, values=", ".join(["%s"] * len(values)))
        asked = session.execute(words.encode(), values)
        while not asked.description or asked.description[0].name != "id":
            if not asked.nextset():
                raise RuntimeError("a claim answers its jobs")
        return handed(asked.fetchall())

    def _hold(self, job: Job, lane: str) -> None:
        with self.mutex:
            self.held[job.id] = job
            self.load[lane] += 1

    def _keep_house(self, session: Database) -> None:
        for job in self._locked(session, "suspect", self.me, self.lease):
            lane = next(iter(self.lanes))  # a suspect may be of a lane this worker does not serve
            self._hold(job, lane)
            threading.Thread(target=self._settle, args=(lane, job, self._run_apart), daemon=True).start()
        bury()
        for name, due in list(TICKS.items()):
            planned = due(clock.now())
            if self.ticked.get(name) != planned:
                tick(name, planned)
                self.ticked[name] = planned

    def _leave(self, threads: list[threading.Thread]) -> None:
        for lane, box in self.inbox.items():
            self._give_back(box)
            for _ in range(self.lanes[lane]):
                box.put(None)
        end = time.monotonic() + self.grace
        while self.held and time.monotonic() < end:
            time.sleep(0.02)
        for child in list(self.children):
            child.kill()
        self.ended.set()
        for thread in threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))
        connection.close()

    def _give_back(self, box: queue.SimpleQueue[Job | None]) -> None:
        jobs = []
        while not box.empty():
            if job := box.get():
                jobs.append(job)
        try:
            with connect() as session:
                session.execute(sql.RELEASE.encode(), ([job.id for job in jobs], [job.token for job in jobs]))
        except psycopg.Error:
            log.exception("%s unstarted jobs could not be given back; their leases will run out", len(jobs))
        with self.mutex:
            for job in jobs:
                self.held.pop(job.id, None)

    # -- leases --------------------------------------------------------------------------------------------------------
    def _renew(self) -> None:
        session: Database | None = None
        while not self.ended.wait(self.lease / 3):
            mine = self._renewable()
            if not mine:
                continue
            try:
                session = session or connect()
                values = (self.lease, [job.id for job in mine], [job.token for job in mine])
                kept = {row[0] for row in session.execute(sql.RENEW.encode(), values).fetchall()}
                for job in mine:
                    job.lost = job.id not in kept
            except psycopg.Error:
                log.exception("leases could not be renewed")
                session = None
        if session:
            session.close()

    def _renewable(self) -> list[Job]:
        now = time.monotonic()
        with self.mutex:
            return [
                job
                for job in self.held.values()
                if not job.started or now - job.started < TASKS.get(job.task, UNKNOWN).limit
            ]

    # -- one job -------------------------------------------------------------------------------------------------------
    def _work(self, lane: str) -> None:
        used = 0.0
        while job := self.inbox[lane].get():
            if time.monotonic() - used > CHECK_AFTER and connection.connection and not connection.is_usable():
                connection.close()
            self._settle(lane, job, self._run_here)
            used = time.monotonic()
        connection.close()

    def _settle(self, lane: str, job: Job, run: Callable[[Job], None]) -> None:
        job.started = time.monotonic()
        try:
            run(job)
        except Exception:
            log.exception("job %s could not be settled; its lease will run out", job.id)
        finally:
            with self.mutex:
                self.held.pop(job.id, None)
                self.load[lane] -= 1
                idle = not self.load[lane]
            self.wake.set()
            if idle:
                self.dry.set()

    def _run_here(self, job: Job) -> None:
        try:
            perform(job)
        except Exception as error:
            log.exception("job %s %s failed, attempt %s of %s", job.id, job.task, job.attempt, job.max_attempts)
            self._report(job, error)

    def _report(self, job: Job, error: BaseException | str, again: str = sql.RETRY) -> None:
        """Write the failure down on a sound connection, for as long as the lease may last."""
        for pause in BACK_OFF:
            try:
                if connection.connection and not connection.is_usable():
                    connection.close()
                fail(job, error, again=again)
                return
            except DatabaseError:
                log.exception("the failure of job %s could not be written yet", job.id)
                time.sleep(pause)

    def _run_apart(self, job: Job) -> None:
        child = subprocess.Popen(self.isolate(job))
        self.children.add(child)
        try:
            code = child.wait(TASKS.get(job.task, UNKNOWN).limit)
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait()
        finally:
            self.children.discard(child)
        if code:  # 0: the child has settled the job itself; else it stays a suspect
            self._report(job, f"process ended with {code}", again=sql.STILL_SUSPECT)
        connection.close()


def serve(lanes: Mapping[str, int] | None = None) -> None:
    """Run a worker in this process until SIGTERM or SIGINT."""
    gc.set_threshold(*YOUNG)
    worker = Worker(lanes or LANES)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    worker.run()
