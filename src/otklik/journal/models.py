"""Entries, the head of each subject's chain, daily seals, idempotency keys and configuration versions."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Head(models.Model):
    """The newest entry of one subject; its row is the lock under which entries are added."""

    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=40)
    seq = models.IntegerField(default=0)
    digest = models.BinaryField(default=b"")
    effective_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="one_head_per_subject")]


class Entry(models.Model):
    """One fact about one subject. Rows are only ever added: a trigger refuses UPDATE, DELETE and TRUNCATE.

    The column ``tx`` (the writing transaction, read by the feed) is added by the migration and is no part of the model.
    """

    subject_kind = models.CharField(max_length=24)
    subject_id = models.CharField(max_length=40)
    seq = models.IntegerField()
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=40, blank=True)
    on_behalf_of = models.CharField(max_length=40, blank=True)
    recorded_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    audience = models.CharField(max_length=10)
    schema_version = models.SmallIntegerField(default=1)
    correlation = models.UUIDField()
    cause = models.BigIntegerField(null=True)
    depth = models.SmallIntegerField(default=0)
    voids = models.BigIntegerField(null=True)
    bumps_version = models.BooleanField(default=True)
    irregular = models.BooleanField(default=False)
    provenance = models.JSONField(null=True)
    payload_digest = models.BinaryField()
    previous_digest = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "seq"], name="entries_are_gapless"),
            models.CheckConstraint(
                condition=Q(audience__in=["public", "internal", "restricted"]), name="entry_audience"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "effective_at"], name="entry_kind_time"),
            models.Index(fields=["actor_kind", "actor_id", "-id"], name="entry_actor"),
        ]


class Seal(models.Model):
    """A Merkle root over all heads at the end of a day, so that a cut tail is found as well."""

    day = models.DateField(unique=True)
    root = models.BinaryField()
    heads = models.IntegerField()
    leaves = models.JSONField()
    sealed_at = models.DateTimeField()


class IdempotencyKey(models.Model):
    """A write that was asked for under a key of the client's; a repeat within 48 h gets the first answer."""

    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64, blank=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_key")]


class ConfigVersion(models.Model):
    """One immutable version of a named piece of configuration (domain.md, convention c)."""

    name = models.CharField(max_length=60)
    version = models.IntegerField()
    data: models.JSONField[Any, Any] = models.JSONField()
    published_by = models.CharField(max_length=60)
    published_at = models.DateTimeField()
    note = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="config_versions_count_up")]
