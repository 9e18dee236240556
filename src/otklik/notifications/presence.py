"""Who reads a ticket right now: a hook that the room of pages fills; without it nobody is known to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

READS_LIVE = timedelta(seconds=60)  # a person who reads the ticket live gets no mail for so long (domain.md §10.2)
Source = Callable[[int, int, datetime], bool]  # (person, ticket number, since) → has the ticket been on the screen?
_source: list[Source] = []


def offer(source: Source) -> Source:
    """Register the room that knows what is on people's screens."""
    _source[:] = [source]
    return source


def has_seen(person: int, number: int, since: datetime) -> bool:
    """Whether the person has had the ticket on the screen since then."""
    return bool(_source) and _source[0](person, number, since)
