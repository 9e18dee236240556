"""What this room adds to the letter of a call at night: the link whose one button answers it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from markupsafe import Markup

from otklik.people.models import Person
from otklik.people.standing import link as link_to
from otklik.routing import callhooks
from otklik.routing.models import Page
from otklik.tickets.models import Ticket

KIND = "called"
BUTTON = (
    "display:inline-block;padding:10px 16px;border-radius:6px;text-decoration:none;"
    "background:#0f5f73;color:#ffffff;border:1px solid #0f5f73"
)


@dataclass(frozen=True, slots=True)
class LetterPart:
    """A block of a letter in both forms."""

    text: str
    html: Markup


def parts(*, kind: str, ticket: Ticket, recipient: Person, language: str) -> list[LetterPart]:
    """The link of the newest call to this person about the ticket, where it still waits for an answer."""
    if kind != KIND:
        return []
    page = Page.objects.filter(ticket=ticket, person=recipient, ended_at=None).order_by("-order").first()
    if page is None:
        return []
    address = link_to(reverse("routing:answer", args=[callhooks.link_of(page)]))
    with override(language):
        words = _("I answer it")
        note = _(
            "It leads to a page with one button; opening it changes nothing. The link is yours alone, for 6 hours."
        )
    html = Markup(
        '<p style="margin:24px 0 8px"><a href="{}" style="{}">{}</a></p>'
        '<p style="margin:0;color:#5c6d71;font-size:13px">{}</p>'
    ).format(address, BUTTON, words, note)
    return [LetterPart(f"{words}: {address}\n{note}", html)]
