"""Which letters of the past tie a letter to its conversation in the recipient's mail program (domain.md §10.3)."""

from __future__ import annotations

from otklik.outbox.headers import normal
from otklik.outbox.models import Delivery
from otklik.people.models import Person
from otklik.tickets.models import Message, Ticket

STAFF, GATHERED = "staff.", "staff.digest"


def references(ticket: Ticket, person: Person) -> tuple[str, ...]:
    """The root of the conversation as this person has it, and the last letter in it: sent by them or to them."""
    written = Message.objects.filter(ticket=ticket, author=person, audience="public").exclude(mail_id="")
    known = [(at, _bracketed(key)) for at, key in written.values_list("created_at", "mail_id")]
    ours = Delivery.objects.about("ticket", ticket.number).filter(recipient=normal(person.email or ""))
    known += list(ours.exclude(kind=GATHERED).values_list("created_at", "message_id"))
    known.sort()
    return tuple(dict.fromkeys((known[0][1], known[-1][1]))) if known else ()


def _bracketed(key: str) -> str:
    return key if key.startswith("<") else f"<{key}>"
