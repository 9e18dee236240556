"""The tables of the queue; rows are written by the statements in ``statements.py``, read here for pages and health."""

from django.db import models
from django.db.models.functions import Now


class Work(models.Model):
    """The columns that live and dead work share."""

    lane = models.TextField()
    task = models.TextField()
    args = models.JSONField()
    key = models.TextField(null=True)
    run_at = models.DateTimeField()
    turn = models.DateTimeField()
    created = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    token = models.IntegerField(db_default=0)
    attempts = models.SmallIntegerField(db_default=0)
    max_attempts = models.SmallIntegerField()
    worker = models.TextField(null=True)
    error = models.TextField(null=True)

    class Meta:
        abstract = True


class QueuedJob(Work):
    """Live work: waiting, running, or to be tried again."""

    class Meta:
        db_table = "jobs"
        # Nothing that a claim changes is indexed: claims stay HOT updates.
        indexes = (
            models.Index(fields=["lane", "run_at", "id"], name="jobs_due"),
            models.Index(fields=["key", "id"], name="jobs_key", condition=models.Q(key__isnull=False)),
        )


class DeadJob(Work):
    """Hopeless work, kept with its last error until a person revives or discards it."""

    id = models.BigIntegerField(primary_key=True)
    died = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "jobs_dead"


class Tick(models.Model):
    """The last planned moment for which a periodic task was queued."""

    name = models.TextField(primary_key=True)
    tick = models.DateTimeField()

    class Meta:
        db_table = "jobs_tick"
