"""The manifest of what was taken in from elsewhere: files, cases, and the records that stand for their names."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class ImportedFile(models.Model):
    """A file of a source that an import has begun; its cases have the numbers from ``first_number`` on."""

    source = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    name = models.CharField(max_length=255)
    mapping = models.CharField(max_length=64)  # SHA-256 of the mapping
    rows = models.IntegerField()
    cases = models.IntegerField()
    first_number = models.BigIntegerField()
    problems: models.JSONField[Any, Any] = models.JSONField(default=list)  # rows that belong to no case
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "digest"], name="one_beginning_per_file")
        ]


class ImportedCase(models.Model):
    """One case of a source and what became of it; written in the transaction of its ticket."""

    class Outcome(models.TextChoices):
        """What became of it."""

        IMPORTED = "imported"
        SKIPPED = "skipped"

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)  # id in the source
    file = models.ForeignKey(ImportedFile, models.PROTECT, related_name="taken")
    digest = models.CharField(max_length=64)  # SHA-256 of its rows
    rows = models.IntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=200, blank=True)
    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, null=True, related_name="+")
    notes: models.JSONField[Any, Any] = models.JSONField(
        default=dict
    )  # {"problems": […], "unmapped": {…}, "irregular"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "key"], name="a_case_is_taken_once")
        ]


class ImportedName(models.Model):
    """The record that stands for a name of a source."""

    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)  # person, team, service, place
    name = models.CharField(max_length=120)
    record = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "kind", "name"], name="a_name_stands_for_one_record")
        ]
