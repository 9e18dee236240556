"""Skill, AgentSkill, SkillNeed: what people can, who says so, and how many a team wants of whom."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from otklik.people.models import Person, Team

LEVELS = range(1, 6)


class Skill(models.Model):
    """A product, technology, language or clearance, in a tree."""

    code = models.SlugField(max_length=40, unique=True)
    name_ru = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return self.name_en if (get_language() or "ru").startswith("en") else self.name_ru


class AgentSkill(models.Model):
    """How well a person can something. It counts once a lead has confirmed it and until its last day (§6.1).

    ``wish`` is another level that the person claims meanwhile: the confirmed one holds until a lead decides.
    """

    SOURCES: ClassVar = [("self", _("says so")), ("lead", _("a lead says so")), ("certificate", _("certificate"))]

    person = models.ForeignKey(Person, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="holders")
    level = models.PositiveSmallIntegerField()
    wish = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=12, choices=SOURCES, default="self")
    valid_until = models.DateField(null=True, blank=True)  # the last day on which it counts
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "skill"], name="one_level_per_skill"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="skill_level_1_to_5"),
            models.CheckConstraint(condition=Q(wish=None) | Q(wish__range=(1, 5)), name="skill_wish_1_to_5"),
        ]


class SkillNeed(models.Model):
    """How many people with a skill a team wants on shift whenever anybody of it is."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="needs")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="needs")
    level = models.PositiveSmallIntegerField(default=3)
    people = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "skill"], name="one_need_per_skill"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="need_level_1_to_5"),
        ]
