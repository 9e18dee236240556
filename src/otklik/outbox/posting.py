"""The one door for outgoing mail: a letter becomes a delivery and its job in the caller's transaction."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict

from django.db import transaction

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal import bulk
from otklik.outbox import addressing
from otklik.outbox.addressing import Keys
from otklik.outbox.headers import ascii_domain, clean, mailbox, normal, storable, thread
from otklik.outbox.keys import signing_keys
from otklik.outbox.letter import Attached, Letter
from otklik.outbox.models import OPEN, Delivery, Sender, State
from otklik.outbox.sender import current, mail_box, mail_domain, trapping
from otklik.outbox.states import changed

__all__ = ["Attached", "Letter", "acknowledge", "post", "send_again"]


ENTRY_BASE = 10**15  # letters of journal entries are numbered above the ids of messages


def post(*letters: Letter) -> list[Delivery]:
    """Write one delivery per letter and the job that sends it, in the caller's transaction.

    The same Message-ID to the same address is one delivery, however often it is posted. While mail is not set up, and
    in the demo, letters are trapped: kept and shown, never sent. Raises ValueError for what is no address, and for two
    letters of different kinds under one Message-ID.
    """
    sender = current()
    with transaction.atomic():
        keys = signing_keys() if any(letter.about for letter in letters) else None
        return [_write(letter, sender, keys) for letter in letters]


def send_again(delivery_id: int) -> Delivery:
    """A person's word that a failed, unknown or trapped letter shall be sent again, under the same Message-ID.

    Raises ValueError while it is still on its way or was sent, or when its text was erased.
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if delivery.state in OPEN or delivery.state == State.SENT:
            raise ValueError(f"a letter that is {delivery.state} is not sent again")
        if trapping(current()):
            raise ValueError("mail does not leave now")
        delivery.state, delivery.settled_at, delivery.acknowledged_at = State.QUEUED, None, None
        delivery.first_attempt_at = delivery.handing_over_at = delivery.lease_until = None
        delivery.attempts, delivery.next_attempt_at = 0, clock.now()
        delivery.save()
        changed(delivery)
        queue(delivery)
    return delivery


def acknowledge(delivery_id: int) -> None:
    """A person has seen that the letter failed or may not have arrived, and leaves it at that."""
    Delivery.objects.filter(pk=delivery_id, acknowledged_at=None).update(acknowledged_at=clock.now())


def queue(delivery: Delivery) -> None:
    """Enqueue the job that sends the head of the letter's line, when the letter may leave."""
    due = max(delivery.next_attempt_at, delivery.not_before or delivery.next_attempt_at)
    later = due if due > clock.now() else None
    enqueue("outbox.send", {"line": delivery.line}, key=f"mail:{delivery.line}", run_at=later)


def _identity(letter: Letter, sender: Sender | None, keys: Keys | None) -> tuple[str, str]:
    """Message-ID and reply address (domain.md §10.3): signed for a ticket, else a random id and the desk's address."""
    domain = ascii_domain(mail_domain(sender))
    if keys is None or letter.about is None or letter.about[0] != "ticket":
        return clean(letter.message_id) or f"<ot.{uuid.uuid4().hex}@{domain}>", letter.reply_to
    ticket = letter.about[1]
    number = letter.message or (ENTRY_BASE + letter.entry if letter.entry else 0)
    if not number:
        number = ENTRY_BASE * 2 + secrets.randbelow(ENTRY_BASE)  # a letter of its own
    signed = addressing.message_id(ticket, number, domain=domain, keys=keys)
    answer = addressing.reply_address(ticket, letter.person or 0, local=mail_box(sender), domain=domain, keys=keys)
    return clean(letter.message_id) or signed, letter.reply_to or answer


def _write(letter: Letter, sender: Sender | None, keys: Keys | None) -> Delivery:
    recipient = normal(letter.to)
    message_id, reply_to = _identity(letter, sender, keys)
    now = clock.now()
    trapped = trapping(sender)
    kind, subject_id = letter.about or ("", None)
    values = {
        "recipient_name": clean(letter.name, 200),
        "recipient_person": letter.person,
        "subject_kind": kind,
        "subject_id": subject_id,
        # Letters about nothing in particular (sign-in links) wait for nobody.
        "line": f"{kind}:{subject_id}|{recipient}" if letter.about else f"{message_id}|{recipient}",
        "kind": letter.kind,
        "language": letter.language,
        "automatic": letter.automatic,
        "confidential": letter.confidential,
        "entry": letter.entry,
        "subject": clean(f"{letter.subject} [#{letter.number}]" if letter.number else letter.subject),
        "author": clean(letter.author, 200),
        "text": storable(letter.text),
        "html": storable(letter.html),
        "headers": _headers(letter, reply_to),
        "attachments": [asdict(item) for item in letter.attachments],
        "state": State.TRAPPED if trapped else State.QUEUED,
        "settled_at": now if trapped else None,
        "not_before": letter.not_before,
        "next_attempt_at": now,
        "created_at": now,
    }
    delivery = Delivery(message_id=message_id, recipient=recipient, **values)
    if not (new := bulk.add(delivery, unless=("message_id", "recipient"))):
        delivery = Delivery.objects.get(message_id=message_id, recipient=recipient)
    if delivery.kind != letter.kind:
        raise ValueError(f"{message_id} to {recipient} is a letter of kind {delivery.kind!r} already")
    if new:
        changed(delivery)
        if not trapped:
            queue(delivery)
    return delivery


def _headers(letter: Letter, reply_to: str) -> dict[str, str]:
    """The headers that are fixed when the letter is written; From and the instance's mark follow when it leaves."""
    headers = {name: clean(value) for name, value in letter.headers.items()}
    if reply_to:
        headers["Reply-To"] = str(mailbox(reply_to))
    if references := thread(letter.references):
        headers["References"] = references
        headers["In-Reply-To"] = references.split(" ")[-1]
    if letter.automatic:
        headers["Auto-Submitted"] = letter.auto_submitted or "auto-generated"
        headers["X-Auto-Response-Suppress"] = "All"
    if letter.language:
        headers["Content-Language"] = letter.language
    return headers
