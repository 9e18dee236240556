"""What somebody wrote, on its way into a ticket, and how it becomes a stored message with its fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from otklik.journal import bulk
from otklik.journal.record import Actor
from otklik.people.models import Person
from otklik.tickets.attachments import File, attach
from otklik.tickets.events import MessageInternal, MessagePublic, MessageWaiting
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Refused

MAX_TEXT = 200_000  # characters of one message


@dataclass(frozen=True, kw_only=True)
class Content:
    """Text, files and their source. ``html`` is foreign and kept raw; ``quoted`` was cut off below the reply."""

    text: str
    html: str = ""
    quoted: str = ""
    error_text: str = ""
    instructions: str = ""
    files: Sequence[File] = ()
    mail: int | None = None
    mail_id: str = ""
    author_name: str = ""
    author_address: str = ""

    def check(self) -> None:
        """Refuse nothing at all, and texts beyond any sense."""
        if not self.text.strip() and not self.files and not self.html.strip() and not self.error_text.strip():
            raise Refused(Missing("empty"))
        if len(self.text) > MAX_TEXT:
            raise Refused(Missing("text_long", str(MAX_TEXT)))


def store(
    ticket: Ticket,
    content: Content,
    *,
    at: datetime,
    audience: str,
    side: str,
    channel: str,
    author: Person | None,
    kind: str = "message",
    author_kind: str = "human",
    is_gratitude: bool = False,
) -> Message:
    """Write the message and its attachments, inside the open change."""
    message = Message(
        ticket=ticket,
        audience=audience,
        side=side,
        author=author,
        author_name=(content.author_name or (author.name if author else ""))[:200],
        author_address=content.author_address[:320],
        author_kind=author_kind,
        kind=kind,
        channel=channel,
        text=content.text.replace("\x00", ""),
        quoted=content.quoted.replace("\x00", ""),
        instructions=content.instructions.replace("\x00", ""),
        error_text=content.error_text.replace("\x00", ""),
        html=content.html.replace("\x00", ""),
        mail=content.mail,
        mail_id=content.mail_id[:500],
        is_gratitude=is_gratitude,
        created_at=at,
        salt=Message.new_salt(),
    )
    bulk.add(message)
    attach(message, content.files)
    return message


def author_kind_of(actor: Actor) -> str:
    """'auto' for a client of the API that names no person: its words are no answer of staff (domain.md §4.4)."""
    return "auto" if actor.kind == "client" and not actor.on_behalf_of else "human"


def public_fact(message: Message, content: Content, **more: Any) -> MessagePublic:
    """The fact that a public message was written."""
    return MessagePublic(
        message=str(message.pk),
        commitment=message.commitment(),
        side=message.side,
        author_kind=message.author_kind,
        channel=message.channel,
        attachments=len(content.files),
        is_gratitude=message.is_gratitude,
        **more,
    )


def internal_fact(message: Message, content: Content, mentions: Sequence[int] = ()) -> MessageInternal:
    """The fact that a note was written."""
    return MessageInternal(
        message=str(message.pk),
        commitment=message.commitment(),
        side=message.side,
        author_kind=message.author_kind,
        channel=message.channel,
        attachments=len(content.files),
        mentions=list(mentions),
    )


def waiting_fact(message: Message, content: Content, *, sender: str, why: str) -> MessageWaiting:
    """The fact that a message waits to be confirmed."""
    return MessageWaiting(
        message=str(message.pk),
        commitment=message.commitment(),
        side=message.side,
        author_kind=message.author_kind,
        channel=message.channel,
        attachments=len(content.files),
        sender=sender,
        why=why,
    )
