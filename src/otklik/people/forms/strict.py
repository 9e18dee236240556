"""A form that takes only what it asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from otklik.people import audit

OUTSIDE = frozenset({"csrfmiddlewaretoken", "next", "review", "idempotency_key"})  # what pages add to their forms


class StrictForm(forms.Form):
    """Refuses a submission that carries a field the form does not have, and notes it in the access log."""

    outside: frozenset[str] = OUTSIDE

    def clean(self) -> dict[str, Any]:
        """Find the strangers among what was sent."""
        cleaned = super().clean() or {}
        names = {self.add_prefix(name) for name in self.fields} | self.outside
        strangers = [name for name in self.data if name not in names]
        if strangers:
            audit.note(audit.strangers(strangers, type(self).__name__))
            raise forms.ValidationError(
                _("This page has no field “%(name)s”. Nothing was changed") % {"name": strangers[0]}
            )
        return cleaned
