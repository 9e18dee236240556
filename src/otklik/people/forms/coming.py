"""Forms of the gate: signing in, the code, the first administrator, a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person

MAX_PASSWORD = 256  # longer ones only cost time


def _hidden_input(autocomplete: str, **attrs: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete, **attrs})


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={"required": gettext_lazy("Write your e-mail address")},
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=_hidden_input("current-password"),
        error_messages={"required": gettext_lazy("Write your password")},
    )


class CodeForm(forms.Form):
    """A code of the authenticator, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
        error_messages={"required": gettext_lazy("Write the code")},
    )


class AskLinkForm(forms.Form):
    """An address to which a link may be mailed."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={
            "required": gettext_lazy("Write your e-mail address"),
            "invalid": gettext_lazy("Write the address as name@company.example"),
        },
    )


class NewPasswordForm(StrictForm):
    """A new password for a person; whoever changes an old one shows it first."""

    current = forms.CharField(
        label=gettext_lazy("Present password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=_hidden_input("current-password"),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=_hidden_input("new-password"),
        help_text=gettext_lazy("At least ten characters: three words that do not belong together are good"),
        error_messages={"required": gettext_lazy("Choose a password")},
    )

    def __init__(self, *args: Any, person: Person, ask_current: bool = True, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.person = person
        if not (ask_current and person.has_usable_password()):
            del self.fields["current"]

    def clean_current(self) -> str:
        """The present password must be right."""
        if not self.person.check_password(self.cleaned_data["current"]):
            raise forms.ValidationError(_("This is not your present password"))
        return str(self.cleaned_data["current"])

    def clean_password(self) -> str:
        """The new one must be hard to guess."""
        password_validation.validate_password(self.cleaned_data["password"], self.person)
        return str(self.cleaned_data["password"])


class FirstAdministratorForm(NewPasswordForm):
    """Who runs this desk; the code is asked for unless the browser is on this very machine."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    company = forms.CharField(label=gettext_lazy("Name of your organisation"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("ru", "Русский"), ("en", "English")])
    code = forms.CharField(
        label=gettext_lazy("Set-up code"),
        max_length=40,
        help_text=gettext_lazy("It was printed where Otklik was started"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["code", "name", "email", "password", "company", "language"]

    def __init__(self, *args: Any, ask_code: bool, **keywords: Any) -> None:
        super().__init__(*args, person=Person(), ask_current=False, **keywords)
        if not ask_code:
            del self.fields["code"]
