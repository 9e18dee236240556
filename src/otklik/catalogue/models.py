"""Service: what is delivered, by whom it is supported, how much hangs on it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language


class Service(models.Model):
    """A service as requesters know it; a critical one raises urgency by one step (domain.md §2.2)."""

    # The icons a service may choose; the bundler takes along every name that stands here.
    ICONS: ClassVar = (
        *("laptop", "monitor", "mail", "wifi", "network", "phone", "printer", "key-round", "database", "app-window"),
        *("user-plus", "shield", "server", "camera", "stethoscope", "file-text", "calendar", "life-buoy"),
    )

    code = models.SlugField(max_length=40, unique=True)
    name_ru = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    description_ru = models.CharField(max_length=300, blank=True)
    description_en = models.CharField(max_length=300, blank=True)
    icon = models.CharField(max_length=40, default="laptop")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    team = models.ForeignKey("people.Team", models.PROTECT, null=True, blank=True, related_name="services")
    owner = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="owned_services")
    is_critical = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False)  # its tickets' public part may be read by every agent
    is_active = models.BooleanField(default=True)
    position = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return self.name_en if (get_language() or "ru").startswith("en") else self.name_ru

    @property
    def description(self) -> str:
        """One line about it in the reader's language."""
        return self.description_en if (get_language() or "ru").startswith("en") else self.description_ru
