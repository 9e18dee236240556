"""Availability of a service over a period as sums over sets of spans (domain §5): pure, outages given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from otklik.businesstime import Timetable, ticks
from otklik.businesstime.span import (
    MINUTE,
    SECOND,
    Span,
    difference,
    intersection,
    to_instant,
    to_moment,
    to_seconds,
    union,
)

Interval = tuple[datetime, datetime]

GLUE = 5 * MINUTE  # outages closer than this are one outage in the count for MTBF and MTRS


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A planned work: when it was, and when it was announced."""

    start: datetime
    end: datetime
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class Availability:
    """Agreed service time and downtime in seconds, and the number of outages after gluing.

    ``share`` is ``(AST − DT) / AST``, None where nothing was agreed: «нет данных», which is not 100 %.
    """

    agreed: int | float
    down: int | float
    outages: int

    @property
    def share(self) -> Fraction | None:
        """A, exactly."""
        return None if not self.agreed else 1 - Fraction(self.down) / Fraction(self.agreed)

    @property
    def mtbf(self) -> float | None:
        """Mean time between failures, seconds of agreed time; None without an outage."""
        return (self.agreed - self.down) / self.outages if self.outages else None

    @property
    def mtrs(self) -> float | None:
        """Mean time to restore service, seconds of agreed time; None without an outage."""
        return self.down / self.outages if self.outages else None

    def percent(self, places: int = 3) -> str | None:
        """A in percent, cut and not rounded, so that 99.9999 never shows as 100."""
        if (share := self.share) is None:
            return None
        scaled = int(share * 100 * 10**places)
        return f"{scaled // 10**places}.{scaled % 10**places:0{places}d}"


def measure(
    calendar: Timetable,
    period: Interval,
    outages: Iterable[Interval],
    maintenance: Iterable[Interval] = (),
    exclusions: Iterable[Interval] = (),
) -> Availability:
    """Availability of a period: ``AST = W(P \\ M \\ X)``, ``DT = W(∪outages ∩ P \\ M \\ X)``.

    Args:
        calendar: hours of the availability target.
        outages: confirmed full outages; overlaps count once; those open at the end are cut at it.
        maintenance: qualifying planned work (see :func:`qualifying`).
        exclusions: approved exclusions.
    """
    counted = difference(_spans([period]), union(_spans(maintenance), _spans(exclusions)))
    down = intersection(_spans(outages), counted)
    whole = intersection(_spans(outages), _spans([period]))
    glued = [] if not whole else [whole[0]]
    for start, end in whole[1:]:
        if start - glued[-1][1] < GLUE:
            glued[-1] = glued[-1][0], end
        else:
            glued.append((start, end))
    hit = [span for span in glued if _open(calendar, intersection([span], counted))]
    return Availability(to_seconds(_open(calendar, counted)), to_seconds(_open(calendar, down)), len(hit))


def degraded(
    calendar: Timetable, period: Interval, degradations: Sequence[tuple[datetime, datetime, Fraction]]
) -> Fraction:
    """Weighted seconds of degradation, overlapping ones by their largest fraction at each instant."""
    (whole,) = _spans([period])
    cuts = sorted(
        {at for since, until, _ in degradations for at in (to_instant(since), to_instant(until))} | set(whole)
    )
    total = Fraction(0)
    for start, end in pairwise(cuts):
        if not whole[0] <= start < whole[1]:
            continue
        hit = [part for since, until, part in degradations if to_instant(since) <= start < to_instant(until)]
        if hit:
            total += max(hit) * ticks.elapsed(calendar, start, end) / SECOND
    return total


def qualifying(
    works: Iterable[Maintenance],
    windows: Iterable[Interval],
    *,
    notice: timedelta = timedelta(hours=72),
    cap: timedelta = timedelta(hours=8),
) -> list[Interval]:
    """Planned work that leaves the sum: announced in time, inside an agreed window, within the cap, first by start."""
    agreed = _spans(windows)
    left = cap // timedelta(microseconds=1)
    kept: list[Span] = []
    for work in sorted(works, key=lambda work: work.start):
        if work.start - work.announced_at < notice:
            continue
        for start, end in difference(intersection(_spans([(work.start, work.end)]), agreed), union(kept)):
            if (taken := min(end - start, left)) > 0:
                kept.append((start, start + taken))
                left -= taken
    return [(to_moment(start), to_moment(end)) for start, end in union(kept)]


def _spans(intervals: Iterable[Interval]) -> list[Span]:
    return union((to_instant(start), to_instant(end)) for start, end in intervals)


def _open(calendar: Timetable, spans: Sequence[Span]) -> int:
    return sum(ticks.elapsed(calendar, start, end) for start, end in spans)
