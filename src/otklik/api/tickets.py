"""Tickets: list, open, read, correct."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from otklik.api import incoming, paging, shown
from otklik.api.auth import Asked, Caller
from otklik.api.errors import PROBLEMS, Unusable
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.access import ticket_for
from otklik.tickets.models import TicketQuerySet
from otklik.tickets.refusal import Forbidden

router = Router(tags=["tickets"])
Type = Literal["incident", "service_request", "question"]
Status = Literal["new", "open", "pending", "resolved", "closed", "cancelled"]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=40), incoming._clean]


class Filters(BaseModel):
    """The list's only filters; any other name is refused."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = []
    type: Type | None = None
    priority: Literal["P1", "P2", "P3", "P4"] | None = None
    requester: incoming.Key | None = None
    organisation: incoming.Key | None = None
    service: incoming.ShortLine | None = None
    team: incoming.Key | None = None
    assignee: Annotated[str, StringConstraints(pattern=r"^(me|none|[1-9][0-9]{0,17})$")] | None = None
    updated_since: incoming.Moment | None = None
    cursor: Annotated[str, StringConstraints(max_length=200)] = ""
    limit: paging.Limit = paging.PAGE


class TicketPage(shown.Shown):
    """One page of tickets; ``next`` is the cursor of the following one, empty at the end."""

    tickets: list[shown.ShownTicket]
    next: str


class Contact(incoming.Incoming):
    """How to reach the person this time."""

    phone: incoming.ShortLine | None = None
    email: incoming.Line | None = None
    preferred: incoming.ShortLine | None = None
    room: incoming.ShortLine | None = None
    window: incoming.ShortLine | None = None

    def given(self) -> dict[str, str]:
        """What was said."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class NewTicket(incoming.Incoming):
    """A report. Without a requester the token's owner asks. Server time is its start."""

    subject: incoming.Line
    text: incoming.Text = ""
    error_text: incoming.Text = ""
    type: Type = "incident"
    impact: incoming.Level = 3
    urgency: incoming.Level = 3
    requester: incoming.PersonRef | None = None
    affected_person: incoming.PersonRef | None = None
    cc: Annotated[list[incoming.PersonRef], Field(max_length=20)] = []
    service: incoming.ShortLine | None = None
    place: incoming.Key | None = None
    team: incoming.Key | None = None
    device: incoming.ShortLine = ""
    deadline_text: incoming.Line = ""
    contact: Contact = Contact()
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    files: incoming.Files = []


class Corrections(incoming.Versioned):
    """Fields to correct; those left out stay as they are, null empties."""

    subject: incoming.Line | None = None
    type: Type | None = None
    service: incoming.ShortLine | None = None
    place: incoming.Key | None = None
    affected_person: incoming.PersonRef | None = None
    device: incoming.ShortLine | None = None
    deadline_text: incoming.Line | None = None
    contact: Contact | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    reason: incoming.Remark = ""


@router.get("/tickets", response={200: TicketPage, **PROBLEMS}, summary="List tickets you may see")
def listed(request: Asked, asked: Query[Filters]) -> HttpResponse:
    """Newest first; with ``updated_since``, by time of change, oldest first, to keep a copy up to date."""
    _known(request)
    who = request.caller.viewer
    rows = _filtered(access.visible_to(who), asked, request.caller).select_related(*shown.RELATED)
    if asked.updated_since is not None:
        page, following = paging.by_change(rows, asked.updated_since, asked.cursor, asked.limit)
    else:
        page, following = paging.newest_first(rows, asked.cursor, asked.limit)
    return shown.answer(TicketPage(tickets=shown.tickets(who, page), next=following))


def _known(request: Asked) -> None:
    for name in request.GET:
        if name not in Filters.model_fields:
            raise Unusable(f"query.{name[:60]}")


def _filtered(rows: TicketQuerySet, asked: Filters, caller: Caller) -> TicketQuerySet:
    if asked.team is not None or asked.assignee is not None:
        caller.needs(act="queue.see")  # requesters do not see teams, so they may not ask by them either
    same = {name: getattr(asked, name) for name in ("type", "priority", "requester", "organisation", "team")}
    wanted: dict[str, Any] = {name: value for name, value in same.items() if value is not None}
    if asked.status:
        wanted["status__in"] = asked.status
    if asked.service is not None:
        wanted["service__code"] = asked.service
    if asked.assignee is not None:
        wanted["assignee"] = {"me": caller.person.pk, "none": None}.get(asked.assignee, asked.assignee)
    return rows.filter(**wanted)


@router.post("/tickets", response={201: shown.ShownTicket, **PROBLEMS}, summary="Open a ticket")
def opened(request: Asked, new: NewTicket) -> HttpResponse:
    """Register a report; it becomes exactly one ticket, also when sent twice under one ``Idempotency-Key``."""
    caller = request.caller
    caller.needs("tickets.create", "tickets.create")
    requester = _requester(new.requester, caller)
    if new.team is not None or new.tags:
        caller.needs(act="tickets.work")
    ticket = desk.open_ticket(
        subject=new.subject,
        content=desk.Content(text=new.text, error_text=new.error_text, files=incoming.files(new.files, caller)),
        requester=requester,
        affected_person=_other(new.affected_person, requester, caller, "affected_person"),
        cc=[one for ref in new.cc if (one := _other(ref, requester, caller, "cc"))],
        channel="api",
        type=new.type,
        impact=new.impact,
        urgency=new.urgency,
        service=incoming.service(new.service),
        place=incoming.place(new.place),
        team=incoming.team(new.team),
        device=new.device,
        deadline_text=new.deadline_text,
        contact=new.contact.given(),
        tags=new.tags,
        actor=caller.actor(voice=requester if requester == caller.person else None),
    )
    if access.level(caller.viewer, ticket) == access.INTERNAL:
        return shown.ticket(caller.viewer, ticket.number, 201)
    return shown.answer(shown.public_ticket(ticket), 201)  # whoever opened it may read what it became


def _requester(ref: incoming.PersonRef | None, caller: Caller) -> Person:
    own = ref is None or ref.id == caller.person.pk
    if own:
        requester = caller.person
    else:
        caller.needs(act="tickets.create_for_others")
        requester = incoming.person(ref, caller, where="requester")  # type: ignore[arg-type]  # not None here
    if caller.client is not None and not caller.client.reaches(requester.organisation_id):
        raise Unusable("requester")
    return requester


def _other(ref: incoming.PersonRef | None, requester: Person, caller: Caller, where: str) -> Person | None:
    """Somebody else on the customer side: for those who open tickets for others."""
    if ref is None:
        return None
    if requester.pk == ref.id:
        return requester
    caller.needs(act="tickets.create_for_others")
    return incoming.person(ref, caller, where=where)


@router.get("/tickets/{int:number}", response={200: shown.ShownTicket, **PROBLEMS}, summary="Read a ticket")
def read(request: Asked, number: int) -> HttpResponse:
    """The ticket in the shape that is the caller's: ``audience`` tells which."""
    ticket = ticket_for(request.caller.viewer, number)
    return shown.answer(shown.tickets(request.caller.viewer, [ticket])[0])


@router.patch(
    "/tickets/{int:number}", response={200: shown.ShownTicket, 204: None, **PROBLEMS}, summary="Correct fields"
)
def corrected(request: Asked, number: int, new: Corrections) -> HttpResponse:
    """Change fields; each change is recorded with old and new."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "edit", ticket):
        raise Forbidden("edit")
    changes: dict[str, Any] = {}
    for name in new.model_fields_set - {"version", "reason", "type"}:
        changes[name] = _value(name, new, caller)
    ticket = desk.edit(ticket, reason=new.reason, expect=new.version, actor=caller.actor(), **changes)
    if new.type is not None:
        desk.change_type(ticket, to=new.type, actor=caller.actor())
    return shown.ticket(caller.viewer, number)


def _value(name: str, new: Corrections, caller: Caller) -> Any:
    if name == "service":
        return incoming.service(new.service)
    if name == "place":
        return incoming.place(new.place)
    if name == "affected_person":
        if new.affected_person is None:
            raise Unusable(name, "malformed")
        return incoming.person(new.affected_person, caller, where=name)
    if name == "contact":
        return new.contact.given() if new.contact else {}
    if name == "tags":
        return new.tags or []
    return getattr(new, name) or ""
