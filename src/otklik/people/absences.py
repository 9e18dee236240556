"""The front door for absences: entered by the person or a lead, begun and ended by the clock, why known to few."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import SYSTEM, Actor, Subject, record
from otklik.people import keeping, reach
from otklik.people.access import Rights
from otklik.people.events import (
    AbsenceAdded,
    AbsenceCancelled,
    AbsenceChanged,
    AbsenceEnded,
    AbsenceFact,
    AbsenceStarted,
)
from otklik.people.keeping import noted
from otklik.people.models import Membership, Person
from otklik.people.refusal import Refused
from otklik.people.rota import Absence

ABSENCE = frozenset(["starts_at", "ends_at", "kind", "deputy"])


@noted
def add(
    person: Person,
    *,
    starts_at: datetime,
    ends_at: datetime,
    kind: str = "vacation",
    deputy: Person | None = None,
    source: str = "",
    actor: Actor,
) -> Absence:
    """Enter an absence of one's own, or of a person one leads; ``ends_at`` is the first moment back.

    Raises `Refused` where it overlaps another one or names a deputy who cannot stand in.
    """
    reach.must_reach(actor, person, own=True)
    values = {"starts_at": starts_at, "ends_at": ends_at, "kind": kind, "deputy": deputy}
    _check(person, values)
    absence = Absence.objects.create(person=person, source=source, **values)
    _tell(AbsenceAdded, absence, actor)
    return absence


@noted
def edit(absence: Absence, *, actor: Actor, **values: Any) -> Absence:
    """Move an absence, or name another deputy or reason. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ABSENCE, "absence")
    reach.must_reach(actor, absence.person, own=True)
    fresh = Absence.objects.select_for_update().get(pk=absence.pk)
    if fresh.cancelled_at or fresh.over_at:
        raise Refused(_("This absence is over. Enter a new one"))
    was = {name: getattr(fresh, name) for name in ABSENCE}
    _check(fresh.person, was | given, fresh)
    for name, value in given.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=list(given) or ["kind"])
    if any(was[name] != given.get(name, was[name]) for name in ("starts_at", "ends_at", "deputy")):
        _tell(AbsenceChanged, fresh, actor)
    return fresh


@noted
def cancel(absence: Absence, *, actor: Actor) -> Absence:
    """Call an absence off; one that has begun ends now instead. Raises `Refused`."""
    reach.must_reach(actor, absence.person, own=True)
    fresh = Absence.objects.select_for_update().get(pk=absence.pk)
    now = clock.now()
    if fresh.cancelled_at or fresh.ends_at <= now:
        return fresh
    if fresh.starts_at < now:
        fresh.ends_at = now
    else:
        fresh.cancelled_at = now
    fresh.save(update_fields=["ends_at", "cancelled_at"])
    _tell(AbsenceCancelled, fresh, actor)
    return fresh


def _check(person: Person, values: dict[str, Any], absence: Absence | None = None) -> None:
    starts, ends, deputy = values["starts_at"], values["ends_at"], values["deputy"]
    if ends <= starts:
        raise Refused(_("The end is before the beginning"), field="last")
    if values["kind"] not in dict(Absence.KINDS):
        raise Refused(_("There is no such reason"), field="kind")
    others = Absence.objects.filter(person=person, cancelled_at=None, starts_at__lt=ends, ends_at__gt=starts)
    if others.exclude(pk=absence.pk if absence else 0).exists():
        raise Refused(_("%(name)s is away in these days already") % {"name": person.name}, field="first")
    if deputy is None:
        return
    if deputy.pk == person.pk:
        raise Refused(_("Somebody else stands in"), field="deputy")
    if not deputy.is_active or not Membership.objects.filter(person=deputy, team__is_active=True).exists():
        raise Refused(_("%(name)s takes no tickets and cannot stand in") % {"name": deputy.name}, field="deputy")
    gone = Absence.objects.filter(person=deputy, cancelled_at=None, starts_at__lt=ends, ends_at__gt=starts)
    if gone.exists():
        raise Refused(_("%(name)s is away in these days, too") % {"name": deputy.name}, field="deputy")


def kind_for(rights: Rights, reader: Person | None, absence: Absence) -> str:
    """Why somebody is away, for the person and his leads; for everybody else nothing."""
    own = reader is not None and reader.pk == absence.person_id
    return str(absence.get_kind_display()) if own or reach.over_person(rights, absence.person_id) else ""


def sweep() -> int:
    """Announce absences that have begun and that are over; how many. Each is announced once."""
    now, told = clock.now(), 0
    open_ones = Absence.objects.filter(cancelled_at=None, over_at=None, starts_at__lte=now)
    for key in list(open_ones.order_by("starts_at", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            absence = Absence.objects.select_for_update().get(pk=key)
            if absence.cancelled_at is None and absence.over_at is None:
                told += _announce(absence, now)
    return told


def _announce(absence: Absence, now: datetime) -> int:
    told = 0
    if absence.began_at is None:
        absence.began_at, told = now, told + 1
        if absence.ends_at > now:  # one that was entered after the fact is not worth a hand-over
            _tell(AbsenceStarted, absence, SYSTEM)
    if absence.ends_at <= now:
        absence.over_at, told = now, told + 1
        _tell(AbsenceEnded, absence, SYSTEM)
    absence.save(update_fields=["began_at", "over_at"])
    return told


def _tell(fact: type[AbsenceFact], absence: Absence, actor: Actor) -> None:
    told = fact(
        absence=absence.pk,
        person=absence.person_id,
        starts_at=keeping.plain(absence.starts_at),
        ends_at=keeping.plain(absence.ends_at),
        deputy=absence.deputy_id,
    )
    record(Subject(kind="absence", id=str(absence.pk)), told, actor=actor)
