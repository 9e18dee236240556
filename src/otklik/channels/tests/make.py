"""Letters and mailboxes for tests of the channels."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count
from typing import Any

from otklik import clock
from otklik.channels.email import inbound
from otklik.channels.models import Inbound, Mailbox
from otklik.outbox.addressing import message_id, reply_address
from otklik.outbox.keys import signing_keys
from otklik.people.models import Person
from otklik.tickets.models import Ticket

AUTHSERV = "mx.desk.example"
_number = count(1)


def mailbox(name: str = "support", **values: Any) -> Mailbox:
    """A mailbox whose server's word about senders we believe."""
    values.setdefault("address", f"{name}@desk.example")
    values.setdefault("authserv_ids", [AUTHSERV])
    return Mailbox.objects.create(name=name, created_at=clock.now(), **values)


def letter(
    text: str = "Не печатает принтер в процедурной.",
    *,
    sender: str = "Анна Крылова <anna@clinic.example>",
    to: str = "support@desk.example",
    subject: str = "Принтер",
    verified: bool = False,
    **headers: str,
) -> bytes:
    """A raw letter; ``headers`` by name with underscores; ``verified``: our server vouches for its author."""
    message = EmailMessage()
    if verified:
        message["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={sender.rpartition('@')[2].strip('>')}"
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = headers.pop("Message_ID", f"<letter{next(_number)}@clinic.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def arrive(raw: bytes, box: Mailbox | None = None, **more: Any) -> Inbound:
    """Keep a letter and take it in at once."""
    box = box or Mailbox.objects.filter(name="support").first() or mailbox()
    row = inbound.receive(raw, mailbox=box, queue=False, **more)
    return inbound.at_once(row).row


def signed_address(ticket: Ticket, person: Person) -> str:
    """The address under which this person answers on this ticket."""
    return reply_address(ticket.number, person.pk, domain="desk.example", keys=signing_keys())


def signed_id(ticket: Ticket, number: int = 7) -> str:
    """The Message-ID of a letter of ours about this ticket."""
    return message_id(ticket.number, number, domain="desk.example", keys=signing_keys())
