"""What is promised on one ticket: lines with their words, the parts of the promise line, the pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from otklik import clock
from otklik.calendars import shelf
from otklik.calendars.models import CalendarVersion
from otklik.journal.record import Recorded, Subject
from otklik.sla import binding, phrases
from otklik.sla.models import PROMISED, Promise
from otklik.sla.reading import Clock, clocks_of, runs, story_of
from otklik.sla.segments import segments
from otklik.tickets.models import Ticket

SOON = timedelta(hours=1)  # from here on the clock is amber
CLOSED_AT_MOST = 45  # minutes that closed hours take on the line, so that a night does not hide the work


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the promise line: ``kind`` as the macro names it, ``weight`` in minutes."""

    kind: str
    weight: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause of the solution clock."""

    reason: str
    words: str
    since: datetime
    until: datetime | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Line:
    """One promise of a ticket.

    Args:
        words: "in work, 4 h 54 min left", "answered in 9 min", "4 min past".
        left: T − E in seconds or working days.
        kept_at: when the clock stopped, if it did.
    """

    metric: str
    cycle: int
    name: str
    words: str
    kind: str
    state: str
    outcome: str
    due_at: datetime | None
    breach_at: datetime | None
    kept_at: datetime | None
    elapsed: int
    target: int
    unit: str
    left: int
    is_late: bool
    pieces: Sequence[Piece] = ()
    now_share: float | None = None  # where now stands on the line, per cent
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """All promises of one ticket, the customer's first."""

    lines: Sequence[Line]
    rests: Sequence[Rest] = ()
    was_due: datetime | None = None
    is_due: datetime | None = None
    promised_until: datetime | None = None
    provisional: bool = False
    hours: str = ""
    inner: Sequence[Line] = ()  # among teams

    def of(self, metric: str) -> Line | None:
        """The newest line of a metric."""
        return next((line for line in reversed(self.lines) if line.metric == metric), None)

    @property
    def shifted(self) -> float:
        """Seconds by which the solution's date moved."""
        if self.was_due is None or self.is_due is None:
            return 0
        return (self.is_due - self.was_due).total_seconds()

    @property
    def nearest(self) -> Line | None:
        """The running promise that is due first."""
        running = [(line.due_at, at, line) for at, line in enumerate(self.lines) if line.due_at and runs(line.state)]
        return min(running)[2] if running else None

    @property
    def next_word(self) -> datetime | None:
        """``next_update_due`` (§2.1): the explicit promise, else the earliest running response, else the solution."""
        if self.promised_until is not None:
            return self.promised_until
        running = [
            (line.metric == "resolution", line.due_at) for line in self.lines if line.due_at and runs(line.state)
        ]
        return min(running)[1] if running else None


def for_ticket(ticket: Ticket, now: datetime | None = None, told: Sequence[Recorded] | None = None) -> Promises | None:
    """Everything promised on a ticket, as of now; None where no agreement fits. ``told``: its journal, if at hand."""
    now = now or clock.now()
    story = story_of(Subject(kind="ticket", id=str(ticket.pk)), told)
    found = clocks_of(story, now)
    if not found:
        return None
    row = Promise.objects.filter(ticket=ticket).first()
    solution = next((one for one in reversed(found) if one.metric == "resolution"), None)
    lines = [line_of(one, now) for one in found if one.metric in PROMISED]
    hours = ""
    if solution is not None:
        hours = phrases.service_hours(
            binding.calendar_of(solution.instance.bound.calendar), now, timezone.get_current_timezone()
        )
    return Promises(
        lines=sorted(lines, key=lambda line: PROMISED.index(line.metric)),
        rests=_rests(solution, now) if solution else (),
        was_due=row.solution_first_due_at if row else None,
        is_due=solution.reading.due_at if solution else None,
        promised_until=story.promised_until if not (story.is_resolved or story.is_cancelled) else None,
        provisional=bool(solution and is_provisional(solution)),
        hours=hours,
        inner=[line_of(one, now) for one in found if one.metric not in PROMISED],
    )


def is_provisional(one: Clock) -> bool:
    """Whether the due lies in a year whose holidays nobody confirmed: «предварительно»."""
    if one.reading.due_at is None:
        return False
    version = CalendarVersion.objects.get(pk=one.instance.bound.calendar)
    return shelf.is_provisional(version, one.reading.due_at)


def line_of(one: Clock, now: datetime) -> Line:
    """A clock as a line of the panel."""
    reading, history = one.reading, one.instance.history
    late = reading.outcome == "breached" or (reading.outcome is None and reading.breached_at is not None)
    pieces = _pieces(one, now)
    total = sum(piece.weight for piece in pieces)
    past = sum(piece.weight for piece in pieces if piece.kind not in {"left", "after"})
    due = history.negotiated or reading.due_at
    return Line(
        metric=one.metric,
        cycle=one.instance.cycle,
        name=phrases.metric_name(one.metric),
        words=words_of(one, late=late),
        kind=_face(one, now, late=late),
        state=reading.state,
        outcome=reading.outcome or "",
        due_at=due,
        breach_at=history.negotiated or reading.breach_at,
        kept_at=history.stop if reading.state == "stopped" else None,
        elapsed=int(reading.elapsed),
        target=reading.target,
        unit=reading.unit,
        left=int(reading.remaining),
        is_late=late,
        pieces=pieces,
        now_share=round(100 * past / total, 1) if total and reading.state != "stopped" else None,
        started_at=history.anchor,
    )


def words_of(one: Clock, *, late: bool) -> str:
    """The line in words."""
    reading = one.reading
    left = phrases.amount(reading.remaining, reading.unit)
    match reading.state:
        case "cancelled":
            return _("does not apply") if one.instance.lapsed else _("cancelled")
        case "stopped" if reading.outcome == "waived":
            return _("waived")
        case "stopped" if late and reading.remaining < 0:
            return phrases.late_by(one.metric, left)
        case "stopped":
            return phrases.done_in(one.metric, phrases.amount(reading.elapsed, reading.unit))
    if late and reading.remaining == 0:
        return _("past the date")  # of working days none has gone by whole yet
    if reading.remaining < 0:
        return _("%(span)s past the date") % {"span": left}
    if reading.state == "paused":
        return _("paused, %(span)s left") % {"span": left}
    if reading.state == "out_of_hours":
        return _("outside service hours, %(span)s left") % {"span": left}
    return _("in work, %(span)s left") % {"span": left}


def _face(one: Clock, now: datetime, *, late: bool) -> str:
    reading = one.reading
    if reading.state in {"stopped", "cancelled"}:
        return "crit" if late and reading.state == "stopped" else "met"
    if reading.state == "paused":
        return "pause"
    if late:
        return "crit"
    return "warn" if reading.due_at is not None and reading.due_at <= now + SOON else "calm"


def _pieces(one: Clock, now: datetime) -> list[Piece]:
    """Counted, paused and closed stretches of the line, and what is left of it."""
    history, reading = one.instance.history, one.reading
    found: list[Piece] = []
    done = reading.state == "stopped" and reading.outcome == "met"
    for segment in segments(history, now.replace(microsecond=0)):
        minutes = round((segment.end - segment.start).total_seconds() / 60)
        if segment.kind == "rebound" or minutes < 1:
            continue
        kind = {"counted": "met" if done else "run", "closed": "off", "paused": "hold", "resolved": "hold"}[
            segment.kind
        ]
        if kind == "run" and reading.breach_at is not None and segment.start >= reading.breach_at:
            kind = "over"
        weight = min(minutes, CLOSED_AT_MOST) if kind == "off" else minutes
        if found and found[-1].kind == kind:
            last = found.pop()
            found.append(Piece(kind, last.weight + weight, last.start, segment.end))
        else:
            found.append(Piece(kind, weight, segment.start, segment.end))
    if reading.state not in {"stopped", "cancelled"} and reading.unit == "seconds" and reading.remaining > 0:
        end = reading.due_at or now
        found.append(Piece("left", max(1, round(reading.remaining / 60)), now, end))
    return found


def _rests(one: Clock, now: datetime) -> list[Rest]:
    """Pauses of the solution clock with their reasons."""
    found = []
    for pause in one.instance.history.pauses:
        until = pause.until
        lasted = ((until or now) - pause.since).total_seconds()
        found.append(Rest(pause.reason, phrases.waiting(pause.reason), pause.since, until, int(lasted)))
    return found
