"""The promises of the queue to those who enqueue: all or nothing, order, patience, dead letters, ticks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from otklik import clock
from otklik.jobs import DeadLetter, Job, dead_letters, drain, enqueue, on_dead, periodic, revive, statements, task
from otklik.jobs.draining import claim, run_here
from otklik.jobs.models import DeadJob, QueuedJob
from otklik.jobs.queue import handed
from otklik.jobs.registry import TASKS, TICKS, UnknownTask

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)
ran: list[object] = []


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    """Each test sees only the tasks and ticks it declares itself."""
    tasks, ticks = dict(TASKS), dict(TICKS)
    TICKS.clear()
    ran.clear()
    listeners = list(on_dead)
    task("test.note", lane="decide")(lambda job, **args: ran.append(args.get("n")))
    yield
    TASKS.clear(), TASKS.update(tasks)
    TICKS.clear(), TICKS.update(ticks)
    on_dead[:] = listeners


def failing(name: str = "test.fail", **options: object) -> None:
    @task(name, lane="decide", **options)  # type: ignore[arg-type]
    def fail(job: Job) -> None:
        ran.append((name, job.attempt))
        raise RuntimeError("the disk is on fire")


def pass_time(start: datetime, minutes: int) -> None:
    """Drain once a minute."""
    for minute in range(minutes + 1):
        with clock.at(start + timedelta(minutes=minute)):
            drain()


def test_a_job_exists_exactly_when_the_change_does() -> None:
    with transaction.atomic():
        enqueue("test.note", {"n": 1})
        transaction.set_rollback(True)
    with transaction.atomic():
        enqueue("test.note", {"n": 2})
    drain()
    assert ran == [2]


def test_the_effect_of_a_failing_job_is_undone() -> None:
    @task("test.half", attempts=1)
    def half(job: Job) -> None:
        enqueue("test.note", {"n": "never"})
        raise RuntimeError

    enqueue("test.half")
    drain()
    assert ran == []
    assert [dead.task for dead in dead_letters()] == ["test.half"]


def test_an_unknown_task_cannot_be_enqueued() -> None:
    with pytest.raises(UnknownTask):
        enqueue("test.nobody")


def test_jobs_of_a_key_run_in_the_order_of_their_writing_even_where_lanes_and_times_differ() -> None:
    task("test.other", lane="tell")(lambda job, **args: ran.append(args["n"]))
    with clock.at(FRIDAY):
        enqueue("test.note", {"n": 1}, key="ticket:1")
        enqueue("test.other", {"n": 2}, key="ticket:1", run_at=FRIDAY - timedelta(hours=1))
        enqueue("test.note", {"n": 3}, key="ticket:1", run_at=FRIDAY - timedelta(hours=2))
        drain()
    assert ran == [1, 2, 3]


def test_one_claim_of_all_lanes_takes_one_job_of_a_key_and_no_more_of_a_lane_than_has_room() -> None:
    task("test.other", lane="tell")(lambda job, **args: None)
    enqueue("test.note", {"n": 1}, key="ticket:1")
    enqueue("test.other", {"n": 2}, key="ticket:1")
    enqueue("test.other", {"n": 3}, key="ticket:2")
    for n in range(4, 8):
        enqueue("test.note", {"n": n})
    told = {"lanes": ["tell", "decide"], "rooms": [5, 3], "me": "test", "lease": 30, "now": None}
    with connection.cursor() as cursor:
        cursor.execute(statements.CLAIM, told)
        assert sorted(job.args["n"] for job in handed(cursor.fetchall())) == [1, 3, 4, 5]
        cursor.execute(statements.CLAIM, told)
        assert sorted(job.args["n"] for job in handed(cursor.fetchall())) == [6, 7]


def test_a_job_for_the_future_holds_nothing_until_it_is_due() -> None:
    with clock.at(FRIDAY):
        enqueue("test.note", {"n": "later"}, key="ticket:1", run_at=FRIDAY + timedelta(hours=1))
        enqueue("test.note", {"n": "now"}, key="ticket:1")
        drain()
        assert ran == ["now"]
    with clock.at(FRIDAY + timedelta(hours=1)):
        drain()
    assert ran == ["now", "later"]


def test_unless_waiting_writes_one_job_until_that_one_starts() -> None:
    for _ in range(3):
        enqueue("test.note", {"n": 1}, key="sweep", unless_waiting=True)
    enqueue("test.note", {"n": 2}, key="other", unless_waiting=True)
    assert drain() == 2
    enqueue("test.note", {"n": 3}, key="sweep", unless_waiting=True)
    drain()
    assert ran == [1, 2, 3]


def test_a_retried_job_keeps_its_turn_for_its_patience_and_then_steps_aside() -> None:
    failing(patience=60, attempts=9)
    with clock.at(FRIDAY):
        enqueue("test.fail", key="ticket:1")
        enqueue("test.note", {"n": "follower"}, key="ticket:1")
        drain()
    with clock.at(FRIDAY + timedelta(seconds=30)):
        drain()
    assert ran == [("test.fail", 1), ("test.fail", 2)]  # 30 s after its turn the follower still waits
    pass_time(FRIDAY + timedelta(minutes=1), 2)
    assert "follower" in ran


def test_f22_a_job_that_always_raises_dies_after_five_tries_with_one_alert_while_later_jobs_of_the_ticket_run() -> None:
    failing()
    alerts: list[DeadLetter] = []
    on_dead.append(alerts.append)
    with clock.at(FRIDAY):
        enqueue("test.fail", key="ticket:17")
        enqueue("test.note", {"n": "later job"}, key="ticket:17")
    pass_time(FRIDAY, 10)
    assert [attempt for attempt in ran if attempt != "later job"] == [("test.fail", n) for n in range(1, 6)]
    assert "later job" in ran
    assert [(dead.task, dead.key) for dead in alerts] == [("test.fail", "ticket:17")]
    assert "the disk is on fire" in dead_letters()[0].error
    assert not QueuedJob.objects.exists()


def test_f22_a_job_of_a_type_unknown_to_this_version_waits_a_little_then_dies_with_one_alert() -> None:
    failing("test.of_another_version")
    alerts: list[DeadLetter] = []
    on_dead.append(alerts.append)
    with clock.at(FRIDAY):
        enqueue("test.of_another_version", key="ticket:17")
        enqueue("test.note", {"n": "later job"}, key="ticket:17")
    del TASKS["test.of_another_version"]
    pass_time(FRIDAY, 1)
    assert not alerts  # the worker of the newer version may be about to start
    pass_time(FRIDAY + timedelta(minutes=2), 10)
    assert ran == ["later job"]
    assert [dead.task for dead in alerts] == ["test.of_another_version"]
    assert "UnknownTask" in alerts[0].error


def test_a_dead_letter_is_buried_even_where_the_one_who_raises_the_alert_fails() -> None:
    failing(attempts=1)
    on_dead.append(lambda dead: connection.cursor().execute("select 1 / 0"))
    enqueue("test.fail")
    drain()
    assert DeadJob.objects.count() == 1


def test_a_revived_letter_runs_again_behind_the_others_of_its_key() -> None:
    failing(attempts=1)
    enqueue("test.fail", key="ticket:1")
    drain()
    task("test.fail", lane="decide")(lambda job: ran.append("mended"))
    enqueue("test.note", {"n": "waiting"}, key="ticket:1")
    assert revive(dead_letters()[0].id)
    assert not revive(12345)
    drain()
    assert ran[1:] == ["waiting", "mended"]
    assert dead_letters() == []


def test_a_run_that_lost_its_lease_leaves_no_effect() -> None:
    @task("test.slow", lane="decide")
    def slow(job: Job) -> None:
        enqueue("test.note")

    enqueue("test.slow")
    (job,) = claim(["decide"])
    QueuedJob.objects.update(token=job.token + 1, worker="another")  # which took the job over meanwhile
    run_here(job)
    assert list(QueuedJob.objects.values_list("task", "worker")) == [("test.slow", "another")]


def test_a_handler_of_several_transactions_is_fenced_in_each() -> None:
    @task("test.long", atomic=False, attempts=1)
    def long(job: Job) -> None:
        with transaction.atomic():
            job.guard()
            ran.append("first")
        QueuedJob.objects.filter(pk=job.id).update(token=99)
        with transaction.atomic():
            job.guard()
            ran.append("second")

    enqueue("test.long")
    drain()
    assert ran == ["first"]


def test_missed_ticks_fold_into_one() -> None:
    task("test.tick")(lambda job: ran.append(clock.now().hour))
    periodic("test.tick", every=timedelta(hours=1))
    for hour in (1, 1, 2, 9):
        with clock.at(FRIDAY.replace(hour=hour)):
            drain(ticks=True)
    assert ran == [1, 2, 9]


def test_a_periodic_task_needs_exactly_one_plan() -> None:
    with pytest.raises(ValueError, match="either"):
        periodic("test.note")


def test_drain_of_one_round_runs_at_most_one_job_a_lane() -> None:
    for n in range(3):
        enqueue("test.note", {"n": n})
    assert drain(["decide"], until_idle=False) == 1
    assert drain(["tell"]) == 0
    assert drain() == 2
