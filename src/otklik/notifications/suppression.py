"""Addresses that letters came back from: we do not write to them until they write to us or a person says so."""

from __future__ import annotations

from otklik import clock
from otklik.journal.questions import Question
from otklik.outbox.headers import clean

from .models import Suppressed

DEAD_MAILBOX = ("5.1.", "5.2.1", "5.7.606")  # RFC 3463: no such address, mailbox disabled; a full one is none of these
_OF = Question(lambda address: Suppressed.objects.filter(address=address, lifted_at=None).order_by("pk")[:1])


def suppress(address: str, *, because: str, detail: str) -> bool:
    """Write to this address no more; false where that is so already."""
    _, new = Suppressed.objects.get_or_create(
        address=address.strip().lower()[:320],
        lifted_at=None,
        defaults={"because": because, "detail": clean(detail, 500), "since": clock.now()},
    )
    return new


def lift(address: str) -> bool:
    """Write to this address again; false where nothing was in the way."""
    row = of(address)
    return row is not None and bool(Suppressed.objects.filter(pk=row.pk, lifted_at=None).update(lifted_at=clock.now()))


def of(address: str) -> Suppressed | None:
    """Why we do not write to this address, or None."""
    return _OF.first(address.strip().lower()[:320])


def is_final(status: str, detail: str) -> bool:
    """Whether a returned letter says that the address is none, or that its owner does not want our mail."""
    return status == "complaint" or (status == "bounced" and detail.strip().startswith(DEAD_MAILBOX))
