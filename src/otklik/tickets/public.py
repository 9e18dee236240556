"""What the customer side may read of a ticket, as types that cannot hold anything internal (safety.md A6).

Pages of requesters, mailed links and letters are rendered from these and never from ``Message`` rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from markupsafe import Markup

from otklik import clock
from otklik.journal.record import PUBLIC, Recorded, Subject
from otklik.journal.timeline import entries
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.attachments import IMAGES
from otklik.tickets.events import (
    AssignmentChanged,
    FollowUpCreated,
    ParticipantAdded,
    PriorityChanged,
    ReopenDone,
    StateChanged,
    UpdatePromised,
)
from otklik.tickets.models import Message, Ticket
from otklik.tickets.sanitise import linkified
from otklik.ui import wording

_TOLD = (
    AssignmentChanged,
    FollowUpCreated,
    ParticipantAdded,
    PriorityChanged,
    ReopenDone,
    StateChanged,
    UpdatePromised,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicFile:
    """A file under a public message."""

    id: str
    name: str
    size: int
    is_image: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicMessage:
    """A message that everybody on the ticket may read. ``body`` is safe HTML made of plain text."""

    id: str
    at: datetime
    side: str
    author_id: int | None
    author_name: str
    kind: str
    body: Markup
    quoted: Markup
    instructions: Markup
    error_text: str
    has_html: bool
    text: str = ""  # the same as plain text, for letters
    advice: str = ""
    files: Sequence[PublicFile] = field(default_factory=tuple)
    is_event: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicEvent:
    """Something that happened, in the requester's words."""

    at: datetime
    text: str
    is_event: bool = True


def messages(who: access.Viewer, ticket: Ticket) -> list[PublicMessage]:
    """The public messages of a ticket that this viewer may read, oldest first."""
    rows = access.messages_for(who, ticket).filter(audience="public").prefetch_related("attachments")
    return [message(row) for row in rows]


def message(row: Message) -> PublicMessage:
    """A stored message as the customer side may read it; ``ValueError`` for one that is not public."""
    if row.audience != "public":
        raise ValueError(f"message {row.pk} is {row.audience}")
    files = sorted(row.attachments.all(), key=lambda one: one.position)
    return PublicMessage(
        id=str(row.pk),
        at=row.created_at,
        side=row.side,
        author_id=row.author_id,
        author_name=row.author_name or row.author_address,
        kind=row.kind,
        body=linkified(row.text),
        quoted=linkified(row.quoted),
        instructions=linkified(row.instructions),
        error_text=row.error_text,
        has_html=bool(row.html.strip()),
        text=row.text,
        advice=row.instructions,
        files=tuple(
            PublicFile(id=str(one.pk), name=one.name, size=one.size, is_image=one.type in IMAGES)
            for one in files
            if one.scan != "infected"
        ),
    )


def told(ticket: Ticket) -> list[Recorded]:
    """The public facts of a ticket that requesters are told of, voided ones left out, oldest first."""
    everything = entries(Subject(kind="ticket", id=str(ticket.pk)))
    voided = {one.voids for one in everything if one.voids}
    return [
        one for one in everything if one.audience == PUBLIC and one.entry not in voided and isinstance(one.fact, _TOLD)
    ]


def names_in(facts: Iterable[Recorded]) -> dict[int, str]:
    """Names of the people whom facts speak of, in one question."""
    keys: set[int] = set()
    for one in facts:
        fact: Any = one.fact
        keys |= {key for name in ("assignee", "person") if isinstance(key := getattr(fact, name, None), int)}
    return dict(Person.objects.filter(pk__in=keys).values_list("pk", "name"))


def conversation(
    who: access.Viewer, ticket: Ticket, facts: Sequence[Recorded], names: dict[int, str]
) -> list[PublicMessage | PublicEvent]:
    """Messages and events of a ticket in order of time; ``facts`` come from ``told``, ``names`` from ``names_in``."""
    lines: list[PublicMessage | PublicEvent] = [*messages(who, ticket)]
    taken = {one.correlation for one in facts if isinstance(one.fact, AssignmentChanged) and one.fact.assignee}
    lines += [
        PublicEvent(at=one.at, text=text)
        for one in facts
        if not (_is_take_up(one) and one.correlation in taken) and (text := in_words(one.fact, names))
    ]
    return sorted(lines, key=lambda line: (line.at, line.is_event))


def _is_take_up(one: Recorded) -> bool:
    """«Принято в работу» says nothing new where the same act named who is on it."""
    return isinstance(one.fact, StateChanged) and one.fact.transition == "T2"


def in_words(fact: Any, names: dict[int, str]) -> str:
    """A fact as a sentence for the requester; empty where a message or the steps say it already."""
    if isinstance(fact, AssignmentChanged):
        name = names.get(fact.assignee or 0)
        return _("%(name)s is on it now") % {"name": name} if name and fact.assignee != fact.old_assignee else ""
    if isinstance(fact, ParticipantAdded):
        name = names.get(fact.person)
        return (
            _("%(name)s gets copies from now on") % {"name": name} if name and fact.kind == "participant.added" else ""
        )
    if isinstance(fact, FollowUpCreated):
        return _("It goes on in request No. %(number)s") % {"number": fact.number}
    if isinstance(fact, PriorityChanged):
        return _("We judged the importance anew") if fact.old != fact.new else ""
    if isinstance(fact, UpdatePromised):
        return _promised(fact)
    return _moved(fact) if isinstance(fact, StateChanged) else ""


def _promised(fact: UpdatePromised) -> str:
    if fact.until is None:
        return ""
    until = datetime.fromisoformat(fact.until)
    by = wording.deadline(until, clock.now(), timezone.get_current_timezone())
    return _("Promised the next word by %(time)s") % {"time": by}


def _moved(fact: StateChanged) -> str:
    if fact.to == "pending":
        return pending_words(fact.pending_reason)
    words = {
        "T2": _("Taken into work"),
        "T4": _("Work goes on"),
        "T6": _("Solved for lack of an answer"),
        "T8": _("Back in work"),
        "T10": _("Withdrawn"),
        "T11": _("Merged with another request") if fact.reason == "merged" else _("Cancelled"),
        "T12": _("Taken up again"),
        "T13": _("Back in work"),
    }
    if fact.to == "closed":
        return _("Closed: you confirmed the solution") if fact.reason == "confirmed" else _("Closed")
    return words.get(fact.transition, "")


def pending_words(reason: str) -> str:
    """What the requester reads while a ticket rests."""
    words = {
        "requester": _("Your answer is needed"),
        "third_party": _("We are waiting for a supplier"),
        "change": _("Works are planned"),
        "parent": _("Part of a common failure"),
        "scheduled": _("Planned for a later date"),
    }
    return words.get(reason, _("Waiting"))
