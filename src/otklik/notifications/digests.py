"""Gathered letters: what may wait, or came too often, as one letter with a line for each thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from otklik import clock
from otklik.outbox import notices, posting
from otklik.outbox.letter import Letter
from otklik.outbox.models import Notice
from otklik.people import standing
from otklik.people.models import Person
from otklik.tickets.models import Ticket

from . import blocks, letters, lists, preferences, suppression, thread, wording, writing
from .matrix import CUSTOMER
from .recipients import may_hear

WAY = "digest"
MAX_LINES = 100


def leave(
    person: Person,
    number: int,
    what: str,
    facts: Mapping[str, Any],
    *,
    role: str,
    entry: int | None,
    how_often: str,
) -> Notice:
    """Put a thing by for the person's next gathered letter."""
    due = preferences.next_digest(how_often, clock.now(), writing.zone_of(person))
    return notices.leave(
        way=WAY,
        kind=what,
        person=person.pk,
        about=("ticket", number),
        facts={**facts, "role": role},
        not_before=due,
        merge_key="digest",
        entry=entry,
    )


def carry(group: Sequence[Notice]) -> None:
    """Carrier of the way "digest": everything put by for one person is one letter."""
    person = Person.objects.filter(pk=group[0].person or 0, is_active=True).first()
    if person is None or not person.email or suppression.of(person.email):
        for notice in group:
            notices.drop(notice, "nobody to write to")
        return
    numbers = {notice.subject_id for notice in group if notice.subject_id}
    tickets = {one.number: one for one in Ticket.objects.filter(number__in=numbers).select_related("team")}
    seen = [
        notice
        for notice in group
        if notice.subject_id and may_hear(person, str(notice.facts["role"]), tickets[notice.subject_id])
    ]
    if seen:
        posting.post(letter(person, seen, tickets))


def letter(person: Person, group: Sequence[Notice], tickets: Mapping[int, Ticket] | None = None) -> Letter:
    """The letter of these notices, at most a hundred lines."""
    language = person.language if person.language in letters.LANGUAGES else "en"
    with override(language), timezone.override(writing.zone_of(person)):
        lines = [_line(notice, tickets or {}) for notice in group[-MAX_LINES:]]
        count = len(group)
        headline = ngettext("%(count)s thing happened", "%(count)s things happened", count) % {"count": count}
        if count == 1:
            headline = lines[0][0]
        values = {"headline": " ".join(headline.split()), "desk.name": standing.desk().name or _("Otklik")}
        text = letters.text_of("digest", language)
        made = blocks.laid_out(text.body, values, {"lines": blocks.Lines(lines)})
        desk = standing.desk().name or _("Otklik")
        return Letter(
            to=person.email or "",
            name=person.name,
            person=person.pk,
            subject=blocks.subject_of(text, values),
            text=blocks.as_text(made, language=language, footer=desk, can_answer=False),
            html=blocks.as_html(made, language=language, footer=desk, can_answer=False, desk=desk),
            kind=thread.GATHERED,
            language=language,
            headers=_list_headers(group),
        )


def _list_headers(group: Sequence[Notice]) -> dict[str, str]:
    """Of a single thing by its row of the table; of a gathering always: it was asked for and may be given up."""
    if len(group) == 1 and group[0].way != WAY:
        return lists.headers_for(group[0].kind, str(group[0].facts["role"]))
    return lists.gathered()


def _line(notice: Notice, tickets: Mapping[int, Ticket]) -> tuple[str, str, str]:
    customer = notice.facts.get("role") in CUSTOMER
    what = wording.line(notice.kind, notice.facts, customer=customer, reader=notice.person)
    ticket = tickets.get(notice.subject_id or 0)
    if ticket is None:
        return what, _("The desk itself"), standing.link("/settings")
    about = f"№ {ticket.number}" if ticket.visibility == "restricted" else f"№ {ticket.number}: {ticket.subject}"
    return what, about, standing.link(f"/{'requests' if customer else 'tickets'}/{ticket.number}")
