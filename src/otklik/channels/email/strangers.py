"""People who write for the first time, and those whose letters come too fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from otklik import clock
from otklik.channels.models import OPENED, Inbound, Mailbox, RefusedSender
from otklik.journal import bulk
from otklik.journal.events import RecordAdded
from otklik.journal.questions import Question
from otklik.journal.record import Actor, Subject, record
from otklik.outbox.addressing import Keys
from otklik.outbox.headers import clean
from otklik.people.models import Organisation, Person
from otklik.tickets.models import Ticket

from . import matching, opening
from .attribution import MARKERS
from .message import Letter
from .patterns import pattern

MAX_NEW = 20  # tickets that one address may open in an hour (domain.md §10.4)
HOUR = timedelta(hours=1)
MAX_LABELS = 10  # of a domain that are looked up
ALIKE = 2  # letters of one address with the same words within an hour, after which we suspect a machine
COMPARED = 500  # characters of two texts that are compared
_NO_LETTERS = pattern(r"[^\pL]+")
_REFUSED = Question(lambda *values: RefusedSender.objects.filter(value__in=values).values_list("pk")[:1], slots=2)
_CUSTOMERS = Question(lambda domains: Organisation.objects.filter(domains__overlap=domains, is_active=True))
_LATELY = Question(
    lambda address, since: (
        Inbound.objects.filter(Q(outcome=OPENED) | Q(matched_by=matching.FLOOD))
        .filter(sender_address=address, processed_at__gt=since)
        .order_by("-pk")
        .values_list("matched_by", "subject", "message__text")[: MAX_NEW + 1]
    ),
    slots=2,
)


def domain_of(address: str) -> str:
    """What stands behind the at sign, in lower case."""
    return address.rpartition("@")[2].strip(". ").lower()


def organisation_of(address: str) -> Organisation | None:
    """The one customer to which a domain belongs, or a domain above it; None where there is none or more than one."""
    labels = domain_of(address).split(".")[-MAX_LABELS:]
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    rows = _CUSTOMERS.all(domains) if domains else []
    for domain in domains:
        found = [row for row in rows if domain in row.domains]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def language_of(text: str, otherwise: str) -> str:
    """The language of a letter, by its letters."""
    sample = text[:2_000]
    letters = [char for char in sample if char.isalpha()]
    if len(letters) < 10:
        return otherwise
    return "ru" if sum("\u0400" <= char <= "\u052f" for char in letters) * 2 > len(letters) else "en"


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
    with transaction.atomic(savepoint=False):
        person = Person(**values, created_at=clock.now())
        person.set_unusable_password()
        bulk.add(person)
        told = values | {"organisation": organisation.pk if organisation else None, "source": "mail"}
        record(Subject(kind="person", id=str(person.pk)), RecordAdded(values=told), actor=actor)
    return person


def is_refused(address: str) -> bool:
    """Whether a person decided to refuse this address or its domain."""
    address = address.strip().lower()
    return bool(address) and _REFUSED.first(address, domain_of(address)) is not None


# -- too much from one address -------------------------------------------------------------------------------------
def collecting_ticket(address: str) -> Ticket | None:
    """The live ticket in which the flood of an address is being collected, if one is."""
    since = clock.now() - HOUR
    rows = Inbound.objects.filter(
        sender_address=address.lower(), matched_by=matching.FLOOD, processed_at__gt=since, ticket__isnull=False
    )
    row = rows.select_related("ticket").order_by("-pk").first()
    return row.ticket if row is not None and row.ticket is not None and row.ticket.is_live else None


@dataclass(frozen=True)
class Lately:
    """What an address has sent within the hour: one question that answers several."""

    alike: tuple[tuple[str, str], ...] = ()  # subject and text of tickets it opened, newest first, skeletons both
    opened: int = 0
    floods: bool = False  # a flood of it was collected, or begun


def lately(address: str) -> Lately:
    """Ask the ledger about an address."""
    told = _LATELY.all(address.lower(), clock.now() - HOUR)
    return Lately(
        alike=tuple((skeleton(subject), skeleton((text or "")[:COMPARED])) for _, subject, text in told[:MAX_NEW]),
        opened=sum(how != matching.FLOOD for how, _, _ in told),
        floods=any(how == matching.FLOOD for how, _, _ in told),
    )


def floods(address: str) -> bool:
    """Whether an address has opened as many tickets within the hour as it may."""
    rows = Inbound.objects.filter(sender_address=address.lower(), processed_at__gt=clock.now() - HOUR)
    return rows.filter(outcome=OPENED).exclude(matched_by=matching.FLOOD).count() >= MAX_NEW


def passes_our_words_back(letter: Letter, *, keys: Keys) -> bool:
    """Whether it quotes a letter of ours without answering it: a machine may be writing, or somebody forwards."""
    return any(marker in letter.text for marker in MARKERS) or bool(matching.quoted_numbers(letter, keys))


def repeats_itself(letter: Letter, told: Lately) -> bool:
    """Whether its sender has written the same twice within the hour, numbers aside: machines answering each other do.

    A ward that reports three faults under one subject does not: its words differ.
    """
    this = skeleton(letter.subject), skeleton(opening.text_of(letter)[:COMPARED])
    return sum(one == this for one in told.alike) >= ALIKE


def skeleton(subject: str) -> str:
    """A text without numbers, marks and answer prefixes: what two desks writing to each other keep repeating."""
    text = str(_NO_LETTERS.sub(" ", subject.lower()))
    words = [word for word in text.split() if word not in {"re", "fwd", "fw", "aw", "wg", "ответ", "отв", "пс"}]
    return " ".join(words)
