"""ShiftPattern, Shift, Absence, OnCall, Rotation: when people are there, when not, and who answers at night."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from otklik.calendars.models import Calendar
from otklik.people.models import Person, Team


class ShiftPattern(models.Model):
    """Hours of a person that come back every week, on the walls of his own zone.

    ``hours`` is {weekday: [[from, to], …]} as in `businesstime.hours.week_hours`. A chosen calendar takes its
    holidays away and brings its moved working days; without a team the hours are for every team of the person.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="patterns")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    tz = models.CharField(max_length=50)
    hours = models.JSONField(default=dict)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day
    calendar = models.ForeignKey(Calendar, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "valid_from"], name="pattern_person")]


class Shift(models.Model):
    """One row of the roster: a person is there from one moment to another, beside what his week says."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="shifts")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    tz = models.CharField(max_length=50)  # in which it was agreed and is shown

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start")
        ]
        indexes: ClassVar = [models.Index(fields=["person", "ends_at"], name="shift_person")]


class Absence(models.Model):
    """A person is not there; whoever covers is the deputy. Why is for the person and his leads only."""

    KINDS: ClassVar = [
        ("vacation", _("Vacation")),
        ("illness", _("Illness")),
        ("training", _("Training")),
        ("errand", _("Business trip")),
        ("other", _("Another reason")),
    ]

    person = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the first moment back
    kind = models.CharField(max_length=10, choices=KINDS, default="vacation")
    deputy = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="stands_in")
    source = models.CharField(max_length=255, blank=True)  # UID of the calendar entry it was read from
    cancelled_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)  # when its beginning was announced
    over_at = models.DateTimeField(null=True, blank=True)  # when its end was

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_start"),
            models.CheckConstraint(condition=~Q(deputy=F("person")), name="nobody_is_his_own_deputy"),
            models.UniqueConstraint(
                fields=["person", "source"], condition=~Q(source=""), name="one_absence_per_calendar_entry"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "ends_at"], name="absence_person")]


class Rotation(models.Model):
    """Turns of being on call: every ``days`` days it is handed over to the next in the ring at a time of the wall.

    ``depth`` people are on call at once: whose turn it is, then the next of the ring, and so on.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="rotations")
    name = models.CharField(max_length=120)
    tz = models.CharField(max_length=50)
    starts_on = models.DateField()  # the first hand-over
    until = models.DateField(null=True, blank=True)
    hand_over = models.TimeField()
    days = models.PositiveSmallIntegerField(default=7)
    depth = models.PositiveSmallIntegerField(default=2)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class RotationSeat(models.Model):
    """A place in the ring of a rotation."""

    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="seats")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["rotation", "position"], name="one_seat_per_position")]


class OnCall(models.Model):
    """A person answers pages for a team, first (1) or after others; written by hand or by a rotation."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="on_call")
    person = models.ForeignKey(Person, models.CASCADE, related_name="on_call")
    order = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rotation = models.ForeignKey(Rotation, models.CASCADE, null=True, blank=True, related_name="turns")
    by_hand = models.BooleanField(default=False)  # changed by somebody: the rotation leaves it as it is

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="on_call_ends_after_start")
        ]
        indexes: ClassVar = [models.Index(fields=["team", "ends_at"], name="on_call_team")]
