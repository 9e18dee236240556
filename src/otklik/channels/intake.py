"""The one way in: keep the raw letter durably, give it a line in the ledger, and settle that line once.

Nothing here looks into a letter. A channel (``email``) reads it and says what became of it; the promise is that a
letter kept is settled exactly once, in the transaction of its effect (safety.md B3.1).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from otklik import clock, database
from otklik.channels.events import MailAlarm
from otklik.channels.models import DUPLICATE, PROCESSED, RECEIVED, Inbound, Mailbox
from otklik.jobs import enqueue, enqueue_all
from otklik.journal import bulk
from otklik.journal.models import Entry
from otklik.journal.questions import Question
from otklik.journal.record import SYSTEM, Subject, record
from otklik.tickets.attachments import keep_bytes, path_of
from otklik.tickets.models import Message, Ticket

PIPE = "mail"  # the mailbox of ``otklik mail pipe`` where none is named
STALE = timedelta(minutes=5)  # after which a letter without outcome is looked at again, and the ledger says so
ALARM_AGAIN = timedelta(hours=1)
WRITERS = 4  # threads that flush the bytes of a batch


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


_LOCK_ALL = "select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(%s::text[]) as name"


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A letter as it came to a mailbox; see `keep`."""

    raw: bytes
    received_at: datetime | None = None
    uid: tuple[int, int] | None = None
    size_told: int | None = None


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
    values = _values(
        Delivered(raw=raw, received_at=received_at, uid=uid, size_told=size_told), _store(raw), mailbox, identify
    )
    values["source"] = source[:500]
    try:
        row = _write(values, queue=queue)
    except IntegrityError:  # another reader kept the same delivery just now
        known = _kept_before(values)
        if known is None:
            raise
        row = known
    clock.faultpoint("intake.after_commit")
    return row


def keep_all(
    letters: Sequence[Delivered], *, mailbox: Mailbox, identify: Callable[[bytes], tuple[str, str]]
) -> list[Inbound]:
    """Keep letters of a mail server, none of them kept before, in one transaction; as `keep`, in their order.

    Their bytes are flushed side by side: a disk flushes several files in hardly more time than one.
    """
    with ThreadPoolExecutor(WRITERS) as writers:
        stored = list(writers.map(_store, [one.raw for one in letters]))
    told = [_values(one, at, mailbox, identify) for one, at in zip(letters, stored, strict=True)]
    try:
        rows = _write_all(told, mailbox)
    except (IntegrityError, DataError):  # one of them, for a reason of its own: it shall not hold up the others
        return [
            keep(
                one.raw,
                mailbox=mailbox,
                identify=identify,
                received_at=one.received_at,
                uid=one.uid,
                size_told=one.size_told,
            )
            for one in letters
        ]
    for _row in rows:
        clock.faultpoint("intake.after_commit")
    return rows


@transaction.atomic
def _write_all(told: Sequence[dict[str, Any]], mailbox: Mailbox) -> list[Inbound]:
    """Letters of new content together, the others (a content known, or repeated among these) each by itself."""
    names = sorted({f"intake:identity:{values['identity']}" for values in told})  # one order: no two wait in a ring
    database.rows(_LOCK_ALL, (names,))
    same = Q(identity__in=[values["identity"] for values in told]) | Q(sha256__in=[values["sha256"] for values in told])
    alike = Inbound.objects.filter(same, mailbox=mailbox).exclude(outcome=DUPLICATE)
    known = {text for pair in alike.values_list("identity", "sha256") for text in pair}
    fresh: dict[str, Inbound] = {}
    rows = []
    for values in told:
        if not known & {values["identity"], values["sha256"]} and values["identity"] not in fresh:
            fresh[values["identity"]] = Inbound(**values)
    bulk.add(*fresh.values())
    enqueue_all([("channels.take_in", {"inbound": row.pk}, f"inbound:{row.pk}") for row in fresh.values()])
    for values in told:
        row = fresh.get(values["identity"])
        rows.append(row if row is not None and row.uid == values["uid"] else _write(values, queue=True))
        clock.faultpoint("intake.before_commit")
    return rows


def _values(
    letter: Delivered,
    stored: tuple[str, int],
    mailbox: Mailbox,
    identify: Callable[[bytes], tuple[str, str]],
) -> dict[str, Any]:
    identity, message_id = identify(letter.raw)
    now = clock.now()
    return {
        "mailbox": mailbox,
        "uidvalidity": letter.uid[0] if letter.uid else None,
        "uid": letter.uid[1] if letter.uid else None,
        "source": "",
        "size": stored[1],
        "size_told": letter.size_told,
        "sha256": stored[0],
        "identity": identity,
        "mail_id": message_id[:500],
        "received_at": min(letter.received_at or now, now),
        "kept_at": now,
    }


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


def _store(raw: bytes) -> tuple[str, int]:
    """Keep the bytes durably: (SHA-256, size)."""
    sha256, size = keep_bytes([raw])
    _settle_folder(sha256)
    clock.faultpoint("intake.after_bytes")
    return sha256, size


def _settle_folder(sha256: str) -> None:
    """Make the file's name durable too: the bytes are flushed already, its folder's entry is not."""
    folder = os.open(path_of(sha256).parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def lock(name: str) -> None:
    """Serialise those who do the same thing, until the end of the transaction."""
    database.rows("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"intake:{name}",))


def hold(row: Inbound) -> bool:
    """Lock the line until the end of the transaction; whether it still waits for its outcome."""
    return database.row("select state from channels_inbound where id = %s for update", (row.pk,)) == (RECEIVED,)


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
