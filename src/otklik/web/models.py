"""Rows that only the composing pages need: who is looking at what."""

from __future__ import annotations

from django.db import models


class Presence(models.Model):
    """A person at a ticket; the row is kept fresh by a heartbeat and means nothing once it is old."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    person = models.ForeignKey("people.Person", models.CASCADE, related_name="+")
    verb = models.CharField(max_length=8, default="looking")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="one_presence")]
        indexes = [models.Index(fields=["seen_at"], name="presence_seen")]
