"""The form of a mailbox."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.channels.models import Mailbox
from otklik.people.forms.provider import ProviderForm
from otklik.people.models import Team


class WordsField(forms.Field):
    """Several words in one line, apart by commas or blanks; a list."""

    def prepare_value(self, value: Any) -> Any:
        """As the line shows it."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        """As the row keeps it: lower case, each once."""
        words = value if isinstance(value, list | tuple) else str(value or "").replace(",", " ").split()
        return list(dict.fromkeys(str(word).strip().lower() for word in words if str(word).strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare lists, not lines."""
        return self.to_python(initial) != self.to_python(data)


class MailboxForm(ProviderForm):
    """One mailbox: how it is reached, what becomes of its letters, whose word about senders is believed."""

    field_order = (
        *("name", "address", "aliases", "host", "port", "tls", "verify", "user", "password"),
        *("sign_in", "token_url", "client_id", "client_secret", "refresh_token", "scope"),
    )
    name = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("For commands: otklik mail pipe --mailbox NAME"),
    )
    address = forms.EmailField(label=gettext_lazy("Address under which people write"), required=False)
    aliases = WordsField(
        label=gettext_lazy("Further addresses of ours"),
        required=False,
        help_text=gettext_lazy("Letters from them are our own and are never answered"),
    )
    host = forms.CharField(
        label=gettext_lazy("IMAP server"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Empty: a mail server hands letters over by itself (otklik mail pipe)"),
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993)
    tls = forms.ChoiceField(
        label=gettext_lazy("Protection"),
        choices=[
            ("tls", gettext_lazy("TLS, port 993")),
            ("starttls", gettext_lazy("STARTTLS, port 143")),
            ("none", gettext_lazy("none: the password goes in clear text")),
        ],
    )
    verify = forms.BooleanField(label=gettext_lazy("Check the server's certificate"), required=False)
    user = forms.CharField(label=gettext_lazy("User"), max_length=320, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("Kept encrypted, never shown. Empty: stays as it is"),
    )
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=200)
    after = forms.ChoiceField(
        label=gettext_lazy("A letter that we have kept"),
        choices=[
            ("seen", gettext_lazy("stays on the server, marked as read")),
            ("move", gettext_lazy("is moved to another folder")),
            ("delete", gettext_lazy("is deleted from the server")),
        ],
    )
    after_folder = forms.CharField(label=gettext_lazy("Folder for letters moved"), max_length=200, required=False)
    since = forms.DateField(
        label=gettext_lazy("Letters from this day on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Older ones stay on the server untouched"),
    )
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Look every so many seconds"), min_value=5, max_value=3600, initial=60
    )
    authserv_ids = WordsField(
        label=gettext_lazy("Name by which our mail server signs its checks (authserv-id)"),
        required=False,
        help_text=gettext_lazy("Stands first in Authentication-Results. Without it no sender counts as verified"),
    )
    checks_dkim = forms.BooleanField(label=gettext_lazy("Check DKIM signatures ourselves (asks DNS)"), required=False)
    relay_networks = WordsField(
        label=gettext_lazy("Trusted relay: its addresses"),
        required=False,
        help_text=gettext_lazy("10.0.0.0/24: letters handed over from there"),
    )
    relay_domains = WordsField(
        label=gettext_lazy("Trusted relay: its domains"),
        required=False,
        help_text=gettext_lazy("Senders of these domains count as verified when the relay handed their letter over"),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Team of new tickets"),
        required=False,
        empty_label=gettext_lazy("the service desk"),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("ru", "Русский"), ("en", "English")])
    staff_replies = forms.ChoiceField(
        label=gettext_lazy("An answer that a colleague writes by mail"),
        choices=[("public", gettext_lazy("goes to the requester")), ("internal", gettext_lazy("stays internal"))],
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any], mailbox: Mailbox | None = None) -> None:
        super().__init__(data, initial=initial)
        self.mailbox = mailbox
        self.fields["team"].queryset = Team.objects.filter(is_active=True).order_by("pk")  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_name(self) -> str:
        """Names are unique."""
        name = str(self.cleaned_data["name"])
        others = Mailbox.objects.filter(name=name)
        if self.mailbox is not None:
            others = others.exclude(pk=self.mailbox.pk)
        if others.exists():
            raise forms.ValidationError(_("Another mailbox has this name"))
        return name

    def has_refresh_token(self) -> bool:
        """Whether the mailbox has one."""
        return self.mailbox is not None and bool(self.mailbox.refresh_token)

    def clean_relay_networks(self) -> list[str]:
        """Each is an address or a network."""
        for word in self.cleaned_data["relay_networks"]:
            try:
                ip_network(word, strict=False)
            except ValueError:
                raise forms.ValidationError(_("“%(word)s” is no network address") % {"word": word}) from None
        return list(self.cleaned_data["relay_networks"])

    def clean(self) -> dict[str, Any]:
        """What belongs together."""
        cleaned = super().clean()
        if cleaned.get("host") and not cleaned.get("user"):
            self.add_error("user", _("Say under which user we sign in"))
        if cleaned.get("after") == "move" and not cleaned.get("after_folder"):
            self.add_error("after_folder", _("Say where letters are moved"))
        if bool(cleaned.get("relay_networks")) != bool(cleaned.get("relay_domains")):
            self.add_error("relay_domains", _("A trusted relay needs both its addresses and its domains"))
        return cleaned
