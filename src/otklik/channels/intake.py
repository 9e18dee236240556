"""The one way in: keep the raw letter durably, give it a line in the ledger, and settle that line once.

Nothing here looks into a letter. A channel (``email``) reads it and says what became of it; the promise is that a
letter kept is settled exactly once, in the transaction of its effect (safety.md B3.1).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from otklik import clock
from otklik.channels.events import MailAlarm
from otklik.channels.models import DUPLICATE, PROCESSED, RECEIVED, Inbound, Mailbox
from otklik.jobs import enqueue
from otklik.journal import bulk
from otklik.journal.models import Entry
from otklik.journal.questions import Question
from otklik.journal.record import SYSTEM, Subject, record
from otklik.tickets.attachments import keep_bytes, path_of
from otklik.tickets.models import Message, Ticket

PIPE = "mail"  # the mailbox of ``otklik mail pipe`` where none is named
STALE = timedelta(minutes=5)  # after which a letter without outcome is looked at again, and the ledger says so
ALARM_AGAIN = timedelta(hours=1)


TOLD = (
    *("state", "outcome", "reason", "detail", "ticket", "message", "matched_by", "processed_at", "facts"),
    *("sender_name", "sender_address", "subject", "verdict", "automatic", "decided_by", "decided_at"),
)
_SAME = Question(  # the same bytes too: what makes the identity may change with a release
    lambda mailbox, identity, sha256: (
        Inbound.objects.filter(Q(identity=identity) | Q(sha256=sha256), mailbox=mailbox)
        .exclude(outcome=DUPLICATE)
        .order_by("pk")[:1]
    ),
    slots=3,
)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What became of a letter: the outcome, why, where it is now."""

    outcome: str
    reason: str = ""
    detail: str = ""
    ticket: Ticket | None = None
    message: Message | None = None
    matched_by: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def pipe_mailbox(name: str = "") -> Mailbox:
    """The mailbox of that name; without a name the one of the pipe, made at first need. Raises Mailbox.DoesNotExist."""
    if name:
        return Mailbox.objects.get(name=name)
    return Mailbox.objects.get_or_create(name=PIPE, defaults={"created_at": clock.now()})[0]


def keep(
    raw: bytes,
    *,
    mailbox: Mailbox,
    identify: Callable[[bytes], tuple[str, str]],
    received_at: datetime | None = None,
    uid: tuple[int, int] | None = None,
    source: str = "",
    size_told: int | None = None,
    queue: bool = True,
) -> Inbound:
    """Keep a letter: when this returns, its bytes and its line survive any crash. The same delivery is kept once.

    Args:
        raw: the bytes as received. identify: answers (content identity, Message-ID) of the bytes.
        received_at: when the mailbox got it, by the server; never later than now.
        uid: (UIDVALIDITY, UID) of an IMAP server. source: archive and member of an import.
        size_told: what the server said, where it differs. queue: leave the reading to a worker.

    Raises `StoreUnavailable` or a database error; then nothing may be done to the server's copy.
    """
    sha256, size = keep_bytes([raw])
    _settle_folder(sha256)
    clock.faultpoint("intake.after_bytes")
    identity, message_id = identify(raw)
    now = clock.now()
    values = {
        "mailbox": mailbox,
        "uidvalidity": uid[0] if uid else None,
        "uid": uid[1] if uid else None,
        "source": source[:500],
        "size": size,
        "size_told": size_told,
        "sha256": sha256,
        "identity": identity,
        "mail_id": message_id[:500],
        "received_at": min(received_at or now, now),
        "kept_at": now,
    }
    try:
        row = _write(values, queue=queue)
    except IntegrityError:  # another reader kept the same delivery just now
        known = _kept_before(values)
        if known is None:
            raise
        row = known
    clock.faultpoint("intake.after_commit")
    return row


@transaction.atomic
def _write(values: dict[str, Any], *, queue: bool) -> Inbound:
    if values["uid"] is None and (known := _kept_before(values)):  # a UID was looked up by its reader
        return known
    lock(f"identity:{values['identity']}")
    first = _SAME.first(values["mailbox"].pk, values["identity"], values["sha256"])
    if first is not None:
        now = values["kept_at"]
        told = {"reason": "same_letter", "duplicate_of": first, "ticket": first.ticket, "processed_at": now}
        told |= {name: getattr(first, name) for name in ("sender_name", "sender_address", "subject", "verdict")}
        return Inbound.objects.create(**values, state=PROCESSED, outcome=DUPLICATE, **told)
    row = Inbound(**values)
    bulk.add(row)
    if queue:
        enqueue_reading(row)
    clock.faultpoint("intake.before_commit")
    return row


def _kept_before(values: Mapping[str, Any]) -> Inbound | None:
    """The line of this very delivery, when it was kept before."""
    same = Inbound.objects.filter(mailbox=values["mailbox"])
    if values["uid"] is not None:
        return next(iter(same.filter(uidvalidity=values["uidvalidity"], uid=values["uid"])), None)
    if values["source"]:
        return next(iter(same.filter(source=values["source"])), None)
    return None


def _settle_folder(sha256: str) -> None:
    """Make the file's name durable too: the bytes are flushed already, its folder's entry is not."""
    folder = os.open(path_of(sha256).parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def lock(name: str) -> None:
    """Serialise those who do the same thing, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"intake:{name}",))


def hold(row: Inbound) -> bool:
    """Lock the line until the end of the transaction; whether it still waits for its outcome."""
    with connection.cursor() as cursor:
        cursor.execute("select state from channels_inbound where id = %s for update", (row.pk,))
        return bool(cursor.fetchone() == (RECEIVED,))


def enqueue_reading(row: Inbound, *, run_at: datetime | None = None) -> None:
    """Let a worker read the letter; one job of a letter at a time."""
    enqueue("channels.take_in", {"inbound": row.pk}, key=f"inbound:{row.pk}", run_at=run_at, unless_waiting=True)


def raw_of(row: Inbound) -> bytes:
    """The letter as it came. Raises OSError while the store cannot be read."""
    return path_of(row.sha256).read_bytes()


def settle(row: Inbound, placed: Placed, *, message_fact: Mapping[str, Any] = {}) -> Inbound:  # never written to
    """Write the outcome of a letter, in the transaction of its effect; ``row`` is locked by the caller."""
    row.state, row.outcome, row.reason = PROCESSED, placed.outcome, placed.reason[:40]
    row.detail, row.ticket, row.message = placed.detail[:2_000], placed.ticket, placed.message
    row.matched_by, row.processed_at = placed.matched_by, clock.now()
    row.facts = {**row.facts, **placed.facts}
    for name, value in message_fact.items():
        setattr(row, name, value)
    bulk.change(row, (*TOLD, *message_fact))  # the reader of the mailbox marks the row at its own time
    return row


def alarm(mailbox: Mailbox, what: str, *, address: str = "", ticket: Ticket | None = None, detail: str = "") -> bool:
    """Tell people that something is wrong with mail, at most once an hour about the same; True when it was told."""
    subject = Subject(kind="mailbox", id=str(mailbox.pk))
    lock(f"alarm:{subject}:{what}:{address}")
    recent = Entry.objects.filter(
        subject_kind=subject.kind, subject_id=subject.id, kind="mail.alarm", recorded_at__gt=clock.now() - ALARM_AGAIN
    )
    if recent.filter(payload__what=what, payload__address=address).exists():
        return False
    fact = MailAlarm(what=what, address=address, ticket=str(ticket.pk) if ticket else "", detail=detail[:500])
    record(subject, fact, actor=SYSTEM)
    return True


def sweep() -> int:
    """Give letters that nobody finished within five minutes to a worker again; how many there were."""
    rows = Inbound.objects.filter(state=RECEIVED, kept_at__lt=clock.now() - STALE).order_by("pk")[:500]
    for row in rows:
        enqueue_reading(row)
    return len(rows)
