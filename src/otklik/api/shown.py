"""What goes out, by audience: the public and the internal shape of a record are two types, built by two pieces of code.

A function here that builds a public shape refuses an internal message, whoever asks (safety.md A6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import orjson
from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from otklik.catalogue.models import Service
from otklik.people.models import Organisation, Person, Place, Team
from otklik.tickets import access
from otklik.tickets.access import Viewer
from otklik.tickets.lifecycle import requester_step
from otklik.tickets.models import Attachment, Message, Ticket

RELATED = ("requester", "affected_person", "assignee", "team", "service", "organisation", "place")


class Shown(BaseModel):
    """Base of everything that goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Shown):
    """A record by id and name."""

    id: int
    name: str


class NamedService(Shown):
    """A service by its code and its name in the caller's language."""

    code: str
    name: str


class Ends(TypedDict):
    """Numbers of the tickets that a ticket went up in and came from, where the caller may see them."""

    merged_into: int | None
    split_from: int | None


NO_ENDS: Ends = {"merged_into": None, "split_from": None}


class TicketHead(Shown):
    """What both audiences read of a ticket."""

    number: int
    version: int
    type: str
    subject: str
    status: str
    step: Annotated[int, Field(description="1 received, 2 assigned, 3 in work, 4 your check; 0 cancelled.")]
    pending_reason: str
    public_status: str
    priority: str
    channel: str
    requester: Named | None
    affected_person: Named | None
    organisation: Named | None
    service: NamedService | None
    place: Named | None
    device: str
    assignee_name: str
    team_name: Annotated[str, Field(description="The team as requesters see it; may be empty.")]
    opened_at: datetime
    first_response_at: datetime | None
    promised_until: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    merged_into: Annotated[int | None, Field(description="Number of the ticket that this one went up in.")] = None
    split_from: Annotated[int | None, Field(description="Number of the ticket that it was split off from.")] = None
    updated_at: datetime


class PublicTicket(TicketHead):
    """A ticket as its requester reads it."""

    audience: Literal["public"] = "public"


class InternalTicket(TicketHead):
    """A ticket as those read it who work on it."""

    audience: Literal["internal"] = "internal"
    origin: str
    impact: int
    urgency: int
    raised_by: list[str]
    priority_computed: str
    priority_override: str
    team: Named | None
    assignee: Named | None
    reporter: str
    contact: dict[str, str]
    visibility: str
    pending_data: dict[str, Any]
    pending_since: datetime | None
    deadline_text: str
    error_text: str
    tags: list[str]
    acknowledged_at: datetime | None
    service_restored_at: datetime | None
    customer_waiting_since: datetime | None
    resolution_code: str
    cause_code: str
    cancel_reason: str
    reopen_count: int


ShownTicket = Annotated[PublicTicket | InternalTicket, Field(discriminator="audience")]


class File(Shown):
    """A file of a message; its bytes are at ``/api/v1/attachments/{id}``."""

    id: UUID
    name: str
    type: str
    size: int
    sha256: str


class PublicMessage(Shown):
    """A message as the requester reads it."""

    audience: Literal["public"] = "public"
    id: UUID
    side: str
    author_name: str
    author_kind: str
    kind: str
    channel: str
    text: str
    error_text: str
    instructions: str
    created_at: datetime
    files: list[File]


class InternalMessage(Shown):
    """A message, a note or a waiting word as those read it who work on the ticket; ``seen_by`` tells them apart."""

    audience: Literal["internal"] = "internal"
    seen_by: Literal["public", "internal", "waiting"]
    id: UUID
    side: str
    author: Named | None
    author_name: str
    author_address: str
    author_kind: str
    kind: str
    channel: str
    text: str
    quoted: str
    error_text: str
    instructions: str
    is_gratitude: bool
    created_at: datetime
    files: list[File]


ShownMessage = Annotated[PublicMessage | InternalMessage, Field(discriminator="audience")]


def answer(told: BaseModel, status: int = 200) -> HttpResponse:
    """A success with its body."""
    return HttpResponse(orjson.dumps(told.model_dump()), status=status, content_type="application/json")


def nothing() -> HttpResponse:
    """A success that the caller may not, or need not, read anything of."""
    return HttpResponse(status=204)


def named(one: Person | Organisation | Place | Team | None) -> Named | None:
    """A reference to a record."""
    return None if one is None else Named(id=one.pk, name=str(one))


def named_service(one: Service | None) -> NamedService | None:
    """A reference to a service."""
    return None if one is None else NamedService(code=one.code, name=one.name)


# -- tickets -------------------------------------------------------------------------------------------------------
def _head(ticket: Ticket) -> dict[str, Any]:
    same = "number version type subject status pending_reason public_status priority channel device opened_at"
    same += " first_response_at promised_until resolved_at closed_at cancelled_at updated_at"
    return {name: getattr(ticket, name) for name in same.split()} | {
        "step": requester_step(ticket.status, ticket.assignee_id is not None),
        "requester": named(ticket.requester),
        "affected_person": named(ticket.affected_person),
        "organisation": named(ticket.organisation),
        "service": named_service(ticket.service),
        "place": named(ticket.place),
        "assignee_name": ticket.assignee.name if ticket.assignee else "",
        "team_name": ticket.team.alias if ticket.team else "",
    }


def public_ticket(ticket: Ticket, ends: Ends = NO_ENDS) -> PublicTicket:
    """The public shape; ``ends`` are its merge and its split as the caller may see them."""
    return PublicTicket(**_head(ticket), **ends)


def internal_ticket(ticket: Ticket, ends: Ends = NO_ENDS) -> InternalTicket:
    """The internal shape."""
    same = (
        "origin impact urgency raised_by priority_computed priority_override reporter contact visibility pending_data"
    )
    same += " pending_since deadline_text error_text tags acknowledged_at service_restored_at customer_waiting_since"
    same += " resolution_code cause_code cancel_reason reopen_count"
    more = {name: getattr(ticket, name) for name in same.split()}
    return InternalTicket(**_head(ticket), **more, **ends, team=named(ticket.team), assignee=named(ticket.assignee))


def tickets(who: Viewer, rows: Sequence[Ticket]) -> list[PublicTicket | InternalTicket]:
    """Tickets that the viewer may see, each in the shape that is theirs."""
    internal = access.internal_among(who, rows)
    gone, came = access.merged_numbers(who, rows), access.split_numbers(who, rows)
    told: list[PublicTicket | InternalTicket] = []
    for row in rows:
        ends: Ends = {"merged_into": gone.get(row.pk), "split_from": came.get(row.pk)}
        told.append(internal_ticket(row, ends) if row.pk in internal else public_ticket(row, ends))
    return told


def ticket(who: Viewer, number: int, status: int = 200) -> HttpResponse:
    """The ticket after an act; nothing where the act took it out of the caller's sight."""
    row = access.visible_to(who).filter(number=number).select_related(*RELATED).first()
    return nothing() if row is None else answer(tickets(who, [row])[0], status)


# -- messages ------------------------------------------------------------------------------------------------------
def files_of(rows: Iterable[Attachment]) -> list[File]:
    """The files of one message."""
    kept = [row for row in rows if row.scan != "infected"]
    return [File(id=row.pk, name=row.name, type=row.type, size=row.size, sha256=row.sha256) for row in kept]


def public_message(row: Message) -> PublicMessage:
    """The public shape; a message of another audience is an error of ours and is never turned into one."""
    if row.audience != "public":
        raise ValueError("an internal message has no public shape")
    same = "id side author_name author_kind kind channel text error_text instructions created_at".split()
    return PublicMessage(**{name: getattr(row, name) for name in same}, files=files_of(row.attachments.all()))


def internal_message(row: Message) -> InternalMessage:
    """The internal shape."""
    same = "id side author_name author_address author_kind kind channel text quoted error_text instructions"
    same += " is_gratitude created_at"
    return InternalMessage(
        **{name: getattr(row, name) for name in same.split()},
        seen_by=row.audience,  # type: ignore[arg-type]  # restricted messages are never selected
        author=named(row.author),
        files=files_of(row.attachments.all()),
    )


def messages(who: Viewer, about: Ticket, rows: Iterable[Message]) -> list[PublicMessage | InternalMessage]:
    """Messages in the shape that is the viewer's."""
    internal = access.level(who, about) == access.INTERNAL
    return [internal_message(row) if internal else public_message(row) for row in rows]
