"""People who write for the first time, and those whose letters come too fast."""

from __future__ import annotations

from datetime import timedelta

import re2
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from otklik import clock
from otklik.channels.models import OPENED, Inbound, Mailbox, RefusedSender
from otklik.journal.events import RecordAdded
from otklik.journal.record import Actor, Subject, record
from otklik.outbox.addressing import Keys
from otklik.outbox.headers import clean
from otklik.people.models import Organisation, Person
from otklik.tickets.models import Ticket

from . import matching
from .attribution import MARKERS
from .message import Letter

MAX_NEW = 20  # tickets that one address may open in an hour (domain.md §10.4)
HOUR = timedelta(hours=1)
ALIKE = 2  # letters of one address with the same words within an hour, after which we suspect a machine
COMPARED = 500  # characters of two texts that are compared
_NO_LETTERS = re2.compile(r"[^\pL]+")
_CYRILLIC = re2.compile(r"[\p{Cyrillic}]")
_LETTERS = re2.compile(r"\pL")


def domain_of(address: str) -> str:
    """What stands behind the at sign, in lower case."""
    return address.rpartition("@")[2].strip(". ").lower()


def organisation_of(address: str) -> Organisation | None:
    """The one customer to which a domain belongs, or a domain above it; None where there is none or more than one."""
    domain = domain_of(address)
    while domain.count(".") >= 1:
        found = list(Organisation.objects.filter(domains__contains=[domain], is_active=True)[:2])
        if found:
            return found[0] if len(found) == 1 else None
        domain = domain.partition(".")[2]
    return None


def language_of(text: str, otherwise: str) -> str:
    """The language of a letter, by its letters."""
    sample = text[:2_000]
    letters = len(_LETTERS.findall(sample))
    if letters < 10:
        return otherwise
    return "ru" if len(_CYRILLIC.findall(sample)) * 2 > letters else "en"


def person_for(letter: Letter, *, mailbox: Mailbox, actor: Actor) -> Person | None:
    """Make a person of somebody who writes for the first time; None for what is no address.

    The caller holds the lock of the address, so that two first letters make one person.
    """
    address = letter.author.address.strip()[:254]
    try:
        validate_email(address)
    except ValidationError:
        return None
    name = clean(letter.author.name, 150) or address.partition("@")[0][:150]
    organisation = organisation_of(address)
    values = {
        "name": name,
        "email": address,
        "organisation": organisation,
        "language": language_of(f"{letter.subject} {letter.cut.reply or letter.text}", mailbox.language),
    }
    with transaction.atomic():
        person = Person(**values)
        person.set_unusable_password()
        person.save()
        told = values | {"organisation": organisation.pk if organisation else None, "source": "mail"}
        record(Subject(kind="person", id=str(person.pk)), RecordAdded(values=told), actor=actor)
    return person


def is_refused(address: str) -> bool:
    """Whether a person decided to refuse this address or its domain."""
    address = address.strip().lower()
    return bool(address) and RefusedSender.objects.filter(value__in=[address, domain_of(address)]).exists()


# -- too much from one address -------------------------------------------------------------------------------------
def collecting_ticket(address: str) -> Ticket | None:
    """The live ticket in which the flood of an address is being collected, if one is."""
    since = clock.now() - HOUR
    rows = Inbound.objects.filter(
        sender_address=address.lower(), matched_by=matching.FLOOD, processed_at__gt=since, ticket__isnull=False
    )
    row = rows.select_related("ticket").order_by("-pk").first()
    return row.ticket if row is not None and row.ticket is not None and row.ticket.is_live else None


def floods(address: str) -> bool:
    """Whether an address has opened as many tickets within the hour as it may."""
    rows = Inbound.objects.filter(sender_address=address.lower(), processed_at__gt=clock.now() - HOUR)
    return rows.filter(outcome=OPENED).exclude(matched_by=matching.FLOOD).count() >= MAX_NEW


def passes_our_words_back(letter: Letter, *, keys: Keys) -> bool:
    """Whether it quotes a letter of ours without answering it: a machine may be writing, or somebody forwards."""
    return any(marker in letter.text for marker in MARKERS) or bool(matching.quoted_numbers(letter, keys))


def repeats_itself(letter: Letter) -> bool:
    """Whether its sender has written the same twice within the hour, numbers aside: machines answering each other do.

    A ward that reports three faults under one subject does not: its words differ.
    """
    rows = Inbound.objects.filter(
        sender_address=letter.author.address.lower(), outcome=OPENED, processed_at__gt=clock.now() - HOUR
    )
    this = skeleton(letter.subject), skeleton((letter.cut.reply or letter.text)[:COMPARED])
    told = rows.order_by("-pk").values_list("subject", "message__text")[:MAX_NEW]
    return sum((skeleton(subject), skeleton((text or "")[:COMPARED])) == this for subject, text in told) >= ALIKE


def skeleton(subject: str) -> str:
    """A text without numbers, marks and answer prefixes: what two desks writing to each other keep repeating."""
    text = str(_NO_LETTERS.sub(" ", subject.lower()))
    words = [word for word in text.split() if word not in {"re", "fwd", "fw", "aw", "wg", "ответ", "отв", "пс"}]
    return " ".join(words)
