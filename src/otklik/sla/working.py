"""The calendar that counts for a ticket's working days: that of its solution promise."""

from __future__ import annotations

from otklik.businesstime import Timetable
from otklik.calendars import shelf
from otklik.journal.questions import Question
from otklik.sla.models import SlaClock
from otklik.tickets.models import Ticket
from otklik.tickets.worktime import plain_week

_BOUND = Question(
    lambda ticket: (
        SlaClock.objects.filter(ticket=ticket, metric="resolution")
        .order_by("-cycle")
        .values_list("calendar_version", flat=True)[:1]
    )
)


def calendar_for(ticket: Ticket) -> Timetable:
    """Business time of the resolution binding; without one, of the first calendar of the desk (domain §2.4)."""
    version = _BOUND.first(ticket.pk)
    if version is not None:
        return shelf.calendar_at(version)
    first = next(iter(shelf.all_current()), None)
    return shelf.calendar_at(first) if first else plain_week()
