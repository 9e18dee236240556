"""Which letters of the past tie a letter to its conversation in the recipient's mail program (domain.md §10.3)."""

from __future__ import annotations

from otklik.journal.questions import Question
from otklik.outbox.headers import normal
from otklik.outbox.models import Delivery
from otklik.people.models import Person
from otklik.tickets.models import Message, Ticket

STAFF, GATHERED = "staff.", "staff.digest"
_WRITTEN = Question(
    lambda ticket, author: (
        Message.objects.filter(ticket=ticket, author=author, audience="public")
        .exclude(mail_id="")
        .values_list("created_at", "mail_id")
    ),
    slots=2,
)
_OURS = Question(
    lambda number, recipient: (
        Delivery.objects.filter(subject_kind="ticket", subject_id=number, recipient=recipient)
        .exclude(kind=GATHERED)
        .values_list("created_at", "message_id")
    ),
    slots=2,
)


def references(ticket: Ticket, person: Person) -> tuple[str, ...]:
    """The root of the conversation as this person has it, and the last letter in it: sent by them or to them."""
    known = [(at, _bracketed(key)) for at, key in _WRITTEN.all(ticket.pk, person.pk)]
    known += _OURS.all(ticket.number, normal(person.email or ""))
    known.sort()
    return tuple(dict.fromkeys((known[0][1], known[-1][1]))) if known else ()


def _bracketed(key: str) -> str:
    return key if key.startswith("<") else f"<{key}>"
