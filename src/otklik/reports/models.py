"""A month as it was reported: kept once, never changed (domain.md §11)."""

from __future__ import annotations

from django.db import models


class Snapshot(models.Model):
    """The figures of a closed month down to each ticket and clock, by what they were counted, and a hash over all."""

    name = models.CharField(max_length=7, unique=True)  # 2026-11
    zone = models.CharField(max_length=40)
    kept_at = models.DateTimeField()
    kept_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    versions = models.JSONField()
    items = models.JSONField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
