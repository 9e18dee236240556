"""One letter's way from the ledger to the desk: raw bytes, understood apart, placed in one transaction."""

from __future__ import annotations

import atexit
import hmac
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from otklik import clock
from otklik.channels import intake, mailboxes
from otklik.channels.intake import Placed
from otklik.channels.models import PARKED, PROCESSED, RECEIVED, Inbound, Mailbox
from otklik.journal.questions import Question
from otklik.outbox import vault
from otklik.outbox.headers import clean, storable
from otklik.outbox.keys import signing_keys
from otklik.people.models import Person
from otklik.tickets.attachments import File, kept
from otklik.tickets.refusal import Forbidden, Refused

from . import copies, identity, matching, oversized, placing, structure, verdict
from .message import Letter
from .sandbox import Nursery, Parked

PATIENCE = timedelta(minutes=2)  # how long an answer waits for the letter it answers, which came before it
AGAIN = timedelta(seconds=1)
OUR_MARK = "x-otklik"
ATTEMPTS = 5

_ROW = Question(lambda key: Inbound.objects.filter(pk=key))
_nursery: Nursery | None = None
_mutex = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """The ledger's line of a letter, and the letter where it could be understood."""

    row: Inbound
    letter: Letter | None = None
    waits: bool = False  # for the letter it answers


def nursery() -> Nursery:
    """This process's warm parent of parsing children."""
    global _nursery
    with _mutex:
        if _nursery is None:
            _nursery = Nursery()
            atexit.register(_nursery.close)
        return _nursery


def identify(raw: bytes) -> tuple[str, str]:
    """(content identity, Message-ID) of raw bytes; what cannot be read is identified by its bytes alone."""
    try:
        fields, _ = structure.split(raw, at_top=True)
        found = next((value for name, value in fields if name == "message-id"), b"")
        message_id = _first_id(found)
        return identity.content_identity(raw), message_id
    except Exception:  # no letter may fail to be kept because of what it holds
        import hashlib

        return "raw:" + hashlib.sha256(raw).hexdigest(), ""


def _first_id(value: bytes) -> str:
    from . import headers

    return clean(next(iter(headers.message_ids(value)), ""), 500)


def receive(raw: bytes, *, mailbox: Mailbox, received_at: datetime | None = None, **more: Any) -> Inbound:
    """Keep a raw letter (see `intake.keep`)."""
    return intake.keep(raw, mailbox=mailbox, identify=identify, received_at=received_at, **more)


def receive_all(letters: Sequence[intake.Delivered], *, mailbox: Mailbox) -> list[Inbound]:
    """Keep raw letters of a server, in order (see `intake.keep_all`)."""
    return intake.keep_all(letters, mailbox=mailbox, identify=identify)


def take_in(inbound: int, *, guard: Callable[[], None] = lambda: None, patient: bool = True) -> TakenIn:
    """Read a kept letter and place it; safe to repeat, and to run twice at once.

    ``guard`` is called first inside the transaction of the effect (the job's fence and end). ``patient``: an answer
    waits for the letter it answers when that one is kept but not yet placed.
    """
    row = _ROW.one(inbound)
    if row.state == PROCESSED:
        return TakenIn(row=row)
    known = mailboxes.known()
    row.mailbox = known[row.mailbox_id]
    raw = intake.raw_of(row)
    parser = nursery()
    ours = copies.own_addresses(known)
    parser.own = tuple(ours)
    understood = parser.parse(raw)
    clock.faultpoint("intake.after_parse")
    if isinstance(understood, Parked):
        if oversized.is_meant(understood):
            head = oversized.head_of(row, raw, parser)
            return TakenIn(row=_settle(row, guard, lambda locked: oversized.park(locked, head)))
        return TakenIn(row=_settle(row, guard, lambda locked: _unread(locked, raw, understood)))
    if patient and _comes_too_early(row, understood):
        return TakenIn(row=row, letter=understood, waits=True)
    row = _place(row, raw, understood, ours, guard, alone=len(known) == 1)
    clock.faultpoint("intake.after_outcome")
    return TakenIn(row=row, letter=understood)


def _why(parked: Parked) -> str:
    if parked.reason.startswith("limit"):
        return "limit"
    return parked.reason if parked.reason in {"time", "memory", "processor time"} else "unreadable"


def _unread(row: Inbound, raw: bytes, parked: Parked) -> Placed:
    """Park a letter that cannot be read, with what its first lines say of who wrote it."""
    oversized.name_sender(row, raw)
    return Placed(outcome=PARKED, reason=_why(parked), detail=parked.reason)


def _comes_too_early(row: Inbound, letter: Letter) -> bool:
    """Whether the letter it answers was kept before it and is not placed yet."""
    ids = matching.ids_of(letter)
    if not ids or row.kept_at < clock.now() - PATIENCE:
        return False
    return Inbound.objects.filter(mail_id__in=ids, state=RECEIVED, pk__lt=row.pk).exists()


def _place(
    row: Inbound, raw: bytes, letter: Letter, ours: frozenset[str], guard: Callable[[], None], *, alone: bool
) -> Inbound:
    """Place it in one transaction; ``alone``: the desk has one mailbox."""
    judged = verdict.of(letter, raw, row.mailbox)
    files = files_of(letter)
    address = letter.author.address.strip().lower()
    signing = signing_keys()

    def decide(locked: Inbound) -> Placed:
        intake.lock(f"sender:{address}")  # two first letters make one person, and count together
        person = Person.objects.by_email(address) if address else None
        locked.sender_name, locked.sender_address = clean(letter.author.name, 200), clean(address, 320)
        locked.subject, locked.verdict = clean(letter.subject, 300), judged
        locked.automatic = letter.automatic[:40]
        if not alone and (elsewhere := _in_another_mailbox(locked)):
            return elsewhere
        arrival = placing.Arrival(
            row=locked,
            letter=letter,
            mailbox=row.mailbox,
            person=person,
            verdict=judged,
            keys=signing,
            authentic=_is_ours(raw, letter),
            files=files,
            ours=ours,
        )
        return placing.place(arrival)

    try:
        return _settle(row, guard, decide)
    except (Refused, Forbidden) as refusal:  # all of it was rolled back, the end of the job too
        parked = Placed(outcome=PARKED, reason="desk_refused", detail=str(refusal))
        return _settle(row, guard, lambda locked: parked)


def _settle(row: Inbound, guard: Callable[[], None], decide: Callable[[Inbound], Placed]) -> Inbound:
    with transaction.atomic():
        guard()
        if not intake.hold(row):
            return Inbound.objects.get(pk=row.pk)
        placed = decide(row)
        clock.faultpoint("intake.before_outcome")
        return intake.settle(row, placed)


def files_of(letter: Letter) -> Callable[[], Sequence[File]]:
    """The letter's files, kept when they are first asked for."""
    found: list[File] = []

    def files() -> Sequence[File]:
        if letter.attachments and not found:
            found.extend(
                kept(
                    one.content,
                    name=storable(one.name),
                    type=storable(one.type),
                    content_id=storable(one.content_id),
                    is_inline=one.inline,
                )
                for one in letter.attachments
            )
        return found

    return files


def _is_ours(raw: bytes, letter: Letter) -> bool:
    """Whether it carries the mark with which this very desk signs what it sends."""
    fields, _ = structure.split(raw, at_top=True)
    marks = [value.decode("latin-1").strip() for name, value in fields if name == OUR_MARK]
    return any(hmac.compare_digest(vault.mark(letter.message_id).encode(), mark[:100].encode()) for mark in marks)


def _in_another_mailbox(row: Inbound) -> Placed | None:
    """The same letter reached another mailbox of ours too: one ticket, both mailboxes say so."""
    intake.lock(f"identity:{row.identity}")
    other = Inbound.objects.filter(identity=row.identity, outcome__in=("opened", "joined"), ticket__isnull=False)
    first = other.exclude(mailbox=row.mailbox_id).order_by("pk").first()
    if first is None:
        return None
    return Placed(
        outcome="joined", reason="other_mailbox", ticket=first.ticket, message=first.message, matched_by="identity"
    )


def give_up(inbound: int, error: str, *, guard: Callable[[], None] = lambda: None) -> Inbound:
    """Park a letter that could not be placed however often it was tried: a person looks at it."""
    row = Inbound.objects.get(pk=inbound)
    return _settle(row, guard, lambda locked: Placed(outcome=PARKED, reason="error", detail=error))


def at_once(row: Inbound) -> TakenIn:
    """Take a kept letter in here and now, for one-process commands; five tries, then it is parked."""
    for attempt in range(ATTEMPTS):
        try:
            return take_in(row.pk, patient=False)
        except Exception as error:
            if attempt == ATTEMPTS - 1:
                return TakenIn(row=give_up(row.pk, f"{type(error).__name__}: {error}"))
    raise AssertionError("unreachable")


def read_again(row: Inbound) -> Letter | None:
    """A letter of the ledger understood anew, for whoever wants to see it; None where it cannot be."""
    understood = nursery().parse(intake.raw_of(row))
    return understood if isinstance(understood, Letter) else None
