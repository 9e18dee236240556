"""The fields by which a mailbox or a mail server signs in with a provider's token (OAuth 2.0)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.people.forms.strict import StrictForm


class ProviderForm(StrictForm):
    """How we sign in: with a password, or with a token that we renew by ourselves; secrets are never shown."""

    sign_in = forms.ChoiceField(
        label=gettext_lazy("How we sign in"),
        required=False,
        choices=[
            ("password", gettext_lazy("with the password")),
            ("oauth2", gettext_lazy("with a token of the provider (OAuth 2.0)")),
        ],
    )
    token_url = forms.URLField(
        label=gettext_lazy("Provider's address for tokens"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Only for OAuth 2.0, like the four fields below"),
    )
    client_id = forms.CharField(label=gettext_lazy("Client id"), max_length=300, required=False)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("Kept encrypted, never shown. Empty: stays as it is"),
    )
    refresh_token = forms.CharField(
        label=gettext_lazy("Refresh token"),
        required=False,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("We renew access by ourselves and raise the alarm when the provider refuses"),
    )
    scope = forms.CharField(label=gettext_lazy("Scope"), max_length=500, required=False)

    def clean_sign_in(self) -> str:
        """A form that does not speak of it means the password."""
        return str(self.cleaned_data["sign_in"] or "password")

    def has_refresh_token(self) -> bool:
        """Whether one is kept already, so that the field may stay empty."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """What a token needs."""
        cleaned = super().clean()
        if cleaned.get("sign_in") != "oauth2":
            return cleaned
        if not str(cleaned.get("token_url") or "").startswith("https://"):
            self.add_error("token_url", _("Say where the provider gives out tokens; it begins with https://"))
        if not cleaned.get("client_id"):
            self.add_error("client_id", _("Say under which name the provider knows us"))
        if not cleaned.get("refresh_token") and not self.has_refresh_token():
            self.add_error("refresh_token", _("Without a refresh token access would end within the hour"))
        return cleaned
