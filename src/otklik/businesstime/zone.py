"""Time zones from the pinned ``tzdata`` package, never from the machine, so that every installation counts alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from importlib import import_module, resources
from itertools import pairwise
from zoneinfo import ZoneInfo

from otklik.businesstime.span import DAY, SECOND, Instant, Span, to_instant, union

TZDB_VERSION: str = import_module("tzdata").IANA_VERSION  # stored with each result

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_STEP = DAY // 4  # no zone has ever changed its offset twice within six hours


class UnknownZone(ValueError):
    """The name is not in the IANA tz database of this release."""


class NonexistentTime(ValueError):
    """A wall time that the clocks of the zone skipped."""


@cache
def zone(name: str) -> tzinfo:
    """The zone with an IANA name such as ``Europe/Moscow``; raises UnknownZone."""
    parts = name.split("/")
    if not name or any(part in {"", ".", ".."} for part in parts) or "\\" in name:
        raise UnknownZone(name)
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *parts).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError) as error:
        raise UnknownZone(name) from error


def offset_at(name: str, instant: Instant) -> int:
    """Microseconds by which the wall clock of the zone is ahead of UTC at an instant."""
    moment = datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone(name))
    ahead = moment.utcoffset()
    assert ahead is not None
    return (ahead.days * 86_400 + ahead.seconds) * SECOND


def offset_pieces(name: str, start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant, int]]:
    """Cut ``[start, end)`` where the zone changes its offset: (from, to, offset), all in microseconds."""
    if name in {"UTC", "Etc/UTC"}:
        yield start, end, 0
        return
    begun, offset, known = start, offset_at(name, start), start
    while known < end:
        ahead = min(known + _STEP, end)
        if offset_at(name, ahead) == offset:
            known = ahead
            continue
        change = _change_between(name, known, ahead, offset)
        if change >= end:
            break
        yield begun, change, offset
        begun, offset, known = change, offset_at(name, change), change
    yield begun, end, offset


def _change_between(name: str, before: Instant, after: Instant, offset: int) -> Instant:
    """First whole second at which the offset is no longer the given one."""
    low, high = before // SECOND, -(-after // SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(name, middle * SECOND) == offset else (low, middle)
    return high * SECOND


@lru_cache(maxsize=8192)
def date_window(name: str, ordinal: int) -> tuple[Span, ...]:
    """Instants whose local date has a proleptic ordinal: one span as a rule, none for a date that the zone skipped."""
    wall = (ordinal - _EPOCH_ORDINAL) * DAY
    pieces = offset_pieces(name, wall - 2 * DAY, wall + 3 * DAY)
    parts = [(max(a, wall - offset), min(b, wall + DAY - offset)) for a, b, offset in pieces]
    return tuple(union(parts))


def local_ordinal(name: str, instant: Instant) -> int:
    """Proleptic ordinal of the local date at an instant."""
    return _EPOCH_ORDINAL + (instant + offset_at(name, instant)) // DAY


def from_wall(name: str, wall: datetime, *, strict: bool) -> datetime:
    """Instant, in UTC, of a naive local time: an ambiguous one is its first occurrence (domain §4.1).

    A time that the zone skipped raises NonexistentTime when strict (a form), else it is the instant of the jump (mail
    and API).
    """
    local = wall.replace(tzinfo=zone(name), fold=0)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone(name)).replace(tzinfo=None) == wall:
        return moment
    if strict:
        raise NonexistentTime(f"{wall.isoformat()} does not exist in {name}")
    # Before the jump the wall time is read with the old offset, so the true instant lies past the jump by the excess.
    around = to_instant(moment)
    *_, (jump, _end, _offset) = [piece for piece in offset_pieces(name, around - DAY, around + 1) if piece[0] <= around]
    return datetime.fromtimestamp(jump // SECOND, UTC)


def clock_changes(name: str, start: datetime, end: datetime) -> list[tuple[datetime, timedelta]]:
    """Instants within ``(start, end)`` at which the wall clock of the zone jumps, and by how much."""
    pieces = list(offset_pieces(name, to_instant(start), to_instant(end)))
    return [
        (datetime.fromtimestamp(after[0] // SECOND, UTC), timedelta(microseconds=after[2] - before[2]))
        for before, after in pairwise(pieces)
    ]
