"""Calendars, their immutable versions, and the holiday sets that versions pin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from otklik.calendars.holidayfacts import HolidayFacts


class Calendar(models.Model):
    """Service hours under a name; what they are is in its versions."""

    code = models.SlugField(max_length=40, unique=True)
    name_ru = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
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


class HolidaySet(models.Model):
    """Facts of one year of a country or region as they were read: never changed, only confirmed.

    A new reading is a new row.
    ``data`` is :meth:`HolidayFacts.data`; ``checksum`` is of the facts, ``file_checksum`` of the file they came in.
    """

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True)
    year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    data = models.JSONField()
    source = models.CharField(max_length=300)
    checksum = models.CharField(max_length=64)
    file_checksum = models.CharField(max_length=64, blank=True)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=80)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["country", "region", "year", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["country", "region", "year", "number"], name="one_number_per_holiday_year")
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.year}"

    @property
    def place(self) -> str:
        """Country, and region where there is one."""
        return f"{self.country}-{self.region}" if self.region else self.country

    @property
    def facts(self) -> HolidayFacts:
        """What the set says."""
        return HolidayFacts.from_data(self.country, self.region, self.year, self.data)


class CalendarVersion(models.Model):
    """One immutable revision of a calendar.

    Plain: ``tz``, ``weekly`` {weekday: intervals}, ``periods`` [{from, to, hours}], ``exceptions`` [{date, why, kind:
    hours | holiday | work_like | shorten, and hours | like | minutes}] and the ``holiday_sets`` that it observes.
    Composite: ``combine`` and the versions of its ``parts``; a part's new version makes a new one here.
    """

    class Kind(models.TextChoices):
        """What a version changes, against the one before."""

        FIRST = "first", _("first version")
        PROSPECTIVE = "prospective", _("from now on")
        CORRECTIVE = "corrective", _("correction of the past")

    class Combine(models.TextChoices):
        """How a composite is made of its parts."""

        PLAIN = "", _("own hours")
        UNION = "union", _("open when any part is")
        INTERSECT = "intersect", _("open when all parts are")

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    number = models.SmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    tz = models.CharField(max_length=50)
    weekly = models.JSONField(default=dict)
    periods = models.JSONField(default=list)
    exceptions = models.JSONField(default=list)
    observe_holidays = models.BooleanField(default=False)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=10, blank=True)
    holiday_sets = ArrayField(models.BigIntegerField(), default=list)
    combine = models.CharField(max_length=10, choices=Combine.choices, blank=True)
    parts = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)
    tzdb_version = models.CharField(max_length=10)

    class Meta:
        ordering = ["calendar", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["calendar", "number"], name="one_number_per_calendar_version")
        ]

    def __str__(self) -> str:
        return f"{self.calendar.code} {self.number}"

    CONTENT: ClassVar[tuple[str, ...]] = (
        "tz",
        "weekly",
        "periods",
        "exceptions",
        "observe_holidays",
        "country",
        "region",
        "holiday_sets",
        "combine",
        "parts",
    )

    def content(self) -> dict[str, Any]:
        """The fields that make up its hours."""
        return {name: getattr(self, name) for name in self.CONTENT}
