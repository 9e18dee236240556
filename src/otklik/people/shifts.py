"""The front door for hours of work: weekly patterns, and single rows of the roster."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from otklik.businesstime import UnknownZone
from otklik.businesstime.hours import ScheduleError
from otklik.businesstime.zone import zone
from otklik.journal.record import Actor
from otklik.people import keeping, reach
from otklik.people.keeping import noted
from otklik.people.models import Membership
from otklik.people.patterns import week_of
from otklik.people.refusal import Refused
from otklik.people.rota import Shift, ShiftPattern

PATTERN = frozenset(["person", "team", "tz", "hours", "valid_from", "valid_until", "calendar"])
ROW = frozenset(["person", "team", "starts_at", "ends_at", "tz"])


@noted
def add_pattern(*, actor: Actor, **values: Any) -> ShiftPattern:
    """Give a person hours that come back every week. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, PATTERN, "shiftpattern")
    given["tz"] = given.get("tz") or given["person"].timezone
    reach.must_reach(actor, given["person"])
    _check(given)
    return keeping.add(ShiftPattern, given, actor=actor)


@noted
def edit_pattern(pattern: ShiftPattern, *, actor: Actor, **values: Any) -> ShiftPattern:
    """Change hours; a pattern that is over keeps its last day. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, PATTERN, "shiftpattern")
    reach.must_reach(actor, pattern.person)
    reach.must_reach(actor, given.get("person", pattern.person))
    _check({name: getattr(pattern, name) for name in PATTERN} | given)
    return keeping.change(pattern, given, actor=actor)


@noted
def add_row(*, actor: Actor, **values: Any) -> Shift:
    """Put a person into the roster once, beside what his week says. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ROW, "shift")
    given["tz"] = given.get("tz") or given["person"].timezone
    reach.must_reach(actor, given["person"])
    _check(given)
    return keeping.add(Shift, given, actor=actor)


@noted
def edit_row(row: Shift, *, actor: Actor, **values: Any) -> Shift:
    """Change a row of the roster. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ROW, "shift")
    reach.must_reach(actor, row.person)
    reach.must_reach(actor, given.get("person", row.person))
    _check({name: getattr(row, name) for name in ROW} | given)
    return keeping.change(row, given, actor=actor)


@noted
def drop_row(row: Shift, *, actor: Actor) -> None:
    """Take a row out of the roster. Raises `Refused`."""
    reach.must_reach(actor, row.person)
    kept = {name: [keeping.plain(getattr(row, name)), None] for name in sorted(ROW)}
    keeping.tell(row, kept, actor=actor, note=_("removed"))
    row.delete()


def _check(values: dict[str, Any]) -> None:
    try:
        zone(values["tz"])
    except UnknownZone as unknown:
        raise Refused(_("There is no time zone “%(name)s”") % {"name": values["tz"]}, field="tz") from unknown
    team = values.get("team")
    if team is not None and not Membership.objects.filter(team=team, person=values["person"]).exists():
        raise Refused(_("%(name)s is not in this team") % {"name": values["person"].name}, field="team")
    if "hours" in values:
        try:
            week = week_of(values["hours"])
        except ScheduleError as error:
            raise Refused(_("These hours cannot be read"), field="hours") from error
        if not any(week):
            raise Refused(_("Write the hours of at least one day"))
        until = values.get("valid_until")
        if until is not None and until < values["valid_from"]:
            raise Refused(_("The last day is before the first"), field="valid_until")
    elif values["ends_at"] <= values["starts_at"]:
        raise Refused(_("The end is before the beginning"), field="ends_at")
