"""Facts of the API: somebody tried to set what no request may set."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class UnknownFieldRefused(Event):
    """A write named fields that its resource does not have (a role, a date of creation, …); nothing was changed."""

    kind = "security.unknown_field"
    bumps_version = False
    method: str
    path: str
    fields: list[str]
