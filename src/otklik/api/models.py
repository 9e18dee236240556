"""How often each caller of the API has called within the present minute."""

from __future__ import annotations

from django.db import models


class RateWindow(models.Model):
    """One row per caller ('client:3', 'person:5'), overwritten minute by minute."""

    caller = models.CharField(max_length=40, unique=True)
    minute = models.BigIntegerField()  # minutes since 1970
    count = models.IntegerField(default=0)
