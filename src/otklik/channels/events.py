"""Facts of the channels: what people decided about letters, and alarms about mail itself."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class LetterReleased(Event):
    """A parked letter was let through by a person: as a new ticket ('opened') or into one ('joined')."""

    kind = "letter.released"
    outcome: str
    ticket: str


@dataclass(frozen=True, kw_only=True)
class LetterRefused(Event):
    """A person refused a parked letter; ``sender`` is the address or domain refused from now on, or empty."""

    kind = "letter.refused"
    sender: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterParkedAgain(Event):
    """A refusal was taken back; the letter waits for a decision again."""

    kind = "letter.parked_again"
    sender: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterTooLarge(Event):
    """A person we know sent a letter that is too large to be read; he is told what to do, once a day at most."""

    kind = "letter.too_large"
    person: int
    limit: int
    message_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MailAlarm(Event):
    """Something about mail that a person must hear of.

    ``what``: 'flood' (too many new tickets from one address), 'loop' (machines answering each other), 'mailbox' (it has
    not been read for a while), 'store' (letters cannot be kept). Recorded once an hour for the same address.
    """

    kind = "mail.alarm"
    what: str
    address: str = ""
    ticket: str = ""
    detail: str = ""
