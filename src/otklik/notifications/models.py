"""What people chose to hear, and addresses we do not write to because letters came back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower


class Preference(models.Model):
    """A person's own choice; without a row everything comes at once."""

    person = models.OneToOneField("people.Person", models.CASCADE, primary_key=True, related_name="+")
    off = ArrayField(models.CharField(max_length=24), default=list, blank=True)  # kinds that come by the bell alone
    digest = models.CharField(max_length=6, blank=True)  # "", "hourly", "daily": what may wait comes gathered by mail
    quiet_from = models.TimeField(null=True, blank=True)  # in the person's zone
    quiet_until = models.TimeField(null=True, blank=True)


class Suppressed(models.Model):
    """An address that refuses our letters for good; we write again when a person says so or it writes to us."""

    address = models.CharField(max_length=320)
    because = models.CharField(max_length=12)  # bounced, complaint
    detail = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("address"), condition=models.Q(lifted_at=None), name="one_suppression_per_address"
            )
        ]

    def __str__(self) -> str:
        return self.address
