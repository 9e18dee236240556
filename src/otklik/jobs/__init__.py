"""The durable queue: a job is a row written in the transaction of the change that wants it done.

Rules, each with a test:

* A row is live work; done = deleted, by id *and token*, in the transaction of its own effect; hopeless = a dead letter.
* Claims are taken one at a time, so each sees every earlier one: one running job per key, in the order of ids.
* The attempt is counted in the claim, before the run. The token grows with every claim and is the fence: a completion
  with an old token deletes nothing, and its effect is rolled back.
* A retried job keeps the turn of its key for ``patience`` seconds, then steps aside; dead and future jobs hold nothing.
* A job whose worker vanished is a suspect and runs again in a process of its own, so that it takes no neighbour along.
"""

from otklik.jobs.draining import drain
from otklik.jobs.letters import DeadLetter, dead_letters, on_dead, revive
from otklik.jobs.queue import enqueue, enqueue_all
from otklik.jobs.registry import Job, LostLease, periodic, task
from otklik.jobs.worker import LANES, Worker, serve

__all__ = [
    "LANES",
    "DeadLetter",
    "Job",
    "LostLease",
    "Worker",
    "dead_letters",
    "drain",
    "enqueue",
    "enqueue_all",
    "on_dead",
    "periodic",
    "revive",
    "serve",
    "task",
]
