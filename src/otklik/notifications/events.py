"""Facts that this room records on a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class ReceiptWithheld(Event):
    """No receipt went out: the limit of our own mail to this address is reached, or a machine seems to answer us.

    ``alarm``: a person should hear of the silence (domain.md §10.4).
    """

    kind = "receipt.withheld"
    bumps_version = False
    address: str
    reason: str
    alarm: bool = False
