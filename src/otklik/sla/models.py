"""Agreements, their immutable versions and targets; the clocks of tickets and the nearest promise of each."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Agreement(models.Model):
    """What is promised, to customers (SLA) or among teams (OLA); the promises are in its versions."""

    class Kind(models.TextChoices):
        """To whom it is promised."""

        SLA = "sla", _("with customers")
        OLA = "ola", _("among teams")
        UC = "uc", _("with a supplier")

    code = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=3, choices=Kind.choices, default=Kind.SLA)
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


class AgreementVersion(models.Model):
    """One immutable revision; it holds for tickets opened from ``valid_from`` until the next one begins or it ends."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions")
    number = models.SmallIntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["agreement", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_number_per_agreement_version")
        ]

    def __str__(self) -> str:
        return f"{self.agreement.code} {self.number}"


class Acceptance(models.Model):
    """Who accepted a version for an organisation, and when: what the fact ``agreement.accepted`` says, to be asked."""

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="acceptances")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()

    class Meta:
        ordering = ["accepted_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "organisation"], name="accepted_once_for_each")
        ]


METRICS = ("first_response", "next_response", "periodic_update", "resolution", "ack", "hold")
PROMISED = ("first_response", "next_response", "periodic_update", "resolution")  # to the customer
INTERNAL = ("ack", "hold")  # among teams


class Target(models.Model):
    """One promise of a version: for what it holds (empty = any), how much, by which calendar, and how it behaves."""

    METRICS: ClassVar = [
        ("first_response", _("First response")),
        ("next_response", _("Next response")),
        ("periodic_update", _("Regular update")),
        ("resolution", _("Solution")),
        ("ack", _("Take-up by the team")),
        ("hold", _("Time with the team")),
    ]
    CALENDARS: ClassVar = [
        ("fixed", _("This calendar")),
        ("organisation", _("Calendar of the requester's organisation")),
        ("place", _("Calendar of the requester's place")),
        ("team", _("Calendar of the team")),
    ]

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="targets")
    metric = models.CharField(max_length=16, choices=METRICS)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey("catalogue.Service", models.PROTECT, null=True, blank=True, related_name="+")
    type = models.CharField(max_length=16, blank=True)
    priority = models.CharField(max_length=2, blank=True)
    team = models.ForeignKey("people.Team", models.PROTECT, null=True, blank=True, related_name="+")
    place = models.ForeignKey("people.Place", models.PROTECT, null=True, blank=True, related_name="+")
    value = models.IntegerField()
    unit = models.CharField(max_length=7, default="seconds")
    calendar = models.ForeignKey("calendars.Calendar", models.PROTECT, related_name="+")
    calendar_ref = models.CharField(max_length=12, choices=CALENDARS, default="fixed")
    pauses = models.JSONField(default=dict)  # {reason: rests?} where it differs from the policy of the metric
    pause_count = models.SmallIntegerField(null=True, blank=True)  # caps: beyond them the clock runs
    pause_seconds = models.IntegerField(null=True, blank=True)
    reopen_mode = models.CharField(max_length=9, default="continue")
    rebind_mode = models.CharField(max_length=12, default="from_start")
    stop_on = models.CharField(max_length=8, default="resolved")  # or restored
    keep_breach = models.BooleanField(default=True)
    warn = models.JSONField(default=list)  # [{"percent": 75} or {"left": seconds}, with who is told]
    rank = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ["version", "rank", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(value__gte=1), name="target_is_positive"),
            models.UniqueConstraint(
                fields=[
                    "version",
                    "metric",
                    "organisation",
                    "service",
                    "type",
                    "priority",
                    "team",
                    "place",
                    "rank",
                ],
                nulls_distinct=False,
                name="no_two_targets_alike",
            ),
        ]


class HoursOf(models.Model):
    """The calendar of an organisation, a place, a team or a service: its service hours."""

    KINDS: ClassVar = ("organisation", "place", "team", "service")

    kind = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    calendar = models.ForeignKey("calendars.Calendar", models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "subject"], name="one_calendar_each")
        ]


class SlaClock(models.Model):
    """A clock of a ticket as it stood at ``read_at``, its last relevant fact: a projection of the journal (§4.3)."""

    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="clocks")
    metric = models.CharField(max_length=16)
    cycle = models.SmallIntegerField(default=1)
    team = models.BigIntegerField(null=True)  # of ack and hold
    target_id = models.BigIntegerField()
    agreement_version = models.BigIntegerField()
    calendar_version = models.BigIntegerField()
    started_at = models.DateTimeField()  # s
    stopped_at = models.DateTimeField(null=True)  # x
    elapsed = models.IntegerField()  # E
    target = models.IntegerField()  # T
    unit = models.CharField(max_length=7)
    due_at = models.DateTimeField(null=True)
    breach_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=14)
    outcome = models.CharField(max_length=14, blank=True)
    contract = models.CharField(max_length=14, blank=True)
    breach_cause = models.CharField(max_length=12, blank=True)
    negotiated_at = models.DateTimeField(null=True)
    binding = models.SmallIntegerField(default=0)
    wake_at = models.DateTimeField(null=True)  # next warning, breach or step of the ladder, if nothing changes
    read_at = models.DateTimeField()
    computed_from_seq = models.IntegerField()
    engine_version = models.SmallIntegerField()
    tzdb_version = models.CharField(max_length=10)

    VALUES: ClassVar[tuple[str, ...]] = (
        "team",
        "target_id",
        "agreement_version",
        "calendar_version",
        "started_at",
        "stopped_at",
        "elapsed",
        "target",
        "unit",
        "due_at",
        "breach_at",
        "breached_at",
        "state",
        "outcome",
        "contract",
        "breach_cause",
        "negotiated_at",
        "binding",
        "wake_at",
        "read_at",
        "computed_from_seq",
        "engine_version",
        "tzdb_version",
    )

    class Meta:
        ordering = ["ticket", "metric", "cycle"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ticket", "metric", "cycle"], name="one_clock_per_instance")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["wake_at"], name="clock_to_wake", condition=Q(wake_at__isnull=False)),
            models.Index(
                fields=["agreement_version", "target_id"], name="clock_running", condition=Q(stopped_at__isnull=True)
            ),
        ]

    def values(self) -> dict[str, Any]:
        """Everything but its identity, to be compared with a recomputation."""
        return {name: getattr(self, name) for name in self.VALUES}


class Promise(models.Model):
    """One row per ticket: what is due next, for lists in the order of the nearest promise."""

    class Standing(models.IntegerChoices):
        """Order of the groups within a list."""

        RUNNING = 0, _("running")
        PAUSED = 1, _("paused")
        UNWATCHED = 2, _("unwatched")
        OVER = 3, _("over")

    ticket = models.OneToOneField("tickets.Ticket", models.PROTECT, primary_key=True, related_name="promise")
    standing = models.SmallIntegerField(default=Standing.UNWATCHED)
    due_at = models.DateTimeField(null=True)  # of the nearest running promise
    breach_at = models.DateTimeField(null=True)  # of the same: late after it, not before
    metric = models.CharField(max_length=16, blank=True)  # of the same; 'update' is the promised next word
    calendar_version = models.BigIntegerField(null=True)  # of the same; None: plain time
    left_seconds = models.IntegerField(null=True)  # of the resting solution clock
    unit = models.CharField(max_length=7, default="seconds")
    first_due_at = models.DateTimeField(null=True)
    first_met_at = models.DateTimeField(null=True)
    solution_due_at = models.DateTimeField(null=True)
    solution_first_due_at = models.DateTimeField(null=True)  # as it was when the ticket was opened
    pause_ends_at = models.DateTimeField(null=True)  # date stated with the hold
    seq = models.IntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(F("standing"), F("due_at").asc(nulls_last=True), F("ticket"), name="promise_nearest"),
            models.Index(fields=["due_at"], name="promise_due", condition=Q(standing=0)),
        ]


class PreviewRun(models.Model):
    """A look at every running clock under drafted targets, by a job; ``told`` is what it has found so far."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="+")
    drafts: models.JSONField[Any, Any] = models.JSONField()  # contents of targets
    mode = models.CharField(max_length=12)
    told: models.JSONField[Any, Any] = models.JSONField(default=dict)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class VerifyRun(models.Model):
    """One comparison of the stored clocks with the journal, so that a report can say when it was last made."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    tickets = models.IntegerField()
    differences = models.IntegerField()
    whole = models.BooleanField()  # every ticket, not some that were named

    class Meta:
        ordering = ["-ended_at", "-pk"]
