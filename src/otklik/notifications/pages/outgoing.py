"""Settings of outgoing mail: the server, our address, a test that says in words what is wrong, history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from otklik.notifications import outgoing
from otklik.outbox import posting, probe, sender, vault
from otklik.outbox.headers import normal
from otklik.outbox.models import Sender, Tls
from otklik.people.doors import needs
from otklik.people.forms.provider import ProviderForm
from otklik.people.models import Person
from otklik.people.pages.histories import names_of
from otklik.people.pages.start import add_step
from otklik.ui import sidebar
from otklik.ui.settings_pages import Change, Version

ADDRESS = "/settings/outgoing"


class SenderForm(ProviderForm):
    """How mail leaves."""

    outside = ProviderForm.outside | {"check", "letter"}
    field_order = (
        *("from_address", "from_name", "host", "port", "tls", "verify", "user", "secret"),
        *("sign_in", "token_url", "client_id", "client_secret", "refresh_token", "scope"),
    )

    from_address = forms.EmailField(
        label=gettext_lazy("Our address"), help_text=gettext_lazy("Letters come from it and are answered to it")
    )
    from_name = forms.CharField(label=gettext_lazy("Our name"), max_length=100, required=False)
    host = forms.CharField(
        label=gettext_lazy("Mail server"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("While it is empty, nothing leaves: letters are kept and shown"),
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    tls = forms.ChoiceField(
        label=gettext_lazy("Protection"),
        choices=[
            (Tls.STARTTLS, gettext_lazy("STARTTLS, usual on port 587")),
            (Tls.TLS, gettext_lazy("TLS at once, usual on port 465")),
            (Tls.NONE, gettext_lazy("none, only inside one's own network")),
        ],
    )
    verify = forms.BooleanField(label=gettext_lazy("Check the server's certificate"), required=False)
    user = forms.CharField(label=gettext_lazy("User name"), max_length=200, required=False)
    secret = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Empty: as before"),
    )
    reply_mailbox = forms.CharField(
        label=gettext_lazy("Mailbox for answers, before the plus sign"), max_length=64, required=False
    )
    reply_domain = forms.CharField(label=gettext_lazy("Domain for answers"), max_length=200, required=False)
    null_return_path = forms.BooleanField(
        label=gettext_lazy("Automatic letters have no return address"),
        required=False,
        help_text=gettext_lazy("So that machines do not answer them. A few providers refuse such letters"),
    )
    holding = forms.BooleanField(label=gettext_lazy("Hold everything back for now"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any], now: Sender | None) -> None:
        super().__init__(data, initial=initial)
        self.now = now

    def has_refresh_token(self) -> bool:
        """Whether the settings that count have one."""
        return self.now is not None and bool(self.now.refresh_token)

    def clean(self) -> dict[str, Any]:
        """A token is somebody's."""
        cleaned = super().clean()
        if cleaned.get("sign_in") == "oauth2" and not cleaned.get("user"):
            self.add_error("user", _("Say under which user we sign in"))
        return cleaned

    def clean_from_address(self) -> str:
        """An address as the outbox can use it."""
        return normal(self.cleaned_data["from_address"])


@needs("settings.mail")
@sensitive_post_parameters("secret", "client_secret", "refresh_token")
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Read, try ("check", saves nothing), send oneself a letter ("letter"), or save."""
    now = sender.current()
    form = SenderForm(request.POST or None, initial=_initial(now), now=now)
    if "letter" in request.POST:
        return _send_letter(request)
    if not form.is_valid():
        return _answer(request, form, None, 422 if form.is_bound else 200)
    values = dict(form.cleaned_data)
    if "check" in request.POST:
        tried = _candidate(now, values)
        found = probe.probe(tried) if tried.host else probe.Finding("name")
        return _answer(request, form, found, 200)
    outgoing.settle(actor=request.actor, **values)  # type: ignore[attr-defined]  # set by the middleware
    messages.success(request, _("Saved"))
    return HttpResponseRedirect(ADDRESS, status=303)


def _initial(now: Sender | None) -> dict[str, Any]:
    base = Sender(from_address="") if now is None else now
    return {name: value for name, value in model_to_dict(base).items() if name in outgoing.FIELDS}


def _candidate(now: Sender | None, values: dict[str, Any]) -> Sender:
    """The settings as they stand in the form, not kept."""
    secrets = {name: str(values.pop(name, "") or "") for name in sender.SECRETS}
    tried = Sender(**values)
    for name, secret in secrets.items():
        setattr(tried, name, vault.seal(secret) if secret else getattr(now, name, ""))
    return tried


def _send_letter(request: HttpRequest) -> HttpResponse:
    """A letter to whoever asks, through the settings that are kept."""
    person = request.user
    assert isinstance(person, Person)
    letter = posting.Letter(
        to=person.email or "",
        name=person.name,
        person=person.pk,
        subject=_("A test letter from the support desk"),
        text=_("If you can read this, mail leaves the desk."),
        kind="test",
        language=person.language,
    )
    posting.post(letter)
    messages.success(request, _("A letter to %(address)s is on its way") % {"address": person.email})
    return HttpResponseRedirect(ADDRESS, status=303)


def _answer(request: HttpRequest, form: SenderForm, found: probe.Finding | None, status: int) -> HttpResponse:
    now = sender.current()
    context = sidebar.frame(request) | {
        "form": form,
        "found": found,
        "words": outgoing.in_words(found) if found else "",
        "trapping": sender.trapping(now),
        "holding": sender.holding(now),
        "history": _history(),
    }
    return render(request, "notifications/outgoing.html", context, status=status, using="jinja2")


def _history() -> list[Version]:
    entries = outgoing.history()
    people = names_of(f"{entry.actor_kind}:{entry.actor_id}" for entry in entries)
    labels = {name: field.label for name, field in SenderForm.base_fields.items()}
    shown = {True: _("yes"), False: _("no"), None: "—", "": "—"}
    return [
        Version(
            at=entry.effective_at,
            who=people.get(f"{entry.actor_kind}:{entry.actor_id}", _("Otklik")),
            changes=[
                Change(labels.get(name, name), shown.get(old, old), shown.get(new, new))
                for name, (old, new) in entry.payload["changes"].items()
            ],
        )
        for entry in entries
    ]


def _told() -> tuple[bool, str]:
    now = sender.current()
    return bool(now and now.host), now.from_address if now and now.host else _("letters are kept and shown, not sent")


add_step("outgoing", gettext_lazy("Outgoing mail"), "notifications:outgoing", _told, act="settings.mail", order=60)
sidebar.add_page("contact", gettext_lazy("Outgoing mail"), "send", "notifications:outgoing", "settings.mail", 30)
