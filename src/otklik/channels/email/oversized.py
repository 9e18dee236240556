"""Letters beyond the size that we read: kept and parked; a known person hears once a day what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from otklik import clock
from otklik.channels import intake
from otklik.channels.events import LetterTooLarge
from otklik.channels.intake import Placed
from otklik.channels.models import PARKED, Inbound
from otklik.journal.record import SYSTEM, Subject, record
from otklik.outbox.headers import clean
from otklik.people.models import Person

from . import headers, identity, limits, strangers, structure, verdict
from .addresses import parse as addresses_of
from .message import Letter
from .sandbox import Nursery, Parked

REASON = "too_large"
FIELDS = 900  # lines of a header that are looked at, where it has too many
AGAIN = timedelta(days=1)  # a sender hears of it once


def is_meant(parked: Parked) -> bool:
    """Whether a letter was parked for its size alone."""
    return parked.reason == "limit: size"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the header block says of a letter whose body nobody reads, and what is known of its sender."""

    letter: Letter
    verdict: str


def head_of(row: Inbound, raw: bytes, parser: Nursery) -> Head | None:
    """The header block understood in the sandbox, without the body; None where it is beyond limits itself."""
    head = raw[: min(limits.end_of_headers(raw), limits.MAX_HEADER_BLOCK + 1)] + b"\r\n\r\n"
    understood = parser.parse(head)
    if isinstance(understood, Parked):
        return None
    return Head(letter=understood, verdict=verdict.of(understood, head, row.mailbox))


def first_fields(raw: bytes) -> list[tuple[str, bytes]]:
    """Fields of a letter's first 64 KB, each bounded, for one that lies beyond the limits."""
    head = b"\n".join(raw[: 64 * 1024].split(b"\n", FIELDS)[:FIELDS])
    try:
        fields, _ = structure.split(head + b"\n\n", at_top=True)
    except Exception:  # the header itself is what could not be read
        return []
    return [(name, value[:2_000]) for name, value in fields]


def name_sender(row: Inbound, raw: bytes) -> None:
    """Who wrote a letter that could not be read, and about what, as far as its first lines tell; by no means proved."""
    fields = dict(reversed(first_fields(raw)))
    named = addresses_of(fields.get("from", b""))
    if named:
        row.sender_name, row.sender_address = clean(named[0].name, 200), clean(named[0].address.lower(), 320)
    row.subject = clean(headers.decode(fields.get("subject", b"")), 300)


def park(row: Inbound, head: Head | None) -> Placed:
    """Park the locked line with its sender named, and tell him where that is right; in the caller's transaction."""
    if head is None:
        return Placed(outcome=PARKED, reason=REASON, detail="limit: size")
    author = head.letter.author
    row.sender_name, row.sender_address = clean(author.name, 200), clean(author.address.strip().lower(), 320)
    row.subject, row.verdict = clean(head.letter.subject, 300), head.verdict
    row.automatic = head.letter.automatic[:40]
    person = _to_be_told(row, head)
    if person is not None:
        fact = LetterTooLarge(person=person.pk, limit=limits.MAX_MAIL, message_id=row.mail_id)
        record(Subject(kind="letter", id=str(row.pk)), fact, actor=SYSTEM)
    facts = {"told": REASON} if person is not None else {}
    return Placed(outcome=PARKED, reason=REASON, detail="limit: size", facts=facts)


def _to_be_told(row: Inbound, head: Head) -> Person | None:
    """A person we know, who wrote it himself as far as anybody can tell, and has not heard of it since yesterday.

    Nothing of the letter is repeated to him, so a forged sender gets one harmless letter a day at most.
    """
    if head.letter.automatic or head.letter.suppress_reply or head.verdict == identity.FAILED or row.source:
        return None
    person = Person.objects.by_email(row.sender_address) if row.sender_address else None
    if person is None or not person.is_active or strangers.is_refused(row.sender_address):
        return None
    intake.lock(f"sender:{row.sender_address}")
    told = Inbound.objects.filter(sender_address=row.sender_address, reason=REASON, facts__told=REASON)
    return None if told.filter(processed_at__gt=clock.now() - AGAIN).exists() else person
