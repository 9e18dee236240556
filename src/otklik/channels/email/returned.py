"""Delivery reports: each is tied to the letter of ours and the address it speaks of (domain.md §10.4)."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.channels.intake import Placed
from otklik.channels.models import JOINED, PARKED
from otklik.journal.record import Actor
from otklik.outbox.addressing import Keys, read_message_id
from otklik.outbox.models import Delivery, State
from otklik.tickets import desk
from otklik.tickets.models import Ticket

from . import matching
from .bounces import Recipient, Report
from .message import Letter

RECENT = timedelta(days=7)  # within which a report that names no letter is believed to speak of the last one
STATUSES = {"failed": "bounced", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered"}


def place(letter: Letter, report: Report, *, keys: Keys, actor: Actor) -> Placed:
    """Note what happened to a letter of ours on its ticket; a report about no letter of ours is parked."""
    deliveries, certain = _deliveries(letter, report)
    ticket = _ticket(letter, report, deliveries, keys)
    if not deliveries and ticket is None:
        return Placed(outcome=PARKED, reason="report_about_nothing")
    told = report.recipients or (Recipient(""),)
    for one in told:
        delivery = _of_address(deliveries, one.address)
        status = _status(report, one)
        detail = " ".join(filter(None, [one.status, one.reply, one.diagnostic]))
        if status == "bounced" and delivery is not None:
            _mark_failed(delivery, detail)
        if ticket is not None:
            # Whom we wrote to, whatever the report says: else the reader of one letter could blame anybody's address.
            desk.note_delivery(
                ticket,
                delivery=delivery.pk if delivery else 0,
                recipient=delivery.recipient if delivery else one.address,
                status=status,
                detail=detail,
                certain=certain and delivery is not None,
                actor=actor,
            )
    return Placed(outcome=JOINED, reason=f"report_{report.kind}", ticket=ticket, matched_by="report")


def _status(report: Report, one: Recipient) -> str:
    if report.kind == "receipt":
        return "read" if one.action == "displayed" else "delivered"
    if report.kind == "complaint":
        return "complaint"
    return "delayed" if one.action == "failed" and not one.permanent else STATUSES.get(one.action, "bounced")


def _deliveries(letter: Letter, report: Report) -> tuple[list[Delivery], bool]:
    """Letters of ours the report may mean: by Message-ID, else the last one to an address it blames.

    Only who had our letter can name its id: without one, anybody may have written the report.
    """
    ids = [one for one in (report.original_message_id, *matching.ids_of(letter)) if one]
    if ids and (found := list(Delivery.objects.filter(message_id__in=ids))):
        return found, True
    if report.kind != "delivery":
        return [], False
    blamed = [one.address for one in report.recipients if "@" in one.address]
    last = [
        Delivery.objects.filter(recipient__iexact=address, created_at__gt=clock.now() - RECENT).order_by("-pk").first()
        for address in blamed[:20]
    ]
    return [one for one in last if one is not None], False


def _of_address(deliveries: list[Delivery], address: str) -> Delivery | None:
    exact = [one for one in deliveries if one.recipient.lower() == address.lower()]
    if exact:
        return exact[0]
    return deliveries[0] if len(deliveries) == 1 else None


def _ticket(letter: Letter, report: Report, deliveries: list[Delivery], keys: Keys) -> Ticket | None:
    ids = [report.original_message_id, *matching.ids_of(letter)]
    for text in filter(None, ids):
        if said := read_message_id(text, keys=keys):
            return matching.numbered(said.ticket)
    for delivery in deliveries:
        if delivery.subject_kind == "ticket" and delivery.subject_id is not None:
            return matching.numbered(delivery.subject_id)
    return None


def _mark_failed(delivery: Delivery, detail: str) -> None:
    """A letter that came back needs a person, like one that never left; its earlier word is kept beside."""
    Delivery.objects.filter(pk=delivery.pk, state=State.SENT).update(
        state=State.FAILED, answer=detail[:500], settled_at=clock.now(), acknowledged_at=None
    )
