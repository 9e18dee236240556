"""What a person decides about a parked letter: a new ticket, into a ticket, refused; a refusal can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik import clock
from otklik.channels import intake
from otklik.channels.events import LetterParkedAgain, LetterRefused, LetterReleased
from otklik.channels.intake import Placed
from otklik.channels.models import PARKED, PROCESSED, REFUSED, Inbound, RefusedSender
from otklik.journal.record import Actor, Event, Subject, record
from otklik.outbox.headers import clean
from otklik.outbox.keys import signing_keys
from otklik.people.access import person_of
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Refused

from . import copies, headers, identity, inbound, matching, oversized, placing, strangers
from .addresses import Address
from .addresses import parse as addresses_of
from .message import Attachment, Letter
from .wordlists import listed

TAKEN_BACK_WITHIN = timedelta(days=30)


# Where anybody gets an address: to refuse the domain would be to refuse the public.
_PROVIDERS = listed(
    """
    gmail.com; googlemail.com; mail.ru; bk.ru; inbox.ru; list.ru; internet.ru; yandex.ru; ya.ru; yandex.com;
    yandex.by; yandex.kz; rambler.ru; lenta.ru; outlook.com; hotmail.com; live.com; msn.com; yahoo.com; icloud.com;
    me.com; aol.com; proton.me; protonmail.com; gmx.de; gmx.net; web.de; tut.by; ukr.net; vk.com; zoho.com;
    """
)


class NotWaiting(Exception):
    """Somebody else has decided about this letter meanwhile, or the time to take it back is over."""


@transaction.atomic
def release(row: Inbound, *, actor: Actor) -> Inbound:
    """Let a parked letter through as a new ticket. Raises `NotWaiting`, `Refused`."""
    locked = _waiting(row)
    arrival = _arrival(locked)
    placed = placing.open_new(arrival, answer="never" if locked.automatic or not arrival.person else "")
    return _decided(locked, replace(placed, reason="released"), LetterReleased, actor)


@transaction.atomic
def join(row: Inbound, number: int, *, actor: Actor) -> Inbound:
    """Put a parked letter into a ticket: as the word of a participant, else to be confirmed there.

    Raises `NotWaiting`, Ticket.DoesNotExist, `Refused`.
    """
    locked = _waiting(row)
    ticket = access.end_of_merges(Ticket.objects.get(number=number))
    arrival = _arrival(locked)
    if matching.takes_part(arrival.person, ticket) and arrival.verdict != identity.FAILED:
        placed = placing.join(arrival, ticket, how="person")
    else:
        match = matching.Match(ticket=ticket, how="person")
        placed = placing.to_confirm(arrival, match, why="released")
    return _decided(locked, replace(placed, reason="released"), LetterReleased, actor)


@transaction.atomic
def refuse(row: Inbound, *, sender: str = "", actor: Actor) -> Inbound:
    """Refuse a parked letter; with ``sender`` (what `refusable` says) everything from there from now on.

    Nobody is told: a refusal to a forged address would be a letter to a victim. Raises `NotWaiting`.
    """
    locked = _waiting(row)
    sender = sender.strip().lower()
    if sender and sender == refusable(locked):
        by = person_of(actor)
        RefusedSender.objects.get_or_create(value=sender, defaults={"since": clock.now(), "by": by.pk if by else None})
    else:
        sender = ""
    locked.facts = locked.facts | {"refused_sender": sender}
    _settle(locked, Placed(outcome=REFUSED, reason="person_refused", detail=locked.reason), actor)
    _tell(locked, LetterRefused(sender=sender), actor)
    return locked


@transaction.atomic
def take_back(row: Inbound, *, actor: Actor) -> Inbound:
    """Let a refused letter wait for a decision again, within thirty days. Raises `NotWaiting`."""
    locked = Inbound.objects.select_for_update(of=("self",)).select_related("mailbox").get(pk=row.pk)
    since = locked.decided_at or locked.processed_at
    if locked.outcome != REFUSED or since is None or since < clock.now() - TAKEN_BACK_WITHIN:
        raise NotWaiting(row.pk)
    sender = str(locked.facts.get("refused_sender", ""))
    if sender:
        RefusedSender.objects.filter(value=sender).delete()
    reason = locked.detail if locked.reason == "person_refused" else locked.reason
    _settle(locked, Placed(outcome=PARKED, reason=reason), actor)
    _tell(locked, LetterParkedAgain(sender=sender), actor)
    return locked


def refusable(row: Inbound) -> str:
    """What a person may refuse for good together with this letter: its sender's domain, his address, or "".

    Of a domain that others share (ours, a customer's, a provider's, that of anybody we know) only the address; and
    nothing of those where the sender is forged: the name is its victim's.
    """
    address, domain = row.sender_address, strangers.domain_of(row.sender_address)
    if "@" not in address or not domain or address in copies.own_addresses():
        return ""
    others = Person.objects.filter(email__iendswith=f"@{domain}").exclude(email__iexact=address)
    ours = {strangers.domain_of(one) for one in copies.own_addresses()}
    shared = domain in ours or domain in _PROVIDERS or strangers.organisation_of(address) or others.exists()
    if not shared:
        return domain
    return "" if row.verdict == identity.FAILED else address


def _waiting(row: Inbound) -> Inbound:
    locked = Inbound.objects.select_for_update(of=("self",)).select_related("mailbox").get(pk=row.pk)
    if locked.state != PROCESSED or locked.outcome != PARKED:
        raise NotWaiting(row.pk)
    return locked


def _arrival(row: Inbound) -> placing.Arrival:
    letter = inbound.read_again(row) or _unreadable(row)
    address = letter.author.address.strip().lower()
    intake.lock(f"sender:{address}")
    person = Person.objects.by_email(address) if address else None
    return placing.Arrival(
        row=row,
        letter=letter,
        mailbox=row.mailbox,
        person=person if person is not None and person.is_active else None,
        verdict=row.verdict or identity.UNVERIFIED,
        keys=signing_keys(),
        authentic=False,
        files=inbound.files_of(letter),
        ours=copies.own_addresses(),
    )


def _unreadable(row: Inbound) -> Letter:
    """A letter that cannot be taken apart, as far as its header tells, with itself as a file."""
    raw = intake.raw_of(row)
    with override(row.mailbox.language):
        text = _("This letter could not be taken apart; it is attached as it came.")
    whole = Attachment("letter.eml", "application/octet-stream", raw, disposition="attachment")
    fields = dict(reversed(oversized.first_fields(raw)))
    named = addresses_of(fields.get("from", b""))
    return Letter(
        author=named[0] if named else Address(),
        subject=headers.decode(fields.get("subject", b""))[:300],
        message_id=row.mail_id,
        text=text,
        attachments=(whole,),
    )


def _decided(row: Inbound, placed: Placed, fact: type[LetterReleased], actor: Actor) -> Inbound:
    if placed.ticket is None:
        raise Refused()
    _settle(row, placed, actor)
    _tell(row, fact(outcome=placed.outcome, ticket=str(placed.ticket.pk)), actor)
    return row


def _settle(row: Inbound, placed: Placed, actor: Actor) -> None:
    person = person_of(actor)
    row.decided_by, row.decided_at = person.pk if person else None, clock.now()
    row.sender_name, row.sender_address = clean(row.sender_name, 200), clean(row.sender_address, 320)
    intake.settle(row, placed)


def _tell(row: Inbound, fact: Event, actor: Actor) -> None:
    record(Subject(kind="letter", id=str(row.pk)), fact, actor=actor)
