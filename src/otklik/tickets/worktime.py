"""Which working time counts for a ticket: a hook that ``sla`` fills, so that nothing here imports upward."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from otklik.businesstime import Calendar, Timetable
from otklik.tickets.models import Ticket

_PLAIN_WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_source: list[Callable[[Ticket], Timetable]] = []


def offer(source: Callable[[Ticket], Timetable]) -> Callable[[Ticket], Timetable]:
    """Register the room that knows the calendar of a ticket's resolution promise."""
    _source[:] = [source]
    return source


def working_calendar(ticket: Ticket) -> Timetable:
    """Calendar for all counts in working days of this ticket (domain.md §2.4, note on T6–T9)."""
    return _source[0](ticket) if _source else plain_week()


@lru_cache(maxsize=1)
def plain_week() -> Timetable:
    """Monday to Friday, nine to six, Moscow: only where nothing else is known."""
    return Calendar.from_schedule({"tz": "Europe/Moscow", "hours": _PLAIN_WEEK, "holidays": []})
