"""Participants of a ticket and its links to other tickets."""

from __future__ import annotations

from typing import Literal

from django.http import Http404, HttpResponse
from ninja import Query, Router

from otklik.api import incoming, shown
from otklik.api.auth import Asked
from otklik.api.errors import PROBLEMS
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.access import ticket_for
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused

router = Router(tags=["connections"])
AT = "/tickets/{int:number}"
Role = Literal["cc", "watcher"]
LinkKind = Literal["relates", "duplicates"]


class Participant(shown.Shown):
    """Somebody in copy, or a member of staff who follows."""

    person: shown.Named
    role: str


class Participants(shown.Shown):
    """Everybody besides requester and affected person; watchers only for those who work on the ticket."""

    participants: list[Participant]


class NewParticipant(incoming.Incoming):
    """Who shall join, and how."""

    person: incoming.PersonRef
    role: Role = "cc"


class ShownLink(shown.Shown):
    """A link; without number and subject where the caller may not see the far end."""

    kind: str
    number: int | None
    subject: str | None


class Links(shown.Shown):
    """All links of a ticket."""

    links: list[ShownLink]


class NewLink(incoming.Incoming):
    """The other ticket and how it belongs to this one."""

    number: incoming.Key
    kind: LinkKind = "relates"


@router.get(f"{AT}/participants", response={200: Participants, **PROBLEMS}, summary="Read participants")
def participants(request: Asked, number: int) -> HttpResponse:
    """Who is in copy; for those who work on the ticket also who follows it."""
    return _participants(request, ticket_for(request.caller.viewer, number))


def _participants(request: Asked, ticket: Ticket, status: int = 200) -> HttpResponse:
    internal = access.level(request.caller.viewer, ticket) == access.INTERNAL
    rows = ticket.watches.select_related("person").order_by("since", "pk")
    rows = rows if internal else rows.filter(role="cc")
    found = [Participant(person=shown.Named(id=row.person.pk, name=row.person.name), role=row.role) for row in rows]
    return shown.answer(Participants(participants=found), status)


@router.post(f"{AT}/participants", response={201: Participants, **PROBLEMS}, summary="Add a participant")
def joined(request: Asked, number: int, new: NewParticipant) -> HttpResponse:
    """Put somebody in copy, or let a member of staff follow."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "watch", ticket):
        raise Forbidden("watch")
    found = incoming.person(new.person, caller, where="person")
    ticket = desk.watch(ticket, found, role=new.role, source="api", actor=caller.actor())
    return _participants(request, ticket, 201)


@router.delete(
    f"{AT}/participants/{{int:person}}", response={200: Participants, **PROBLEMS}, summary="Remove a participant"
)
def left(request: Asked, number: int, person: int, role: Query[Role] = "cc") -> HttpResponse:
    """Take somebody out again."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "watch", ticket):
        raise Forbidden("watch")
    found = Person.objects.filter(pk=person, watches__ticket=ticket, watches__role=role).first()
    if found is None:
        raise Http404
    ticket = desk.unwatch(ticket, found, role=role, actor=caller.actor())
    return _participants(request, ticket)


@router.get(f"{AT}/links", response={200: Links, **PROBLEMS}, summary="Read links")
def links(request: Asked, number: int) -> HttpResponse:
    """Linked tickets; of those the caller may not see only that there is one."""
    return _links(request, ticket_for(request.caller.viewer, number))


def _links(request: Asked, ticket: Ticket, status: int = 200) -> HttpResponse:
    found = [
        ShownLink(kind=link.kind, number=other.number if other else None, subject=other.subject if other else None)
        for link, other in access.links_for(request.caller.viewer, ticket)
    ]
    return shown.answer(Links(links=found), status)


@router.post(f"{AT}/links", response={201: Links, **PROBLEMS}, summary="Link to a ticket")
def linked(request: Asked, number: int, new: NewLink) -> HttpResponse:
    """Link two tickets; the caller must work on both."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "link", ticket):
        raise Forbidden("link")
    other = access.visible_to(caller.viewer).filter(number=new.number).first()
    if other is None:
        raise Refused(Missing("unknown_link"))
    return _links(request, desk.link(ticket, other, kind=new.kind, actor=caller.actor()), 201)


@router.delete(f"{AT}/links/{{int:other}}", response={200: Links, **PROBLEMS}, summary="Take a link back")
def unlinked(request: Asked, number: int, other: int, kind: Query[LinkKind] = "relates") -> HttpResponse:
    """Remove the link at both ends."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "link", ticket):
        raise Forbidden("link")
    far = access.visible_to(caller.viewer).filter(number=other).first()
    if far is None or not ticket.links.filter(kind=kind, other=str(far.pk)).exists():
        raise Http404
    return _links(request, desk.unlink(ticket, far, kind=kind, actor=caller.actor()))
