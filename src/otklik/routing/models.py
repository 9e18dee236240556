"""Decision, Given, Decline, Page, CallHook, HandOver: what was decided and why, who was given what, who was called."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from otklik.people.models import Person, Team
from otklik.people.rota import Absence, Rotation
from otklik.tickets.models import Ticket


class Decision(models.Model):
    """One answer of the choice for one ticket, with everything it was given (domain.md §6.4); never changed later.

    Only ``state`` and how it was settled move on: a proposal is accepted, overridden or overtaken.
    """

    class State(models.TextChoices):
        """What became of it."""

        PROPOSED = "proposed", _("proposed")
        ASSIGNED = "assigned", _("assigned")
        ACCEPTED = "accepted", _("accepted")
        OVERRIDDEN = "overridden", _("decided otherwise")
        UNAVAILABLE = "unavailable", _("nobody available")
        DECLINED = "declined", _("declined")
        OVERTAKEN = "overtaken", _("overtaken")

    STANDING: ClassVar = (State.PROPOSED, State.UNAVAILABLE)

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="decisions")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=12)
    made_at = models.DateTimeField()
    inputs = models.JSONField()  # as routing.frozen.freeze made them
    result = models.JSONField()  # as routing.frozen.answer made it
    rule = models.JSONField(default=dict)  # {"version", "name"} of the rule that named the team; empty: the service
    weights_version = models.IntegerField(default=0)
    winner = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    points = models.SmallIntegerField(default=0)  # weight of the ticket when it was decided
    state = models.CharField(max_length=12, choices=State.choices)
    checked_at = models.DateTimeField()  # when it was last found to hold still
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # who was put on it instead
    reason_code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=("proposed", "unavailable")), name="one_standing_decision"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["ticket", "-id"], name="decision_ticket"),
            models.Index(
                fields=["checked_at"], name="decision_standing", condition=Q(state__in=("proposed", "unavailable"))
            ),
            models.Index(fields=["team", "made_at"], name="decision_team"),
        ]


class Given(models.Model):
    """A ticket came to somebody (or back to a team's queue): a projection of ``assignment.changed``."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="given")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    mode = models.CharField(max_length=16)
    automatic = models.BooleanField(default=False)  # the choice decided it: counts for fairness
    points = models.SmallIntegerField(default=0)
    entry = models.BigIntegerField(unique=True, null=True)  # of the journal; None for a history written at once

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["ticket", "at"], name="given_ticket"),
            models.Index(fields=["person", "-at"], name="given_person"),
        ]


class Decline(models.Model):
    """Somebody gave a ticket back, within 30 minutes and with a reason; the choice goes on without them."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="declines")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ticket", "person"], name="declined_once")]


class Skip(models.Model):
    """Somebody asked for the next ticket and passed one over, with a reason; it is not offered to them that day."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "at"], name="skip_person")]


class Flag(models.Model):
    """A ticket bounces between teams: shown with its whole path until it is solved."""

    ticket = models.OneToOneField(Ticket, models.PROTECT, primary_key=True, related_name="bouncing")
    path = models.JSONField()  # ids of teams in order
    since = models.DateTimeField()


class Page(models.Model):
    """A call to somebody outside working hours, one step of the ladder; the last one of a ticket may be answered."""

    STEPS: ClassVar = [("on_call", _("on call")), ("lead", _("team lead")), ("manager", _("service manager"))]

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="pages")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    step = models.CharField(max_length=8, choices=STEPS)
    order = models.SmallIntegerField()
    at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # acknowledged, or nobody needs to be called any more

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ticket", "order"], name="one_page_per_step")]
        indexes: ClassVar = [models.Index(fields=["at"], name="page_open", condition=Q(ended_at__isnull=True))]


class CallHook(models.Model):
    """An address that hears of calls by webhook: of every team's, of one team's, or of one rotation's turns."""

    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    rotation = models.ForeignKey(Rotation, models.CASCADE, null=True, blank=True, related_name="+")
    url = models.URLField(max_length=500)
    secret = models.TextField()  # sealed
    is_active = models.BooleanField(default=True)
    tried_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=20, blank=True)  # how the last try went, as in callhooks.NotHeard, or "heard"

    def __str__(self) -> str:
        return self.name


class HandOver(models.Model):
    """A ticket of somebody who went away, proposed to the deputy; one click hands it over."""

    STATES: ClassVar = [("proposed", _("proposed")), ("done", _("handed over")), ("kept", _("stays"))]

    absence = models.ForeignKey(Absence, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="hand_overs")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    deputy = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=STATES, default="proposed")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["absence", "ticket"], name="one_hand_over")]
        indexes: ClassVar = [models.Index(fields=["person", "state"], name="hand_over_person")]
