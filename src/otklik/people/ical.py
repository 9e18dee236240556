"""iCalendar both ways (RFC 5545): absences read from a file, and the feed of one's own shifts, turns and absences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core import signing
from django.utils.translation import gettext as _
from icalendar import Calendar as ICalendar  # type: ignore[import-untyped]  # has no types
from icalendar import Event as IEvent

from otklik import clock
from otklik.businesstime import from_wall
from otklik.businesstime.span import to_instant, to_moment
from otklik.journal.record import Actor
from otklik.people import absences, duty, keeping, reach
from otklik.people.keeping import noted
from otklik.people.models import Person
from otklik.people.refusal import Refused
from otklik.people.rota import Absence, OnCall

MAX_FILE = 1024 * 1024  # bytes
MAX_EVENTS = 500
MAX_SPAN = timedelta(days=400)
BACK, AHEAD = timedelta(days=14), timedelta(days=60)  # what the feed holds around today
SALT = "people.feed"


@dataclass(frozen=True, slots=True)
class Read:
    """One event of a file, as an absence: its key, from when until when."""

    uid: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: entered, moved, unchanged, and refused with the reason."""

    added: int
    moved: int
    same: int
    refused: list[str]


def read(content: bytes, tz: str) -> list[Read]:
    """Events of an iCalendar file. Days are days of ``tz``; repeated and cancelled events are left out.

    Raises `Refused` for a file that is too big or none.
    """
    if len(content) > MAX_FILE:
        raise Refused(_("The file is too big."), field="file")
    try:
        found = [one for event in ICalendar.from_ical(content).walk("VEVENT") if (one := _event(event, tz))]
    except (ValueError, KeyError, AttributeError, TypeError, IndexError, OverflowError) as error:
        raise Refused(_("This is not an iCalendar file with absences"), field="file") from error
    if len(found) > MAX_EVENTS:
        raise Refused(_("The file has more than %(num)s entries") % {"num": MAX_EVENTS}, field="file")
    return sorted(found, key=lambda one: (one.starts_at, one.uid))


def _event(event: IEvent, tz: str) -> Read | None:
    if "rrule" in event or str(event.get("status", "")).upper() == "CANCELLED" or "dtstart" not in event:
        return None
    start = event["dtstart"].dt
    if "dtend" in event:
        end = event["dtend"].dt
    elif "duration" in event:
        end = start + event["duration"].dt
    else:
        end = start + timedelta(days=1) if not isinstance(start, datetime) else start
    begins, ends = _moment(start, tz), _moment(end, tz)
    if not begins < ends <= begins + MAX_SPAN:
        return None
    return Read(str(event.get("uid", ""))[:255] or f"{begins.isoformat()}/{ends.isoformat()}", begins, ends)


def _moment(value: date | datetime, tz: str) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else from_wall(tz, value, strict=False)
    return from_wall(tz, datetime.combine(value, time.min), strict=False)


def take_over(person: Person, content: bytes, *, kind: str = "vacation", actor: Actor) -> Imported:
    """Enter the absences of a file; the same entry read again moves its absence. Raises `Refused` for the file.

    Entries that are over, or that clash with another absence, are left out; the latter are told.
    """
    reach.must_reach(actor, person, own=True)
    added, moved, same, refused = 0, 0, 0, []
    for one in read(content, person.timezone):
        if one.ends_at <= clock.now():
            continue
        held = Absence.objects.filter(person=person, source=one.uid).first()
        try:
            if held is None:
                absences.add(
                    person, starts_at=one.starts_at, ends_at=one.ends_at, kind=kind, source=one.uid, actor=actor
                )
                added += 1
            elif held.cancelled_at or (held.starts_at, held.ends_at) == (one.starts_at, one.ends_at):
                same += 1
            else:
                absences.edit(held, starts_at=one.starts_at, ends_at=one.ends_at, actor=actor)
                moved += 1
        except Refused as refusal:
            refused.append(f"{one.starts_at.date().isoformat()}: {refusal}")
    return Imported(added, moved, same, refused)


# -- the feed ------------------------------------------------------------------------------------------------------
@noted
def issue(person: Person, *, actor: Actor) -> Person:
    """Give the person's feed a new address; the one before ends."""
    reach.must_reach(actor, person, own=True)
    return keeping.change(person, {"feed_issued_at": clock.now()}, actor=actor)


@noted
def revoke(person: Person, *, actor: Actor) -> Person:
    """End the person's feed."""
    reach.must_reach(actor, person, own=True)
    return keeping.change(person, {"feed_issued_at": None}, actor=actor)


def address(person: Person) -> str:
    """Path of the feed, signed; empty where there is none."""
    if person.feed_issued_at is None:
        return ""
    mark = f"{person.pk}:{int(person.feed_issued_at.timestamp() * 1_000_000)}"
    return f"/feeds/{signing.Signer(salt=SALT).sign(mark).replace(':', '.')}.ics"


def owner(token: str) -> Person | None:
    """Whose feed a token opens; None for a forged or ended one, and for people who have left."""
    number = token.partition(".")[0]
    person = Person.objects.filter(pk=int(number), is_active=True).first() if number.isdecimal() else None
    if person is None or not person.memberships.exists():
        return None
    return person if address(person) == f"/feeds/{token}.ics" else None


def feed(person: Person) -> bytes:
    """One's own shifts, absences and turns on call around today, as a calendar."""
    now = clock.now()
    start, end = now - BACK, now + AHEAD
    calendar = ICalendar()
    calendar.add("prodid", "-//Otklik//people//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("My shifts"))
    for event in _entries(person, start, end):
        event.add("dtstamp", now)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _entries(person: Person, start: datetime, end: datetime) -> Iterator[IEvent]:
    hours = duty.hours_of([person.pk], start, end)[person.pk]
    edges = {to_instant(start), to_instant(end)}
    for begins, ends in hours.shifts:
        if begins in edges or ends in edges:  # cut by the window, told whole while it lies inside
            continue
        yield _entry(f"shift-{person.pk}-{begins}", _("Shift"), to_moment(begins), to_moment(ends))
    gone = Absence.objects.filter(person=person, cancelled_at=None, starts_at__lt=end, ends_at__gt=start)
    for absence in gone.order_by("starts_at"):
        yield _entry(f"absence-{absence.pk}", str(absence.get_kind_display()), absence.starts_at, absence.ends_at)
    turns = OnCall.objects.filter(person=person, starts_at__lt=end, ends_at__gt=start).select_related("team")
    for turn in turns.order_by("starts_at", "order"):
        text = _("On call: %(team)s, number %(num)s") % {"team": turn.team.name, "num": turn.order}
        yield _entry(f"on-call-{turn.pk}", text, turn.starts_at, turn.ends_at)


def _entry(uid: str, text: str, starts_at: datetime, ends_at: datetime) -> IEvent:
    event = IEvent()
    event.add("uid", f"{uid}@otklik")
    event.add("summary", text)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    return event
