"""What this room adds to letters about a solution: the two answers and the five scores, as plain text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from markupsafe import Markup

from otklik.feedback import links, surveys
from otklik.feedback.models import Survey
from otklik.feedback.wording import mode_words, score_names
from otklik.people.models import Person
from otklik.people.standing import link as link_to
from otklik.tickets.models import Ticket

KINDS = frozenset({"solution", "closing"})  # the solution letter, and the reminder before it closes by itself


@dataclass(frozen=True, slots=True)
class LetterPart:
    """A block of a letter in both forms."""

    text: str
    html: Markup


def parts(*, kind: str, ticket: Ticket, recipient: Person, language: str) -> list[LetterPart]:
    """Blocks for a letter of this kind to this person; called in the transaction that posts the letter.

    Each call makes secrets of its own, of which only digests are kept.
    """
    if kind not in KINDS or recipient.pk not in {ticket.requester_id, ticket.affected_person_id}:
        return []
    with override(language):
        made = [_answers(links.new_link(ticket, recipient))]
        survey = surveys.in_force(ticket, recipient)
        if survey is not None and survey.spent_on is None:
            made.append(_rating(survey, surveys.new_key(survey)))
        return made


def _answers(secret: str) -> LetterPart:
    address = link_to(reverse("feedback:link", args=[secret]))
    question, yes, no = _("Does it work now?"), _("Yes, it is solved"), _("No, not solved")
    note = _("Both lead to a page with a button; opening it changes nothing. The link is yours alone, for 30 days.")
    text = f"{question}\n{yes}: {address}#yes\n{no}: {address}#no\n{note}"
    html = Markup(
        '<p style="margin:24px 0 8px"><b>{}</b></p>'
        '<p style="margin:0 0 8px"><a href="{}#yes" style="{}">{}</a>&nbsp; <a href="{}#no" style="{}">{}</a></p>'
        '<p style="margin:0;color:#5c6d71;font-size:13px">{}</p>'
    ).format(question, address, _SOLID, yes, address, _PLAIN, no, note)
    return LetterPart(text, html)


_BOX = "display:inline-block;padding:10px 16px;border-radius:6px;text-decoration:none;"
_SOLID = _BOX + "background:#0f5f73;color:#ffffff;border:1px solid #0f5f73"
_PLAIN = _BOX + "background:#ffffff;color:#142022;border:1px solid #b9c6c9"


def _rating(survey: Survey, secret: str) -> LetterPart:
    address = link_to(reverse("feedback:survey", args=[secret]))
    question, mode = _("How did we do?"), mode_words(survey.mode)
    names = score_names()
    lines = [f"{score} {names[score]}: {address}?score={score}" for score in surveys.SCORES]
    cells = Markup("").join(
        Markup('<td style="padding:0 6px 0 0"><a href="{}?score={}" style="{}" title="{}"><b>{}</b></a></td>').format(
            address, score, _PLAIN, names[score], score
        )
        for score in surveys.SCORES
    )
    html = Markup(
        '<p style="margin:24px 0 8px"><b>{}</b></p><table role="presentation" cellpadding="0" cellspacing="0"><tr>{}'
        '</tr></table><p style="margin:8px 0 0;color:#5c6d71;font-size:13px">1: {}, 5: {}. {}</p>'
    ).format(question, cells, names[1].lower(), names[5].lower(), mode)
    return LetterPart("\n".join([question, *lines, mode]), html)
