"""The form of a service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from otklik.catalogue.models import Service
from otklik.people.forms.records import choose
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person, Team

ICONS = "laptop mail network phone printer key-round server app-window database globe shield users".split()


class ServiceForm(StrictForm):
    """A service as requesters know it."""

    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    description_ru = forms.CharField(
        label=gettext_lazy("One line about it, in Russian"), max_length=300, required=False
    )
    description_en = forms.CharField(
        label=gettext_lazy("One line about it, in English"), max_length=300, required=False
    )
    parent = forms.ModelChoiceField(
        Service.objects.none(), label=gettext_lazy("Part of"), required=False, empty_label=gettext_lazy("on its own")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("not chosen")
    )
    owner = forms.ModelChoiceField(
        Person.objects.none(), label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("not chosen")
    )
    icon = forms.ChoiceField(label=gettext_lazy("Icon"), choices=[(name, name) for name in ICONS], initial="laptop")
    position = forms.IntegerField(label=gettext_lazy("Place in the list"), min_value=0, max_value=999, initial=0)
    is_critical = forms.BooleanField(
        label=gettext_lazy("Critical: urgency one step up"),
        required=False,
        help_text=gettext_lazy("Holds for tickets that come or change from now on"),
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Every agent may read the public part of its tickets"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, service: Service | None = None, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        tops = Service.objects.filter(is_active=True, parent=None)
        choose(self, "parent", tops.exclude(pk=service.pk) if service else tops)
        choose(self, "team", Team.objects.filter(is_active=True).order_by("pk"))
        choose(self, "owner", Person.objects.filter(is_active=True).order_by("name"))
