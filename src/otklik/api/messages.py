"""Messages and notes of a ticket."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from otklik.api import incoming, shown
from otklik.api.auth import Asked, Caller
from otklik.api.errors import PROBLEMS
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.access import ticket_for
from otklik.tickets.models import Message, Ticket

router = Router(tags=["messages"])


class Messages(shown.Shown):
    """All messages of a ticket that the caller may read, oldest first."""

    messages: list[shown.ShownMessage]


class Posted(shown.Shown):
    """Where a message ended: it 'joined' this ticket, or 'opened' a new one because this one is over."""

    outcome: Literal["joined", "opened"]
    ticket: int
    message: shown.ShownMessage


class NewMessage(incoming.Versioned):
    """A public message. ``on_behalf_of`` names the person whose word it is; it needs the scope ``relay``."""

    text: incoming.Text
    files: incoming.Files = []
    on_behalf_of: incoming.PersonRef | None = None
    promise_until: incoming.Moment | None = None


class NewNote(incoming.Incoming):
    """An internal note."""

    text: incoming.Text
    files: incoming.Files = []
    mentions: Annotated[list[incoming.Key], Field(max_length=20)] = []
    on_behalf_of: incoming.PersonRef | None = None


@router.get("/tickets/{int:number}/messages", response={200: Messages, **PROBLEMS}, summary="Read messages")
def listed(request: Asked, number: int) -> HttpResponse:
    """Public messages, and notes too for those who work on the ticket."""
    who = request.caller.viewer
    ticket = ticket_for(who, number)
    rows = access.messages_for(who, ticket).select_related("author").prefetch_related("attachments")
    return shown.answer(Messages(messages=shown.messages(who, ticket, rows)))


@router.post("/tickets/{int:number}/messages", response={201: Posted, **PROBLEMS}, summary="Write a public message")
def written(request: Asked, number: int, new: NewMessage) -> HttpResponse:
    """A word of the customer side, or an answer of staff, by who speaks.

    A program's answer counts as a response only in the name of a person (``on_behalf_of``).
    """
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    voice = incoming.voice(new.on_behalf_of, caller)
    content = desk.Content(text=new.text, files=incoming.files(new.files, caller))
    speaker = voice or caller.person
    if access.is_customer_side(speaker, ticket):
        return _heard(caller, ticket, content, speaker)
    message = desk.reply(
        ticket,
        content,
        promise_until=new.promise_until,
        channel="api",
        expect=new.version,
        actor=caller.actor(voice=voice),
    )
    return _posted(caller, ticket, message, "joined")


def _heard(caller: Caller, ticket: Ticket, content: desk.Content, speaker: Person) -> HttpResponse:
    heard = desk.hear(ticket, content, author=speaker, channel="api", actor=caller.actor(voice=speaker))
    assert heard.message is not None
    return _posted(caller, heard.ticket, heard.message, "opened" if heard.outcome == "opened" else "joined")


def _posted(caller: Caller, ticket: Ticket, message: Message, outcome: Literal["joined", "opened"]) -> HttpResponse:
    told = shown.messages(caller.viewer, ticket, [message])[0]
    return shown.answer(Posted(outcome=outcome, ticket=ticket.number, message=told), 201)


@router.post("/tickets/{int:number}/notes", response={201: shown.InternalMessage, **PROBLEMS}, summary="Write a note")
def noted(request: Asked, number: int, new: NewNote) -> HttpResponse:
    """An internal note: the requester never learns of it."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    voice = incoming.voice(new.on_behalf_of, caller)
    content = desk.Content(text=new.text, files=incoming.files(new.files, caller))
    actor = caller.actor(voice=voice)
    message = desk.note(ticket, content, mentions=new.mentions, channel="api", actor=actor)
    return shown.answer(shown.internal_message(message), 201)
