"""Survey, its keys and scores; MailedLink: one ticket and one person, for a while."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Survey(models.Model):
    """One offer to rate one solution. A later solution of the same ticket supersedes it."""

    MODES: ClassVar = ("named", "confidential", "anonymous")

    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="surveys")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=12)  # printed in the letter, never changed afterwards
    version = models.IntegerField()  # of the configuration that made the offer
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    spent_on = models.DateField(null=True)  # month in which an anonymous score was given; it cannot be changed

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=("named", "confidential", "anonymous")), name="survey_mode"),
            models.UniqueConstraint(
                fields=["ticket", "person"], condition=Q(superseded_at=None), name="one_survey_in_force"
            ),
        ]
        indexes = [models.Index(fields=["person", "-created_at"], name="survey_person")]


class SurveyKey(models.Model):
    """A mailed key of a survey; only the digest of the secret is kept. A reminder brings a key of its own."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()


class Opening(models.Model):
    """A page with a score preselected was opened by a running browser; told by the page, never by GET."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="openings")
    score = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["survey", "at"], name="opening_recent")]


class Score(models.Model):
    """One to five, and words. All that were given stay; the last one of a survey in force counts."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="scores")
    score = models.SmallIntegerField()
    comment = models.TextField(blank=True)
    channel = models.CharField(max_length=8)  # portal, letter
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(score__range=(1, 5)), name="score_range")]
        indexes = [models.Index(fields=["survey", "-at"], name="score_last")]


class AnonymousScore(models.Model):
    """A score of the anonymous mode: no ticket, no person, no exact time."""

    month = models.DateField()
    team = models.ForeignKey("people.Team", models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey("catalogue.Service", models.PROTECT, null=True, related_name="+")
    score = models.SmallIntegerField()
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(score__range=(1, 5)), name="anonymous_score_range")]


class MailedLink(models.Model):
    """Lets one person, without signing in, read the public part of one ticket, confirm, object and rate."""

    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, hexadecimal
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "person"], name="mailed_link_of")]
