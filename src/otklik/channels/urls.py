"""Addresses of the channels: mailboxes, ledger and quarantine, inside the settings."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy

from otklik.channels.models import PARKED, Inbound
from otklik.channels.pages import letters, mailboxes
from otklik.ui.sidebar import add_page


def _parked() -> int | None:
    return Inbound.objects.filter(outcome=PARKED).count() or None


app_name = "channels"
urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/mail", mailboxes.overview, name="mail"),
    path("settings/mail/boxes/<int:key>/look", mailboxes.look, name="mailbox-look"),
    path("settings/mail/boxes/<int:key>/reading", mailboxes.again, name="mailbox-again"),
    path("settings/mail/boxes/<int:key>/gap", mailboxes.gap, name="mailbox-gap"),
    path("settings/mail/boxes/<int:key>/test", mailboxes.test, name="mailbox-test"),
    *mailboxes.PAGE.urls(),
    path("settings/mail/ledger", letters.ledger, name="ledger"),
    path("settings/mail/quarantine", letters.waiting, name="quarantine"),
    path("settings/mail/letters/<int:key>/source", letters.source, name="letter-source"),
    path("settings/mail/letters/<int:key>/release", letters.release, name="letter-release"),
    path("settings/mail/letters/<int:key>/ticket", letters.join, name="letter-join"),
    path("settings/mail/letters/<int:key>/refusal", letters.refuse, name="letter-refusal"),
    path("settings/mail/letters/<int:key>/return", letters.take_back, name="letter-return"),
]
add_page("contact", gettext_lazy("Mailboxes"), "mail", "channels:mail", "mail.see", 10)
add_page("contact", gettext_lazy("Quarantine"), "shield-alert", "channels:quarantine", "mail.see", 20, count=_parked)
add_page("contact", gettext_lazy("Ledger of letters"), "list", "channels:ledger", "mail.see", 30)
