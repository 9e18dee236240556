"""The desk as a whole: its name, address, language, zone and phone, and what staff need to sign in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.journal.record import Actor
from otklik.outbox import sender
from otklik.people import standing
from otklik.people.forms.records import zones
from otklik.people.forms.strict import StrictForm
from otklik.people.pages.configured import Topic, page_of


class DeskForm(StrictForm):
    """The desk's settings."""

    name = forms.CharField(
        label=gettext_lazy("Name of the organisation"),
        max_length=200,
        help_text=gettext_lazy("Stands on the sign-in page and in letters"),
    )
    base_url = forms.CharField(
        label=gettext_lazy("Address of the desk"),
        max_length=200,
        help_text=gettext_lazy("Every link in a letter begins with it: https://help.clinic.example"),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("ru", "Русский"), ("en", "English")])
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)
    phone = forms.CharField(
        label=gettext_lazy("Phone for help"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For people who cannot sign in or whose work has stopped"),
    )
    second_factor_for_staff = forms.BooleanField(
        label=gettext_lazy("Staff sign in with a second factor"), required=False
    )

    def clean_base_url(self) -> str:
        """An address with http or https and a host, without a path."""
        value = str(self.cleaned_data["base_url"]).strip().rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.username:
            raise forms.ValidationError(_("Write it as https://help.clinic.example, without anything after the name"))
        return value


def _publish(data: dict[str, Any], actor: Actor) -> None:
    standing.settle(actor=actor, **data)


DESK = page_of(
    "desk",
    gettext_lazy("Desk"),
    [
        Topic(
            key="desk",
            title=gettext_lazy("Name, address, language"),
            line=lambda: standing.desk().name or _("has no name yet"),
            config=standing.NAME,
            form=lambda data, initial: DeskForm(data, initial=initial),
            labels=lambda: {name: field.label for name, field in DeskForm.base_fields.items()},
            initial=lambda data: data | {"base_url": sender.base_url()},
            publish=_publish,
            show=lambda key, value: {True: _("yes"), False: _("no"), "": "—"}.get(value, str(value)),
        )
    ],
    act="settings.desk",
    namespace="people",
)
