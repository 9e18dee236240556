"""Available, busy or away: by the person's own switch, and by the end of a shift. Nobody's screen is watched."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import SYSTEM, Actor, Subject, record
from otklik.people import duty, reach
from otklik.people.duty import Duty
from otklik.people.events import PresenceChanged
from otklik.people.keeping import noted
from otklik.people.models import Person
from otklik.people.refusal import Refused


@noted
def switch(person: Person, presence: str, *, actor: Actor) -> Person:
    """Set one's own presence. Raises `Refused`."""
    if actor.kind != SYSTEM.kind and actor.voice != f"person:{person.pk}":
        raise Refused(_("Everybody says for himself whether he is there"))
    reach.must_reach(actor, person, own=True)
    if presence not in dict(Person.PRESENCES):
        raise Refused(_("There is no such state"), field="presence")
    fresh = Person.objects.select_for_update().get(pk=person.pk)
    fresh.away_by_shift = False
    _become(fresh, presence, "own", actor)
    return fresh


def sweep() -> int:
    """Notice shifts that began and ended since the last look; how many people became something else.

    Who was away because his shift had ended is available again with the next one; who went away on his own account,
    or comes back after his shift, is left alone.
    """
    now = clock.now()
    staff = Person.objects.filter(is_active=True, memberships__team__is_active=True).distinct()
    marks = dict(staff.values_list("pk", "on_shift_until"))
    changed = 0
    for key, told in duty.on_duty(marks, now).items():
        until = told.shift_ends_at if told.on_shift and told.absence is None else None
        if until != marks[key]:
            with transaction.atomic():
                changed += _turn(Person.objects.select_for_update().get(pk=key), told, until is not None)
                Person.objects.filter(pk=key).update(on_shift_until=until)
    return changed


def _turn(person: Person, told: Duty, here: bool) -> int:
    if here and person.on_shift_until is None and person.away_by_shift:
        person.away_by_shift = False
        return _become(person, "available", "shift_begin", SYSTEM)
    if not here and person.on_shift_until is not None and person.presence != "away":
        person.away_by_shift = True
        return _become(person, "away", "shift_end", SYSTEM)
    return 0


def _become(person: Person, presence: str, why: str, actor: Actor) -> int:
    was, person.presence = person.presence, presence
    person.save(update_fields=["presence", "away_by_shift"])
    if was == presence:
        return 0
    fact = PresenceChanged(person=person.pk, was=was, now=presence, why=why)
    record(Subject(kind="person", id=str(person.pk)), fact, actor=actor)
    return 1
