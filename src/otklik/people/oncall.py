"""The front door for being on call: rotations that write their turns ahead, and single turns by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import UnknownZone
from otklik.businesstime.zone import zone
from otklik.journal.record import Actor
from otklik.people import keeping, patterns, reach
from otklik.people.keeping import noted
from otklik.people.models import Person
from otklik.people.refusal import Refused
from otklik.people.rota import OnCall, Rotation, RotationSeat

ROTATION = frozenset(["team", "name", "tz", "starts_on", "until", "hand_over", "days", "depth", "is_active"])
TURN = frozenset(["team", "person", "order", "starts_at", "ends_at"])
AHEAD = timedelta(days=60)  # so far ahead turns are written


@noted
def add_rotation(*, ring: list[Person], actor: Actor, **values: Any) -> Rotation:
    """Let people of a team be on call by turns, in the order of the ring. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ROTATION, "rotation")
    reach.must_reach_team(actor, given["team"])
    _check(given, ring)
    rotation = keeping.add(Rotation, given, actor=actor)
    _seat(rotation, ring, actor)
    write_turns(rotation)
    return rotation


@noted
def edit_rotation(rotation: Rotation, *, actor: Actor, ring: list[Person] | None = None, **values: Any) -> Rotation:
    """Change a rotation; turns that have begun stay, later ones are written anew. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ROTATION, "rotation")
    reach.must_reach_team(actor, rotation.team)
    reach.must_reach_team(actor, given.get("team", rotation.team))
    people = ring_of(rotation) if ring is None else ring
    _check({name: getattr(rotation, name) for name in ROTATION} | given, people)
    changed = keeping.change(rotation, given, actor=actor)
    _seat(changed, people, actor)
    write_turns(changed)
    return changed


def ring_of(rotation: Rotation) -> list[Person]:
    """The people of a rotation in their order."""
    return [seat.person for seat in rotation.seats.select_related("person").order_by("position")]


def _check(values: dict[str, Any], ring: list[Person]) -> None:
    if not ring:
        raise Refused(_("Name at least one person"), field="seat1")
    if not 1 <= values["days"] <= 366 or not 1 <= values["depth"] <= 9:
        raise Refused(_("A turn takes 1 to 366 days, with 1 to 9 people"), field="days")
    if values.get("until") is not None and values["until"] <= values["starts_on"]:
        raise Refused(_("The last day is before the first"), field="until")
    try:
        zone(values["tz"])
    except UnknownZone as unknown:
        raise Refused(_("There is no time zone “%(name)s”") % {"name": values["tz"]}, field="tz") from unknown
    members = set(values["team"].memberships.values_list("person_id", flat=True))
    for person in ring:
        if person.pk not in members:
            raise Refused(_("%(name)s is not in this team") % {"name": person.name}, field="seat1")


def _seat(rotation: Rotation, ring: list[Person], actor: Actor) -> None:
    was, now = [person.pk for person in ring_of(rotation)], [person.pk for person in ring]
    if was == now:
        return
    rotation.seats.all().delete()
    RotationSeat.objects.bulk_create(
        RotationSeat(rotation=rotation, person=person, position=place) for place, person in enumerate(ring)
    )
    keeping.tell(rotation, {"ring": [was, now]}, actor=actor)


def write_turns(rotation: Rotation) -> int:
    """Write the turns of the next 60 days anew; how many. A turn that has begun stays as it is."""
    now, ring = clock.now(), [seat.person_id for seat in rotation.seats.order_by("position")]
    with transaction.atomic():
        rotation.turns.filter(starts_at__gt=now, by_hand=False).delete()
        if not rotation.is_active:
            return 0
        kept = list(rotation.turns.filter(ends_at__gt=now).values_list("order", "starts_at", "ends_at"))
        told = patterns.turns(
            tz=rotation.tz, starts_on=rotation.starts_on, hand_over=rotation.hand_over, days=rotation.days,
            ring=len(ring), depth=rotation.depth, until=rotation.until, start=now, end=now + AHEAD,
        )  # fmt: skip
        rows = [
            OnCall(
                team_id=rotation.team_id, person_id=ring[turn.seat], order=turn.order,
                starts_at=turn.starts_at, ends_at=turn.ends_at, rotation=rotation,
            )
            for turn in told
            if not any(
                order == turn.order and begins < turn.ends_at and turn.starts_at < ends for order, begins, ends in kept
            )
        ]  # fmt: skip
        OnCall.objects.bulk_create(rows)
    return len(rows)


def sweep() -> int:
    """Write the turns of every rotation that is in use; how many."""
    return sum(write_turns(rotation) for rotation in Rotation.objects.filter(is_active=True))


@noted
def add_turn(*, actor: Actor, **values: Any) -> OnCall:
    """Put somebody on call once, by hand. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, TURN, "oncall")
    reach.must_reach_team(actor, given["team"])
    _check_turn(given)
    return keeping.add(OnCall, given, actor=actor)


@noted
def edit_turn(turn: OnCall, *, actor: Actor, **values: Any) -> OnCall:
    """Change a turn, of a rotation's too, which then leaves it as it is. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, TURN, "oncall")
    reach.must_reach_team(actor, turn.team)
    reach.must_reach_team(actor, given.get("team", turn.team))
    _check_turn({name: getattr(turn, name) for name in TURN} | given)
    return keeping.change(turn, given | {"by_hand": True}, actor=actor)


def _check_turn(values: dict[str, Any]) -> None:
    if values["ends_at"] <= values["starts_at"]:
        raise Refused(_("The end is before the beginning"), field="ends_at")
    if not 1 <= values["order"] <= 9:
        raise Refused(_("The order is from 1, who is called first, to 9"), field="order")
    if not values["team"].memberships.filter(person=values["person"]).exists():
        raise Refused(_("%(name)s is not in this team") % {"name": values["person"].name}, field="person")
