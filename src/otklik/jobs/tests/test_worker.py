"""The worker process under faults: killed, stopped, cut off from the database, and asked to leave."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from otklik.jobs import Worker, dead_letters, enqueue
from otklik.jobs.models import QueuedJob
from otklik.jobs.tests import rig

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def idle() -> bool:
    return not QueuedJob.objects.filter(lane="decide").exists()  # ticks of other lanes wait for nobody here


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
        assert not thread.is_alive()


@contextmanager
def processes(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes; a killed one is replaced by whoever kills it."""
    workers = [start() for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(rig.command("worker"), env=rig.environment(), stderr=subprocess.DEVNULL)


def expected(jobs: int, keys: int) -> list[str]:
    return sorted(f"k{n % keys}/{n:05d}" for n in range(jobs))


def storm(jobs: int, keys: int, blows: int) -> None:
    """Jobs on some keys while workers are killed and stopped at random; then: each once, in order, none left."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    for n in range(jobs):
        enqueue("rig.trace", {"n": n, "pause": 0.005}, key=f"k{n % keys}")
    with processes(2) as workers:
        wait_until(lambda: len(rig.marks()) > 5)
        for _ in range(blows):
            time.sleep(dice.uniform(0.1, 0.6))
            place = dice.randrange(len(workers))
            if dice.random() < 0.5:
                workers[place].kill()
                workers[place].wait()
                workers[place] = start()
            else:
                workers[place].send_signal(signal.SIGSTOP)
                time.sleep(rig.LEASE * dice.uniform(0.6, 1.6))
                workers[place].send_signal(signal.SIGCONT)
        wait_until(idle, 120)
    marks = rig.marks()
    assert sorted(marks) == expected(jobs, keys), f"seed {seed}"
    for key in range(keys):
        of_key = [mark for mark in marks if mark.startswith(f"k{key}/")]
        assert of_key == sorted(of_key), f"seed {seed}"
    assert dead_letters() == []


def test_workers_killed_and_stopped_lose_nothing_double_nothing_and_keep_the_order_of_each_key() -> None:
    storm(jobs=400, keys=40, blows=5)


@pytest.mark.long
def test_a_long_storm_of_kills_and_stops() -> None:
    storm(jobs=6000, keys=300, blows=40)


def test_a_job_that_kills_its_process_dies_after_its_attempts_and_takes_no_neighbour_along() -> None:
    for n in range(20):
        enqueue("rig.trace", {"n": n, "pause": 0.02}, key=f"k{n}")
    enqueue("rig.murder", key="k1")
    enqueue("rig.trace", {"n": 99}, key="k1")
    with processes(1) as workers:
        workers[0].wait(30)  # the first run takes the worker along, the next two run apart
        workers[0] = start()
        wait_until(idle, 60)
        assert workers[0].poll() is None
    assert sorted(rig.marks()) == sorted([f"k{n}/{n:05d}" for n in range(20)] + ["k1/00099"])
    (dead,) = dead_letters()
    assert dead.task == "rig.murder"


def test_a_worker_cut_off_from_the_database_again_and_again_finishes_its_work() -> None:
    for n in range(150):
        enqueue("rig.trace", {"n": n, "pause": 0.01}, key=f"k{n % 15}")
    with running(Worker({"decide": 3}, lease=2, poll=0.05)):
        for _ in range(4):
            time.sleep(0.3)
            with connection.cursor() as cursor:
                cursor.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                    " and backend_type = 'client backend' and pid <> pg_backend_pid()"
                )
        wait_until(idle, 90)
    assert sorted(rig.marks()) == expected(150, 15)


def test_a_worker_that_is_told_to_stop_finishes_what_runs_and_gives_back_the_rest() -> None:
    for n in range(6):
        enqueue("rig.trace", {"n": n, "pause": 2})
    with running(Worker({"decide": 2}, prefetch=4, poll=0.05)):
        wait_until(lambda: QueuedJob.objects.exclude(worker=None).count() == 6)
        time.sleep(1)  # two threads have begun by now, and neither has ended
    assert sorted(rig.marks()) == ["None/00000", "None/00001"]
    left = QueuedJob.objects.filter(lane="decide").values_list("worker", "attempts", "lease_until").distinct()
    assert list(left) == [(None, 0, None)]


def test_only_one_job_of_a_key_runs_at_a_time() -> None:
    for n in range(30):
        enqueue("rig.trace", {"n": n, "pause": 0.02}, key="ticket:1")
    with running(Worker({"decide": 4}, poll=0.02)), running(Worker({"decide": 4}, poll=0.02)):
        while not idle():
            assert QueuedJob.objects.filter(key="ticket:1").exclude(worker=None).count() <= 1
    assert rig.marks() == [f"ticket:1/{n:05d}" for n in range(30)]
