"""A letter about a ticket that does not exist, for the preview of texts and for pictures."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override
from markupsafe import Markup

from otklik import clock
from otklik.people import standing
from otklik.tickets.sanitise import linkified
from otklik.ui import wording as times

from . import blocks, letters
from .parts import Part


def values(language: str) -> dict[str, str]:
    """What each placeholder might say."""
    soon = times.hours(clock.now() + timedelta(hours=2), UTC)
    return {
        "ticket.number": "4821",
        "ticket.subject": _("The printer in the treatment room is silent"),
        "ticket.place": _("Building 1, room 314"),
        "person.name": _("Anna Kim"),
        "agent.name": _("Olga Lis"),
        "author.name": _("Olga Lis"),
        "desk.name": standing.desk().name or _("Otklik"),
        "desk.phone": standing.desk().phone,
        "promise.reply": soon,
        "promise.solution": soon,
        "promise.word": soon,
        "opening": times.moment(clock.now() + timedelta(hours=9), clock.now(), UTC),
        "former.number": "4700",
        "other.number": "4815",
        "until": times.day(clock.now() + timedelta(days=5), clock.now(), UTC),
        "headline": _("It is yours now"),
    }


def parts() -> dict[str, blocks.Block | None]:
    """Blocks of every kind."""
    words = _("I have replaced the cartridge. A test page came out clean.")
    answers = Markup("<p><b>{}</b></p>").format(_("Here stand “solved”, “not solved” and the rating."))
    return {
        "link": blocks.Link(_("Open the request"), standing.link("/requests/4821")),
        "message": blocks.Said(_("Olga Lis"), clock.now(), words, linkified(words)),
        "instructions": blocks.Advice(
            _("Print one page and look at it."), linkified(_("Print one page and look at it."))
        ),
        "files": blocks.Files([(_("manual.pdf"), 12_000_000, standing.link("/files/4821"))]),
        "answers": blocks.Added([Part(answers.striptags(), answers)]),
        "understood": blocks.Rows(
            [
                (_("What happened"), _("The printer in the treatment room is silent")),
                (_("Where"), _("Building 1, room 314")),
            ]
        ),
        "lines": blocks.Lines(
            [(_("It is yours now"), "№ 4821", standing.link("/tickets/4821"))],
        ),
    }


def page(letter: str, language: str) -> str:
    """The HTML of the letter with the text in force."""
    with override(language):
        text = letters.text_of(letter, language)
        made = blocks.laid_out(text.body, values(language), parts())
        desk = standing.desk().name or _("Otklik")
        return blocks.as_html(made, language=language, footer=desk, can_answer=letter != "digest", desk=desk)
