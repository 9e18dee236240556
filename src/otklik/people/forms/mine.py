"""The form of what everybody settles for oneself."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from otklik.people.forms.records import zones
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person


class MineForm(StrictForm):
    """Language, zone, theme, letter keys, phone."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("ru", "Русский"), ("en", "English")])
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)
    theme = forms.ChoiceField(label=gettext_lazy("Theme"), choices=Person.THEMES, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    letter_keys = forms.BooleanField(
        label=gettext_lazy("Letter keys in the workspace"),
        required=False,
        help_text=gettext_lazy("J and K for next and previous, R for a reply. The list opens with “?”"),
    )
