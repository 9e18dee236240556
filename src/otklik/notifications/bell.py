"""The bell: what a person would like to have seen, in the product itself. Notices of the way "bell" are its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from otklik import clock
from otklik.journal import bulk
from otklik.outbox.models import Notice
from otklik.people.models import Person
from otklik.tickets import access

from . import wording

WAY = "bell"
SHOWN = 50
FEW = 10  # lines that are written in ready words: one statement is kept for each number of them
MERGED = timedelta(minutes=2)  # changes of one field within this time are one line (domain.md §10.2)
KEPT_SEEN, KEPT_UNSEEN = timedelta(days=30), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: what, about which ticket, where to go, and whether it was seen."""

    key: int
    text: str
    number: int | None
    subject: str
    url: str
    at: datetime
    seen: bool


def ring(
    people: Iterable[Person],
    *,
    what: str,
    number: int | None,
    facts: Mapping[str, Any],
    entry: int | None = None,
    merge: str = "",
) -> int:
    """Leave a line for each of these people; how many. With ``merge``, an unseen line of two minutes ago is renewed."""
    now = clock.now()
    waiting = {person.pk for person in people}
    if merge and waiting:
        rows = Notice.objects.filter(
            way=WAY, person__in=waiting, merge_key=merge, seen_at=None, created_at__gt=now - MERGED
        )
        renewed = set(rows.values_list("person", flat=True))
        for row in rows:
            row.facts = {**facts, "old": row.facts.get("old", facts.get("old"))}
            row.entry, row.created_at = entry, now
            row.save(update_fields=["facts", "entry", "created_at"])
        waiting -= renewed
    rows_made = [
        Notice(
            way=WAY,
            person=key,
            kind=what,
            subject_kind="ticket" if number else "",
            subject_id=number,
            facts=dict(facts),
            merge_key=merge,
            not_before=now,
            created_at=now,
            carried_at=now,  # the row is the news: nobody carries it further
            entry=entry,
        )
        for key in sorted(waiting)
    ]
    bulk.add(*rows_made) if len(rows_made) <= FEW else Notice.objects.bulk_create(rows_made)
    return len(rows_made)


def bell_for(person: Person, *, limit: int = SHOWN) -> list[Line]:
    """The newest lines of a person; a ticket that the person may no longer see is left out."""
    rows = list(Notice.objects.filter(way=WAY, person=person.pk).order_by("-id")[:limit])
    numbers = {row.subject_id for row in rows if row.subject_id}
    who = access.viewer(person)
    subjects = (
        dict(access.visible_to(who).filter(number__in=numbers).values_list("number", "subject")) if numbers else {}
    )
    lines = []
    for row in rows:
        if row.subject_id and row.subject_id not in subjects:
            continue
        customer = row.facts.get("side") == "customer"
        url = f"/{'requests' if customer else 'tickets'}/{row.subject_id}" if row.subject_id else ""
        text = wording.line(row.kind, row.facts, customer=customer, reader=person.pk)
        subject = subjects.get(row.subject_id, "") if row.subject_id else ""
        lines.append(Line(row.pk, text, row.subject_id, subject, url, row.created_at, row.seen_at is not None))
    return lines


def unseen(person: Person) -> int:
    """How many lines the person has not seen."""
    return Notice.objects.filter(way=WAY, person=person.pk, seen_at=None).count()


def mark_seen(person: Person, *, number: int | None = None, key: int | None = None) -> int:
    """Everything was seen, or all about one ticket (its page was opened), or one line; how many lines."""
    rows = Notice.objects.filter(way=WAY, person=person.pk, seen_at=None)
    if number is not None:
        rows = rows.filter(subject_kind="ticket", subject_id=number)
    if key is not None:
        rows = rows.filter(pk=key)
    return rows.update(seen_at=clock.now())


def forget() -> int:
    """Lines seen a month ago or never looked at for three."""
    now = clock.now()
    seen = Notice.objects.filter(way=WAY, seen_at__lt=now - KEPT_SEEN).delete()[0]
    return seen + Notice.objects.filter(way=WAY, seen_at=None, created_at__lt=now - KEPT_UNSEEN).delete()[0]
