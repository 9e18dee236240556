"""People named in To and Cc: in copy from the start where we know them, else proposed to the agent (domain.md §2.1)."""

from __future__ import annotations

from collections.abc import Mapping

from otklik.channels import mailboxes
from otklik.channels.models import Mailbox
from otklik.outbox import sender
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Ticket

from .message import Letter

MAX_COPIES = 20  # addresses of one letter that are looked at


def own_addresses(known: Mapping[int, Mailbox] | None = None) -> frozenset[str]:
    """Every address of this desk, in lower case; ``known`` mailboxes where the caller has them."""
    found: set[str] = set()
    for row in (mailboxes.known() if known is None else known).values():
        if not row.is_active:
            continue
        found |= {address.lower() for address in (row.address, *row.aliases, row.user) if "@" in address}
    current = sender.current()
    if current is not None:
        found.add(current.from_address.lower())
    return frozenset(found)


def _candidates(letter: Letter, ours: frozenset[str]) -> list[str]:
    ours |= {letter.author.address.lower()}
    named = [one.address.strip().lower() for one in (*letter.to, *letter.cc) if "@" in one.address]
    foreign = [address for address in dict.fromkeys(named) if address not in ours and not _plus_of(address, ours)]
    return foreign[:MAX_COPIES]


def _plus_of(address: str, ours: frozenset[str]) -> bool:
    """Whether it is one of our addresses with something behind a plus sign, as signed reply addresses are."""
    local, _, domain = address.rpartition("@")
    plain, plus, _ = local.partition("+")
    return bool(plus) and (f"{plain}@{domain}" in ours or local.count(".") >= 2)


def at_creation(letter: Letter, ours: frozenset[str], requester: Person | None) -> tuple[list[Person], list[str]]:
    """(people in copy, addresses to propose): people we know join at once.

    An address nobody has vouched for is only named to the agent, a colleague's too (safety.md S-09).
    """
    candidates = _candidates(letter, ours)
    if requester is None or not candidates:
        return [], candidates
    people = {one.email.lower(): one for one in Person.objects.filter(email__iregex=_any_of(candidates)) if one.email}
    joined, proposed = [], []
    for address in candidates:
        person = people.get(address)
        if person is not None and person.is_active:
            joined.append(person)
        else:
            proposed.append(address)
    return joined, proposed


def suggested(letter: Letter, ours: frozenset[str], ticket: Ticket) -> list[str]:
    """Addresses a later letter names that are not in the conversation yet."""
    found = []
    for address in _candidates(letter, ours):
        person = Person.objects.by_email(address)
        if person is None or not access.is_customer_side(person, ticket):
            found.append(address)
    return found


def _any_of(addresses: list[str]) -> str:
    import re

    return "^(" + "|".join(re.escape(address) for address in addresses) + ")$"
