"""Letters that the people of the demo write: plain MIME messages as a mail program makes them."""

from __future__ import annotations

import uuid
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from otklik import clock
from otklik.ops.demo.material import address_of, read
from otklik.outbox import sender
from otklik.outbox.headers import clean, mailbox
from otklik.outbox.models import Delivery
from otklik.people.models import Person


def mailbox_address() -> str:
    """Where one writes to support."""
    current = sender.current()
    return current.from_address if current else address_of(read("cast")["desk"]["mailbox"])


def first_letter(author: Person, subject: str, text: str) -> bytes:
    """A letter that opens a conversation."""
    return _letter(author.email or "", author.name, to=mailbox_address(), subject=subject or text[:60], text=text)


def answer_to(letter: Delivery, text: str) -> bytes:
    """The answer of whoever got the letter, with the original quoted below as mail programs do."""
    quoted = "\n".join(f"> {line}".rstrip() for line in letter.text.splitlines())
    subject = letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject}"
    return _letter(
        letter.recipient,
        letter.recipient_name,
        to=letter.headers.get("Reply-To") or mailbox_address(),
        subject=subject,
        text=f"{text}\n\n{letter.created_at:%d.%m.%Y %H:%M}, {mailbox_address()}:\n{quoted}",
        headers={
            "In-Reply-To": letter.message_id,
            "References": f"{letter.headers.get('References', '')} {letter.message_id}",
        },
    )


def headers_of(letter: Delivery) -> str:
    """The headers of a letter of ours, as its reader's mail program would show them."""
    current = sender.current()
    told = {
        "From": str(mailbox(mailbox_address(), letter.author or (current.from_name if current else ""))),
        "To": str(mailbox(letter.recipient, letter.recipient_name)),
        "Subject": letter.subject,
        "Date": format_datetime(letter.created_at),
        "Message-ID": letter.message_id,
        **letter.headers,
    }
    return "\n".join(f"{name}: {value}" for name, value in told.items())


def _letter(
    address: str, name: str, *, to: str, subject: str, text: str, headers: dict[str, str] | None = None
) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = mailbox(address, name)
    message["To"] = clean(to)
    message["Subject"] = clean(subject, 200)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{uuid.uuid4().hex}@{read('cast')['desk']['domain']}>"
    for key, value in (headers or {}).items():
        message[key] = clean(value)
    message.set_content(text.replace("\r\n", "\n") + "\n")
    return message.as_bytes()
