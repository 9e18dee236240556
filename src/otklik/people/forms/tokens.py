"""The form of an API token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from otklik.people.forms.strict import StrictForm
from otklik.people.models import Organisation, Person

LIVES = [("30", gettext_lazy("30 days")), ("90", gettext_lazy("90 days")), ("365", gettext_lazy("a year"))]


class TokenForm(StrictForm):
    """What a client is called, who answers for it, what it may do and for how long."""

    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=120)
    owner = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Owner"), empty_label=None)
    scopes = forms.MultipleChoiceField(label=gettext_lazy("It may"), widget=forms.CheckboxSelectMultiple)
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Only tickets of"),
        required=False,
        empty_label=gettext_lazy("everybody"),
    )
    days = forms.ChoiceField(label=gettext_lazy("It ends after"), choices=LIVES, initial="90")

    def __init__(self, *args: Any, scopes: Mapping[str, Any], **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        asked = self.fields["scopes"]
        assert isinstance(asked, forms.MultipleChoiceField)
        asked.choices = list(scopes.items())
        owner, organisation = self.fields["owner"], self.fields["organisation"]
        assert isinstance(owner, forms.ModelChoiceField)
        assert isinstance(organisation, forms.ModelChoiceField)
        owner.queryset = Person.objects.filter(is_active=True).order_by("name")
        organisation.queryset = Organisation.objects.filter(is_active=True).order_by("name")
