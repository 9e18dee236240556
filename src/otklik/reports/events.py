"""Facts about reports: a month was kept."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class MonthKept(Event):
    """The figures of a closed month were kept; the subject is the month, ``hash`` is the SHA-256 of all of it."""

    kind = "report.kept"
    month: str
    zone: str
    tickets: int
    hash: str
