"""New versions of calendars and new holiday sets: what changes the past says so, and is refused unless it is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import TZDB_VERSION, Timetable, Unreachable, local_date, next_open
from otklik.businesstime.span import to_instant, to_moment
from otklik.calendars.holidayfacts import HolidayFacts
from otklik.calendars.models import Calendar, CalendarVersion, HolidaySet
from otklik.calendars.shelf import all_current, built, calendar_at
from otklik.journal.events import ConfigPublished
from otklik.journal.record import Actor, Subject, record

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # nothing that is counted is older
ALWAYS = date(1, 1, 1)


class TouchesThePast(ValueError):
    """A version that would change hours before now, published as one that does not; holds the first such instant."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        super().__init__(_("This changes hours that have passed: say why, and publish it as a correction."))


class NeverOpens(ValueError):
    """A version that is not open once in 400 days."""


@transaction.atomic
def publish(
    calendar: Calendar, changes: Mapping[str, Any], *, actor: Actor, reason: str = "", corrective: bool = False
) -> CalendarVersion:
    """Add a version that differs from the newest one in some fields of its content; the same content adds none.

    A change of weekly hours holds from tomorrow on, the hours so far stay as a period, unless it is a correction.
    Raises TouchesThePast, NeverOpens or ScheduleError. Composites made of this calendar get a new version with it.
    """
    Calendar.objects.select_for_update().get(pk=calendar.pk)
    before = calendar.versions.order_by("-number").first()
    blank = CalendarVersion(tz="UTC").content()
    content = (before.content() if before else blank) | dict(changes)
    if unknown := content.keys() - blank.keys():
        raise KeyError(f"a calendar has no {', '.join(sorted(unknown))}")
    if before and not corrective and not content["combine"] and content["weekly"] != before.weekly:
        content["periods"] = [*content["periods"], _so_far(before)]
    if before and content == before.content():
        return before
    hours = built(content)
    _check_opens(hours)
    kind = _kind(before, hours, corrective=corrective, reason=reason)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=before.number + 1 if before else 1,
        kind=kind,
        reason=reason,
        published_at=clock.now(),
        published_by=str(actor),
        tzdb_version=TZDB_VERSION,
        **content,
    )
    was = before.content() if before else {}
    differences = {name: [was.get(name), value] for name, value in content.items() if was.get(name) != value}
    fact = ConfigPublished(name=f"calendar:{calendar.code}", version=version.number, changes=differences, note=reason)
    record(Subject(kind="calendar", id=calendar.code), fact, actor=actor)
    if before:
        _carry_on(before, version, actor=actor, reason=reason, corrective=corrective)
    return version


def _so_far(before: CalendarVersion) -> dict[str, Any]:
    """The weekly hours until today, in the zone of the calendar, as a period."""
    today = local_date(calendar_at(before), clock.now())
    return {"from": ALWAYS.isoformat(), "to": today.isoformat(), "hours": before.weekly}


def _check_opens(hours: Timetable) -> None:
    try:
        next_open(hours, clock.now())
    except Unreachable as error:
        raise NeverOpens(_("With these hours the desk never opens.")) from error


def _kind(before: CalendarVersion | None, hours: Timetable, *, corrective: bool, reason: str) -> str:
    if before is None:
        return CalendarVersion.Kind.FIRST
    since = first_difference(calendar_at(before), hours, BEGINNING, clock.now())
    if since is None:
        return CalendarVersion.Kind.PROSPECTIVE
    if not corrective or not reason.strip():
        raise TouchesThePast(since)
    return CalendarVersion.Kind.CORRECTIVE


def first_difference(one: Timetable, other: Timetable, start: datetime, end: datetime) -> datetime | None:
    """First instant of a range that belongs to the open set of only one of two calendars."""
    begin, finish = to_instant(start), to_instant(end)
    left, right = one.open_spans(begin, finish), other.open_spans(begin, finish)
    if left == right:
        return None
    edges = sorted({edge for span in set(left) ^ set(right) for edge in span})
    return to_moment(edges[0])


def _carry_on(
    before: CalendarVersion, version: CalendarVersion, *, actor: Actor, reason: str, corrective: bool
) -> None:
    """New versions of the composites whose newest version was made of the one before."""
    newest = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    for whole in CalendarVersion.objects.filter(pk__in=newest.values("pk"), parts__contains=[before.pk]):
        parts = [version.pk if part == before.pk else part for part in whole.parts]
        publish(whole.calendar, {"parts": parts}, actor=actor, reason=reason, corrective=corrective)


@transaction.atomic
def keep(
    facts: HolidayFacts, *, source: str, actor: Actor, content: bytes = b"", confirmed: bool = False
) -> HolidaySet:
    """Store the facts of a year as a new set, to be confirmed; the same facts from the same file are stored once."""
    same = HolidaySet.objects.filter(country=facts.country, region=facts.region, year=facts.year)
    digest = hashlib.sha256(content).hexdigest() if content else ""
    if known := same.filter(checksum=facts.checksum(), file_checksum=digest, source=source).first():
        return known
    now = clock.now()
    kept = HolidaySet.objects.create(
        country=facts.country,
        region=facts.region,
        year=facts.year,
        number=(same.aggregate(top=Max("number"))["top"] or 0) + 1,
        data=facts.data(),
        source=source,
        checksum=facts.checksum(),
        file_checksum=digest,
        imported_at=now,
        imported_by=str(actor),
        confirmed_at=now if confirmed else None,
        confirmed_by=str(actor) if confirmed else "",
    )
    _tell(kept, {"checksum": [None, kept.checksum], "source": [None, source]}, actor)
    return kept


@transaction.atomic
def confirm(kept: HolidaySet, *, actor: Actor, reason: str = "") -> list[CalendarVersion]:
    """Confirm a set, and give every calendar that observes its place a version with it; returns those versions.

    Where it changes hours that have passed, a reason makes the versions corrections; without one TouchesThePast.
    """
    if kept.confirmed_at is None:
        kept.confirmed_at, kept.confirmed_by = clock.now(), str(actor)
        kept.save(update_fields=["confirmed_at", "confirmed_by"])
        _tell(kept, {"confirmed_by": ["", str(actor)]}, actor)
    versions = []
    for version in all_current():
        observes = version.observe_holidays and (version.country, version.region) == (kept.country, kept.region)
        if observes and kept.pk not in version.holiday_sets:
            sets = _with(version.holiday_sets, kept)
            versions.append(
                publish(version.calendar, {"holiday_sets": sets}, actor=actor, reason=reason, corrective=bool(reason))
            )
    return versions


def _with(pinned: list[int], kept: HolidaySet) -> list[int]:
    """Pinned sets with one in the place of the other of its year."""
    others = HolidaySet.objects.filter(pk__in=pinned).exclude(year=kept.year)
    return [*others.order_by("year").values_list("pk", flat=True), kept.pk]


def _tell(kept: HolidaySet, changes: dict[str, list[Any]], actor: Actor) -> None:
    fact = ConfigPublished(name=f"holidays:{kept}", version=kept.number, changes=changes)
    record(Subject(kind="holidays", id=f"{kept.place}-{kept.year}"), fact, actor=actor)
