"""What a token of the API may be used for, in codes and in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "tickets.read": _("Read tickets"),
    "tickets.internal": _("Read and write internal notes"),
    "tickets.create": _("Open tickets"),
    "tickets.reply": _("Write messages"),
    "tickets.confirm": _("Confirm, withdraw and reopen"),
    "tickets.work": _("Work on tickets: take, put on hold, solve, edit"),
    "tickets.assign": _("Assign tickets"),
    "people.read": _("Look people up"),
    "relay": _("Speak in the name of other people"),
}
