"""What became of our letters, noted on their tickets and asked by their pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from otklik.jobs import enqueue
from otklik.journal.models import Entry
from otklik.journal.record import SYSTEM
from otklik.outbox.models import Delivery, State
from otklik.outbox.states import delivery_changed
from otklik.tickets import desk
from otklik.tickets.models import Ticket

NOTED = frozenset({State.SENT, State.FAILED, State.UNKNOWN, State.TRAPPED})  # where a letter comes to its end


def changed(delivery: Delivery) -> None:
    """Called in the transaction of the change: a job notes it, so that a busy ticket never holds up the mail."""
    if delivery.subject_kind == "ticket" and delivery.state in NOTED:
        values = {"delivery": delivery.pk, "status": str(delivery.state)}
        enqueue("notifications.note_delivery", values, key=f"delivery:{delivery.pk}")


def note(delivery_id: int, status: str) -> None:
    """Record on the ticket what became of a letter."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    ticket = Ticket.objects.filter(number=delivery.subject_id or 0).first() if delivery is not None else None
    if delivery is None or ticket is None:
        return
    desk.note_delivery(
        ticket,
        delivery=delivery.pk,
        recipient=delivery.recipient,
        status=status,
        detail=delivery.answer,
        message=message_of(delivery.entry),
        actor=SYSTEM,
    )


def message_of(entry: int | None) -> str:
    """The key of the message that an entry tells of, or empty."""
    payload = Entry.objects.filter(pk=entry).values_list("payload", flat=True).first() if entry else None
    return str(payload.get("message", "")) if payload else ""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one letter: to whom, how it stands, the server's last word."""

    delivery: int
    recipient: str
    name: str
    state: str
    said: str
    at: datetime


def of_ticket(ticket: Ticket) -> dict[str, list[Fate]]:
    """The letters of a ticket by the key of the message they carry ('' for those without), oldest first.

    For staff only: recipients are shown. Two queries, however many letters.
    """
    rows = list(Delivery.objects.about("ticket", ticket.number))
    payloads = dict(Entry.objects.filter(pk__in=[row.entry for row in rows if row.entry]).values_list("pk", "payload"))
    found: dict[str, list[Fate]] = {}
    for row in rows:
        key = str(payloads.get(row.entry or 0, {}).get("message", ""))
        fate = Fate(row.pk, row.recipient, row.recipient_name, row.state, row.said, row.settled_at or row.created_at)
        found.setdefault(key, []).append(fate)
    return found


def register() -> None:
    """Hear of every change of a delivery."""
    if changed not in delivery_changed:
        delivery_changed.append(changed)
