"""What would be promised on a ticket opened now: the card on the report form, the receipt, the service hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import Timetable, Unreachable, add, add_days, is_open, next_open
from otklik.calendars import shelf
from otklik.calendars.models import CalendarVersion
from otklik.catalogue.models import Service
from otklik.journal.questions import Question
from otklik.people.models import Organisation, Person, Place, Team
from otklik.sla import binding, phrases
from otklik.sla.lines import Promises
from otklik.sla.models import HoursOf, SlaClock
from otklik.sla.story import Point
from otklik.tickets.models import Ticket
from otklik.ui import wording

_CALENDAR = Question(
    lambda ticket: (
        SlaClock.objects.filter(ticket=ticket, metric="resolution", calendar_version__isnull=False)
        .order_by("-cycle")
        .values_list("calendar_version", flat=True)[:1]
    )
)


@dataclass(frozen=True, slots=True)
class Ahead:
    """One promise that would be given."""

    metric: str
    due_at: datetime
    target: int
    unit: str
    within: str
    calendar: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be promised if the ticket were opened at an instant."""

    lines: Sequence[Ahead]
    hours: str
    is_open: bool
    opens_at: datetime | None
    provisional: bool

    def of(self, metric: str) -> Ahead | None:
        """The promise of one kind."""
        return next((line for line in self.lines if line.metric == metric), None)


def preview(
    *,
    type: str,
    priority: str,
    service: Service | None = None,
    organisation: Organisation | None = None,
    place: Place | None = None,
    team: Team | None = None,
    requester: Person | None = None,
    at: datetime | None = None,
) -> Preview | None:
    """First answer and solution as they would be promised; None where no agreement fits.

    Organisation and place are the requester's own where they are not given, as they will be on the ticket.
    """
    at = at or clock.now()
    organisation = organisation or (requester.organisation if requester else None)
    place = place or (requester.place if requester else None)
    point = Point(
        at=at,
        seq=1,
        organisation=organisation.pk if organisation else None,
        service=service.pk if service else None,
        type=type,
        priority=priority,
        team=team.pk if team else None,
        place=place.pk if place else None,
    )
    chosen = binding.select(binding.in_force(at), point)
    asked = {name: one for name, one in chosen.items() if name in {"first_response", "resolution"} and one.calendar}
    pins = binding.newest_versions(one.calendar for one in asked.values() if one.calendar)
    lines = []
    for name, one in asked.items():
        won, version = one.choice.won, pins[one.calendar or 0]
        due = won and due_of(shelf.calendar_at(version), at, won.value, won.unit)
        if won and due:
            within = phrases.amount(won.value, won.unit)
            lines.append(Ahead(name, due, won.value, won.unit, within, version))
    if not lines:
        return None
    return _previewed(lines, service, at)


def _previewed(lines: list[Ahead], service: Service | None, at: datetime) -> Preview:
    last = lines[-1]
    version = CalendarVersion.objects.get(pk=last.calendar)
    hours = shelf.calendar_at(hours_version(service) or last.calendar)
    return Preview(
        lines=lines,
        hours=phrases.service_hours(hours, at, timezone.get_current_timezone()),
        is_open=is_open(hours, at),
        opens_at=None if is_open(hours, at) else opening(hours, at),
        provisional=shelf.is_provisional(version, last.due_at),
    )


def due_of(calendar: Timetable, at: datetime, value: int, unit: str) -> datetime | None:
    """When a target that starts now is due."""
    try:
        return add_days(calendar, at, value) if unit == "bd" else add(calendar, at.replace(microsecond=0), value)
    except Unreachable:
        return None


def opening(calendar: Timetable, at: datetime) -> datetime | None:
    """The next opening, if there is one."""
    try:
        return next_open(calendar, at)
    except Unreachable:
        return None


def opening_for(ticket: Ticket, at: datetime) -> datetime | None:
    """When somebody is there for a ticket that waits for the opening (domain.md §6.5); None where that is now.

    A P1 does not wait: whoever is on call hears of it. The hours are those stated for the service, else those of the
    promised solution; where neither is known nothing is said.
    """
    if ticket.priority == "P1":
        return None
    version = hours_version(ticket.service) or _CALENDAR.first(ticket.pk)
    if version is None:
        return None
    hours = shelf.calendar_at(version)
    return None if is_open(hours, at) else opening(hours, at)


def hours_version(service: Service | None) -> int | None:
    """The calendar's version by which a service is supported, where one is stated for it or for what it is part of."""
    if service is None:
        return None
    chain = binding.up(Service, service.pk)
    rows = dict(HoursOf.objects.filter(kind="service", subject__in=chain).values_list("subject", "calendar_id"))
    calendar = next((rows[pk] for pk in chain if pk in rows), None)
    return binding.newest_versions([calendar])[calendar] if calendar else None


def promised_words(preview_or_promises: Preview | Promises, now: datetime) -> list[str]:
    """Sentences for a receipt: "First answer by 09:44.", "Solution by tomorrow, 16:00."."""
    zone = timezone.get_current_timezone()
    first, solution = preview_or_promises.of("first_response"), preview_or_promises.of("resolution")
    words = []
    if first is not None and first.due_at is not None and getattr(first, "kept_at", None) is None:
        words.append(_("First answer by %(time)s.") % {"time": wording.deadline(first.due_at, now, zone)})
    if solution is not None and solution.due_at is not None and getattr(solution, "kept_at", None) is None:
        words.append(_("Solution or a way round by %(time)s.") % {"time": wording.deadline(solution.due_at, now, zone)})
    return words
