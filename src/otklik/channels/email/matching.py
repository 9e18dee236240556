"""Which ticket does a letter speak of?  Signatures first, then what we stored, a bare number last (domain.md §10.3)."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.channels.models import JOINED, OPENED, Inbound
from otklik.outbox.addressing import Keys, read_message_id, read_reply_address
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Ticket

from . import identity
from .message import Letter
from .patterns import pattern

MAX_IDS = 100  # message ids of one letter that are looked up
MAX_QUOTED = 20  # signed ids in one text that are tried
SEARCHED = 100_000  # characters of a text in which our ids are looked for
_NUMBER = pattern(r"(?:\[#?|#|№\s?)(\d{1,12})\b")
_QUOTED_ID = pattern(r"(?i)\bot\.\d{1,18}\.\d{1,18}\.[a-z2-7]{26}@")
_QUOTED_ADDRESS = pattern(r"(?i)[\w.-]{0,60}\+\d{1,18}\.\d{1,18}\.[a-z2-7]{26}@[\w.-]{1,250}")

ADDRESS, SIGNED_ID, STORED, NUMBER, QUOTED, FLOOD = "address", "signed_id", "stored", "number", "quoted", "flood"


@dataclass(frozen=True, kw_only=True)
class Match:
    """The ticket a letter belongs to, by what it was found, and to whom the signed address was given."""

    ticket: Ticket
    how: str
    recipient: int | None = None


def takes_part(person: Person | None, ticket: Ticket) -> bool:
    """Whether this person may speak for the customer side of this ticket."""
    return person is not None and access.allowed(access.viewer(person), "reply_customer", ticket)


def works_on(person: Person | None, ticket: Ticket) -> bool:
    """Whether this person may write notes in this ticket."""
    return person is not None and access.allowed(access.viewer(person), "note", ticket)


def find(letter: Letter, *, person: Person | None, verdict: str, keys: Keys) -> Match | None:
    """The first rule that hits, or None: a new ticket. Merged tickets lead to where they went.

    A signature suffices by itself; stored ids and bare numbers only count for participants, a number only for one whose
    sender address is verified; a signed id quoted in the text only for a participant.
    """
    for rule in (_by_address, _by_signed_id):
        if match := rule(letter, keys):
            return match
    if verdict != identity.FAILED and (ticket := _by_stored_id(letter, person)):
        return Match(ticket=ticket, how=STORED)
    if verdict == identity.VERIFIED and (ticket := _by_number(letter.subject, person)):
        return Match(ticket=ticket, how=NUMBER)
    return _by_quotation(letter, person, keys)


def own_addresses(letter: Letter) -> list[str]:
    """Every address by which the letter may have reached us."""
    return [*letter.delivered_to, *(one.address for one in (*letter.to, *letter.cc))]


def ids_of(letter: Letter) -> list[str]:
    """Message ids a letter answers to, the nearest first."""
    return list(dict.fromkeys([*letter.in_reply_to, *reversed(letter.references)]))[:MAX_IDS]


def _by_address(letter: Letter, keys: Keys) -> Match | None:
    for address in own_addresses(letter):
        said = read_reply_address(address, keys=keys)
        if said and (ticket := numbered(said.ticket)):
            return Match(ticket=ticket, how=ADDRESS, recipient=said.recipient)
    return None


def _by_signed_id(letter: Letter, keys: Keys) -> Match | None:
    for text in ids_of(letter):
        said = read_message_id(text, keys=keys)
        if said and (ticket := numbered(said.ticket)):
            return Match(ticket=ticket, how=SIGNED_ID)
    return None


def _by_stored_id(letter: Letter, person: Person | None) -> Ticket | None:
    ids = ids_of(letter)
    if not ids or person is None:
        return None
    rows = Inbound.objects.filter(mail_id__in=ids, outcome__in=(OPENED, JOINED), ticket__isnull=False)
    found = {row.mail_id: row.ticket for row in rows.select_related("ticket").order_by("-pk")}
    for text in ids:
        ticket = found.get(text)
        if ticket is not None and takes_part(person, ticket := access.end_of_merges(ticket)):
            return ticket
    return None


def _by_number(subject: str, person: Person | None) -> Ticket | None:
    for match in _NUMBER.finditer(subject):
        ticket = numbered(int(match[1]))
        if ticket is not None and takes_part(person, ticket):
            return ticket
    return None


def _by_quotation(letter: Letter, person: Person | None, keys: Keys) -> Match | None:
    """A letter that quotes an id or a reply address of ours: most often a machine's answer to our receipt."""
    for number in quoted_numbers(letter, keys):
        ticket = numbered(number)
        if ticket is not None and takes_part(person, ticket):
            return Match(ticket=ticket, how=QUOTED)
    return None


def quoted_numbers(letter: Letter, keys: Keys) -> list[int]:
    """Tickets whose validly signed ids or addresses stand in the text."""
    text = letter.text[:SEARCHED]
    found = []
    for match in list(_QUOTED_ID.finditer(text))[:MAX_QUOTED]:
        if said := read_message_id(match.group(0), keys=keys):
            found.append(said.ticket)
    for match in list(_QUOTED_ADDRESS.finditer(text))[:MAX_QUOTED]:
        if spoken := read_reply_address(match.group(0), keys=keys):
            found.append(spoken.ticket)
    return list(dict.fromkeys(found))


def numbered(number: int) -> Ticket | None:
    """The ticket of that number, or the one it was merged into."""
    ticket = Ticket.objects.filter(number=number).first()
    return access.end_of_merges(ticket) if ticket is not None else None
