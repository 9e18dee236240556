"""Forms of skills: the tree, what people can, how many a team needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from otklik.people.expertise import AgentSkill, Skill
from otklik.people.forms.records import choose
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person, Team

LEVELS = [
    ("1", gettext_lazy("1: has seen it")),
    ("2", gettext_lazy("2: simple cases")),
    ("3", gettext_lazy("3: most cases")),
    ("4", gettext_lazy("4: hard cases")),
    ("5", gettext_lazy("5: teaches others")),
]


def level_field(label: Any) -> forms.TypedChoiceField:
    """A choice of the five levels."""
    return forms.TypedChoiceField(label=label, choices=LEVELS, coerce=int, initial="3")


class SkillForm(StrictForm):
    """A product, technology, language or clearance."""

    code = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=40,
        help_text=gettext_lazy("Latin letters, digits, hyphens: rules and tables know the skill by it"),
    )
    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    parent = forms.ModelChoiceField(
        Skill.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label=gettext_lazy("on its own"),
        help_text=gettext_lazy("Who can the part counts for the whole, not the other way round"),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choose(self, "parent", Skill.objects.filter(is_active=True).order_by("code"))


class HeldForm(StrictForm):
    """What a person can, as a lead confirms it."""

    person = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Person"), empty_label=None)
    skill = forms.ModelChoiceField(Skill.objects.none(), label=gettext_lazy("Skill"), empty_label=None)
    level = level_field(gettext_lazy("Level"))
    source = forms.ChoiceField(label=gettext_lazy("Who says so"), choices=AgentSkill.SOURCES, initial="lead")
    valid_until = forms.DateField(
        label=gettext_lazy("Counts until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day of a certificate"),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("Confirmed: counts when tickets are assigned"), required=False, initial=True
    )

    def __init__(self, *args: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
        choose(self, "skill", Skill.objects.filter(is_active=True).order_by("code"))


class NeedForm(StrictForm):
    """How many people with a skill a team wants on shift."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    skill = forms.ModelChoiceField(Skill.objects.none(), label=gettext_lazy("Skill"), empty_label=None)
    level = level_field(gettext_lazy("At least at level"))
    people = forms.IntegerField(
        label=gettext_lazy("How many on shift"),
        min_value=0,
        max_value=99,
        initial=1,
        help_text=gettext_lazy("0: nobody in particular"),
    )

    def __init__(self, *args: Any, teams: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = teams
        choose(self, "skill", Skill.objects.filter(is_active=True).order_by("code"))


class ClaimForm(StrictForm):
    """What a person says of himself."""

    outside = StrictForm.outside | {"claim"}
    skill = forms.ModelChoiceField(Skill.objects.none(), label=gettext_lazy("Skill"), empty_label=None)
    level = level_field(gettext_lazy("Level"))

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choose(self, "skill", Skill.objects.filter(is_active=True).order_by("code"))
