"""Agreements in force and the target that each metric of a ticket gets from them (domain §4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Any, cast

from otklik import database
from otklik.calendars import shelf
from otklik.calendars.models import CalendarVersion
from otklik.catalogue.models import Service
from otklik.people.models import Organisation, Place
from otklik.sla.history import Mode, Reopen, Unit
from otklik.sla.models import METRICS, AgreementVersion, HoursOf, Target
from otklik.sla.selection import Choice, Keys, Terms, choose
from otklik.sla.story import Bound, Point, Story


def terms_from(target: Target, position: tuple[int, int] = (0, 0)) -> Terms:
    """A stored, or only drafted, target as data."""
    return Terms(
        id=target.pk or 0,
        version=target.version_id or 0,
        metric=target.metric,
        value=target.value,
        calendar=target.calendar_id,
        unit=cast(Unit, target.unit),
        organisation=target.organisation_id,
        service=target.service_id,
        type=target.type,
        priority=target.priority,
        place=target.place_id,
        team=target.team_id,
        calendar_ref=target.calendar_ref,
        pauses=dict(target.pauses),
        pause_count=target.pause_count,
        pause_seconds=target.pause_seconds,
        reopen=cast(Reopen, target.reopen_mode),
        rebind=cast(Mode, target.rebind_mode),
        stop_on=target.stop_on,
        keep_breach=target.keep_breach,
        warn=tuple(target.warn),
        rank=target.rank,
        position=position,
    )


@lru_cache(maxsize=1024)
def _terms(version: int, published_at: datetime, position: tuple[int, int]) -> tuple[Terms, ...]:
    return tuple(terms_from(target, position) for target in Target.objects.filter(version=version))


@lru_cache(maxsize=8192)
def _one(target: int) -> Terms:
    return terms_from(Target.objects.get(pk=target))


def forget() -> None:
    """Forget what was read: only for a database that was put in the place of another."""
    _terms.cache_clear()
    _one.cache_clear()
    _shelf.cache_clear()
    calendar_of_version.cache_clear()


_GUARD = """
select (select max(id) from sla_agreementversion),
       (select string_agg(id::text || is_active::text || position::text, ',' order by id) from sla_agreement),
       (select max(id) from calendars_calendarversion)"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is published now: versions of agreements in use, and the newest version of each calendar."""

    versions: tuple[AgreementVersion, ...]
    calendars: dict[int, int]


@lru_cache(maxsize=8)
def _shelf(guard: tuple[Any, ...]) -> Shelf:
    versions = AgreementVersion.objects.filter(agreement__is_active=True).select_related("agreement")
    newest = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    return Shelf(tuple(versions.order_by("agreement_id", "number")), dict(newest.values_list("calendar_id", "pk")))


def published() -> Shelf:
    """Read anew only when something was published since: one small question each time."""
    return _shelf(database.rows(_GUARD)[0])


def in_force(moment: datetime, known: Shelf | None = None) -> list[Terms]:
    """Targets of all agreements that hold for a ticket opened at an instant."""
    newest = {row.agreement_id: row for row in (known or published()).versions if row.valid_from <= moment}
    return [
        terms
        for version in newest.values()
        if version.valid_to is None or version.valid_to > moment
        for terms in _terms(version.pk, version.published_at, (version.agreement.position, version.agreement_id))
    ]


def in_force_for(story: Story, known: Shelf | None = None) -> list[Terms]:
    """Targets for one ticket: as of its opening, but of an agreement that it was moved to, the version moved to."""
    targets = in_force(story.opened_at, known)
    own = {terms.version for terms in targets}
    strange = {one.version for one in story.bound if one.target is not None} - own
    if not strange:
        return targets
    rows = list(AgreementVersion.objects.filter(pk__in=strange | own).select_related("agreement"))
    newest: dict[int, AgreementVersion] = {}
    for row in sorted(rows, key=lambda one: one.number):
        newest[row.agreement_id] = row
    return [
        terms
        for row in newest.values()
        for terms in _terms(row.pk, row.published_at, (row.agreement.position, row.agreement_id))
    ]


def terms_of(bound: Bound) -> Terms:
    """The target of a binding: immutable, so it is read once."""
    assert bound.target is not None
    return _one(bound.target)


@dataclass(frozen=True, slots=True)
class Selected:
    """What is chosen for a metric, and the calendar that it counts by."""

    choice: Choice
    calendar: int | None  # id of a Calendar, not of a version


def select(targets: Sequence[Terms], point: Point) -> dict[str, Selected]:
    """The choice for every metric that any target speaks of."""
    keys = keys_of(targets, point)
    found = {}
    for metric in METRICS:
        mine = [terms for terms in targets if terms.metric == metric]
        if mine:
            choice = choose(mine, keys)
            found[metric] = Selected(choice, _calendar(choice.won, keys) if choice.won else None)
    return found


def keys_of(targets: Iterable[Terms], point: Point) -> Keys:
    """The ticket's side of the choice; chains to the root are only asked for where a target needs them."""
    targets = list(targets)

    def chain(name: str, model: Any, pk: int | None) -> tuple[int, ...]:
        if pk is None:
            return ()
        asked = any(getattr(terms, name) is not None or terms.calendar_ref == name for terms in targets)
        return up(model, pk) if asked else (pk,)

    return Keys(
        organisation=chain("organisation", Organisation, point.organisation),
        service=chain("service", Service, point.service),
        type=point.type,
        priority=point.priority,
        place=chain("place", Place, point.place),
        team=point.team,
    )


def up(model: Any, pk: int | None) -> tuple[int, ...]:
    """A thing and all that it is part of, nearest first."""
    found: list[int] = []
    while pk is not None and pk not in found:
        found.append(pk)
        pk = model.objects.filter(pk=pk).values_list("parent_id", flat=True).first()
    return tuple(found)


def _calendar(terms: Terms, keys: Keys) -> int:
    if terms.calendar_ref == "fixed":
        return terms.calendar
    value = getattr(keys, terms.calendar_ref)
    chain = value if isinstance(value, tuple) else (value,)
    known = dict(
        HoursOf.objects.filter(kind=terms.calendar_ref, subject__in=[pk for pk in chain if pk]).values_list(
            "subject", "calendar_id"
        )
    )
    return next((known[pk] for pk in chain if pk in known), terms.calendar)


def newest_versions(calendars: Iterable[int]) -> dict[int, int]:
    """The version now in force of each calendar, to be pinned."""
    known = published().calendars
    return {calendar: known[calendar] for calendar in calendars}


@lru_cache(maxsize=8192)
def calendar_of_version(version: int) -> int:
    """The calendar whose version this is."""
    return int(CalendarVersion.objects.values_list("calendar_id", flat=True).get(pk=version))


def calendar_of(version: int) -> Any:
    """Business time of a calendar's version."""
    return shelf.calendar_at(version)


def changes(story: Story) -> list[tuple[Point, list[dict[str, Any]]]]:
    """Bindings that the points of the story since its last binding ask for, each with its point, oldest first."""
    points = [point for point in story.points if point.seq > story.bound_seq]
    points = [point for point, after in zip_longest(points, points[1:]) if not after or after.at > point.at]
    if not points:
        return []
    known = published()
    targets = in_force_for(story, known)
    held = {one.metric: one for one in story.bound}
    found = []
    for point in points:
        rows = _rows(held, select(targets, point), known, at_opening=point.at <= story.opened_at)
        for row in rows:
            held[row["metric"]] = Bound(since=point.at, **{k: v for k, v in row.items() if k != "why"})
        if rows:
            found.append((point, rows))
    return found


def _rows(
    held: dict[str, Bound], selected: dict[str, Selected], known: Shelf, *, at_opening: bool
) -> list[dict[str, Any]]:
    new: list[tuple[str, Terms | None, int | None]] = []
    for metric, one in selected.items():
        was, won = held.get(metric), one.choice.won
        if won is None:
            if was is not None and was.target is not None:
                new.append((metric, None, None))
        elif was is None or was.target != won.id or calendar_of_version(was.calendar) != one.calendar:
            new.append((metric, won, one.calendar))
    pins = known.calendars
    return [
        row_of(metric, won, pins.get(calendar or 0, 0), None if at_opening else "") for metric, won, calendar in new
    ]


def row_of(metric: str, won: Terms | None, calendar_version: int, mode: str | None) -> dict[str, Any]:
    """A binding as the journal keeps it; an empty mode is that of the target."""
    if won is None:
        return {
            "metric": metric,
            "target": None,
            "version": 0,
            "value": 0,
            "unit": "seconds",
            "calendar": 0,
            "mode": "from_start",
        }
    return {
        "metric": metric,
        "target": won.id,
        "version": won.version,
        "value": won.value,
        "unit": won.unit,
        "calendar": calendar_version,
        "mode": "from_start" if mode is None else mode or won.rebind,
    }
