"""What a person wants to hear at once, later or by the bell alone: switches, digests, quiet hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo

from otklik.people.access import rights_of
from otklik.people.models import Person

from .matrix import CUSTOMER, TABLE
from .models import Preference

DAILY_AT = time(9)  # in the person's zone


def of(person: Person) -> Preference:
    """The person's choice, or that everything comes at once."""
    return Preference.objects.filter(pk=person.pk).first() or Preference(person=person)


def optional(*, staff: bool) -> list[str]:
    """What this person may switch off: everything that is neither conversation nor loud."""
    mailed = [what for what, row in TABLE.items() if row.mail and not row.kept and not row.loud]
    return [what for what in mailed if (TABLE[what].mail - CUSTOMER if staff else TABLE[what].mail & CUSTOMER)]


def choose(person: Person, *, on: Iterable[str], digest: str, start: time | None, end: time | None) -> Preference:
    """Keep a person's choice: which optional letters come, digest, quiet hours."""
    staff = rights_of(person).staff
    kept, _ = Preference.objects.update_or_create(
        person=person,
        defaults={
            "off": sorted(set(optional(staff=staff)) - set(on)),
            "digest": digest,
            "quiet_from": start,
            "quiet_until": end,
        },
    )
    return kept


def quiet_until(chosen: Preference, now: datetime, zone: tzinfo) -> datetime | None:
    """The end of the quiet hours that ``now`` lies in, or None."""
    start, end = chosen.quiet_from, chosen.quiet_until
    if start is None or end is None or start == end:
        return None
    there = now.astimezone(zone)
    inside = start <= there.time() < end if start < end else there.time() >= start or there.time() < end
    if not inside:
        return None
    day = there.date() + timedelta(days=1 if there.time() >= end else 0)
    return datetime.combine(day, end, tzinfo=zone)


def next_digest(digest: str, now: datetime, zone: tzinfo) -> datetime:
    """When the next gathered letter leaves: the next full hour, or the next morning at nine."""
    there = now.astimezone(zone)
    if digest == "daily":
        day = there.date() + timedelta(days=1 if there.time() >= DAILY_AT else 0)
        return datetime.combine(day, DAILY_AT, tzinfo=zone)
    return there.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
