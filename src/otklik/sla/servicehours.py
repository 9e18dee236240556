"""The service hours of an organisation, a place, a team or a service: which calendar is theirs (domain.md §4.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from otklik.calendars.models import Calendar
from otklik.catalogue.models import Service
from otklik.journal.events import RecordChanged
from otklik.journal.record import Actor, Subject, record
from otklik.people.models import Organisation, Place, Team
from otklik.sla.models import HoursOf

_ROWS: dict[str, Callable[[], Any]] = {
    "organisation": lambda: Organisation.objects.order_by("name", "pk"),
    "place": lambda: Place.objects.order_by("path", "pk"),
    "team": lambda: Team.objects.order_by("pk"),
    "service": lambda: Service.objects.order_by("position", "pk"),
}


@dataclass(frozen=True, slots=True)
class Hours:
    """Whose hours are which: ``name`` of the record, and its calendar."""

    kind: str
    subject: int
    name: str
    calendar: Calendar


def records_of(kind: str) -> Any:
    """Records that may have hours of their own, those in use."""
    return _ROWS[kind]().filter(is_active=True)


def known() -> list[Hours]:
    """All hours that were stated, kind by kind."""
    found: list[Hours] = []
    for kind, rows in _ROWS.items():
        stated = {one.subject: one.calendar for one in HoursOf.objects.filter(kind=kind).select_related("calendar")}
        found += [Hours(kind, one.pk, str(one), stated[one.pk]) for one in rows().filter(pk__in=stated)]
    return found


@transaction.atomic
def state(kind: str, subject: int, calendar: Calendar | None, *, actor: Actor) -> bool:
    """Say by which calendar somebody works, or that there is none of its own; False where nothing differs.

    A clock is bound to hours and keeps them: what was bound before goes on by the hours of then.
    """
    was = HoursOf.objects.select_for_update(of=("self",)).select_related("calendar")
    row = was.filter(kind=kind, subject=subject).first()
    old, new = (one.code if one else None for one in (row.calendar if row else None, calendar))
    if old == new:
        return False
    if calendar is None:
        HoursOf.objects.filter(kind=kind, subject=subject).delete()
    else:
        HoursOf.objects.update_or_create(kind=kind, subject=subject, defaults={"calendar": calendar})
    fact = RecordChanged(changes={"calendar": [old, new]})
    record(Subject(kind="hours", id=f"{kind}:{subject}"), fact, actor=actor)
    return True
