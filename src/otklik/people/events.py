"""Facts of the access log (who came in, who was refused, which keys and rights changed) and of being there.

The access log is chained per day (subject ``access:2026-11-23``), not per person, so that a stranger's attempts never
wait for a person's record. Networks are addresses shortened to what one household or office shares; what was typed is
not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from otklik.journal.record import RESTRICTED, Event


@dataclass(frozen=True, kw_only=True)
class AccessFact(Event):
    """Base of the access log: whom it concerns (None for a stranger) and from where it came."""

    audience: ClassVar[str] = RESTRICTED
    bumps_version: ClassVar[bool] = False
    person: int | None
    network: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn(AccessFact):
    """A person came in: by ``password``, ``second_factor``, ``recovery_code``, ``link``, ``setup`` or ``demo``."""

    kind = "access.signed_in"
    how: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(AccessFact):
    """A person left, on one's own account."""

    kind = "access.signed_out"


@dataclass(frozen=True, kw_only=True)
class SignInRefused(AccessFact):
    """Somebody was not let in: ``wrong``, ``limit`` or ``inactive``."""

    kind = "access.refused"
    why: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(AccessFact):
    """A password was set: by its owner (``own``), by a link of ours (``reset``, ``invitation``) or at set-up."""

    kind = "access.password_changed"
    how: str


@dataclass(frozen=True, kw_only=True)
class LinkMailed(AccessFact):
    """A link that lets in once was mailed: ``reset`` or ``invitation``."""

    kind = "access.link_mailed"
    purpose: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(AccessFact):
    """The second factor was turned on or off, or new recovery codes were made (``codes``)."""

    kind = "access.second_factor"
    became: str


@dataclass(frozen=True, kw_only=True)
class UnknownFields(AccessFact):
    """A form or a call carried fields that it does not have: nothing was changed."""

    kind = "access.unknown_fields"
    names: list[str]
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class GrantRefused(AccessFact):
    """Somebody tried to give a right that is not theirs to give."""

    kind = "access.grant_refused"
    names: list[str]


@dataclass(frozen=True, kw_only=True)
class PresenceChanged(Event):
    """A person became available, busy or away; ``why``: ``own`` switch, ``shift_end`` or ``shift_begin``."""

    kind = "presence.changed"
    bumps_version: ClassVar[bool] = False
    person: int
    was: str
    now: str
    why: str


@dataclass(frozen=True, kw_only=True)
class AbsenceFact(Event):
    """Base of what is told of an absence: whose, from when, until when, who stands in; never why."""

    bumps_version: ClassVar[bool] = False
    absence: int
    person: int
    starts_at: str
    ends_at: str
    deputy: int | None


@dataclass(frozen=True, kw_only=True)
class AbsenceAdded(AbsenceFact):
    """An absence was entered."""

    kind = "absence.added"


@dataclass(frozen=True, kw_only=True)
class AbsenceChanged(AbsenceFact):
    """An absence has other dates or another deputy."""

    kind = "absence.changed"


@dataclass(frozen=True, kw_only=True)
class AbsenceCancelled(AbsenceFact):
    """An absence does not take place, or is over earlier than it was entered."""

    kind = "absence.cancelled"


@dataclass(frozen=True, kw_only=True)
class AbsenceStarted(AbsenceFact):
    """An absence has begun: open work is offered to the deputy (domain.md §6.6)."""

    kind = "absence.started"


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded(AbsenceFact):
    """A person is back."""

    kind = "absence.ended"
