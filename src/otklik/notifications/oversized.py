"""The letter to somebody whose own letter was too large to be read: what to do instead, and nothing of his words."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.outbox.letter import Letter
from otklik.people import standing
from otklik.people.models import Person
from otklik.tickets.attachments import MAX_FILE
from otklik.ui.wording import filesize

from . import blocks, letters, writing

NAME = "too_large"


def letter(person: Person, *, limit: int, answers: str, entry: int | None = None) -> Letter:
    """The letter.

    Args:
        limit: bytes that a letter may have. answers: Message-ID of the letter it speaks of, or empty.
    """
    language = person.language if person.language in letters.LANGUAGES else "en"
    with override(language), timezone.override(writing.zone_of(person)):
        desk = standing.desk()
        name = desk.name or _("Otklik")
        values = {"person.name": person.name, "desk.name": name, "desk.phone": desk.phone}
        values |= {"limit": filesize(limit), "limit.file": filesize(MAX_FILE)}
        text = letters.text_of(NAME, language)
        made = blocks.laid_out(text.body, values, {"link": blocks.Link(_("Write a request"), standing.link("/report"))})
        footer = _("%(desk)s, phone %(phone)s") % {"desk": name, "phone": desk.phone} if desk.phone else name
        return Letter(
            to=person.email or "",
            name=person.name,
            person=person.pk,
            subject=blocks.subject_of(text, values),
            text=blocks.as_text(made, language=language, footer=footer, can_answer=False),
            html=blocks.as_html(made, language=language, footer=footer, can_answer=False, desk=name),
            kind=NAME,
            auto_submitted="auto-replied",
            references=(answers,) if answers else (),
            language=language,
            entry=entry,
        )
