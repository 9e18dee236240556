"""A clock in words («Как считаем»): counted, paused and why, closed hours, rebinds, clock changes, and the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import clock_changes
from otklik.calendars.models import CalendarVersion
from otklik.journal.record import Subject
from otklik.sla import binding, phrases
from otklik.sla.lines import is_provisional
from otklik.sla.models import AgreementVersion
from otklik.sla.reading import Clock, clocks_of, story_of
from otklik.sla.segments import Segment, segments
from otklik.tickets.models import Ticket
from otklik.ui import wording


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch in words; ``amount`` is what it adds, in seconds or working days; ``sum`` what it comes to."""

    kind: str
    start: datetime
    end: datetime
    amount: float
    sum: float
    what: str
    when: str
    amount_words: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A clock explained: its steps add up to ``elapsed``, to the second.

    Args:
        rule: which target of which agreement holds, by which calendar.
        conclusion: the sum against the target, the due, the outcome and its cause.
    """

    metric: str
    cycle: int
    name: str
    rule: str
    steps: Sequence[Step]
    elapsed: int
    target: int
    unit: str
    due_at: datetime | None
    breach_at: datetime | None
    outcome: str
    cause: str
    conclusion: Sequence[str]


def of(ticket: Ticket, now: datetime | None = None) -> list[Explained]:
    """Every clock of a ticket, as of now, in the reader's language and zone."""
    now = (now or clock.now()).replace(microsecond=0)
    story = story_of(Subject(kind="ticket", id=str(ticket.pk)))
    return [explained(one, now, open_end=story.status == "resolved") for one in clocks_of(story, now)]


def explained(one: Clock, now: datetime, *, open_end: bool = False) -> Explained:
    """One clock in words; with ``open_end`` the ticket is solved and may still come back, so that outcomes are open."""
    reading = one.reading
    return Explained(
        metric=one.metric,
        cycle=one.instance.cycle,
        name=phrases.metric_name(one.metric),
        rule=_rule(one),
        steps=list(_steps(one, now)),
        elapsed=int(reading.elapsed),
        target=reading.target,
        unit=reading.unit,
        due_at=reading.due_at,
        breach_at=reading.breach_at,
        outcome=reading.outcome or "",
        cause=reading.breach_cause or "",
        conclusion=_conclusion(one, open_end=open_end),
    )


def _rule(one: Clock) -> str:
    bound = one.instance.bound
    version = AgreementVersion.objects.select_related("agreement").get(pk=bound.version)
    calendar = CalendarVersion.objects.select_related("calendar").get(pk=bound.calendar).calendar
    rule = _("%(target)s by the calendar “%(calendar)s”; agreement “%(agreement)s”, version %(version)s") % {
        "target": phrases.amount(bound.value, bound.unit),
        "calendar": calendar.name,
        "agreement": version.agreement.name,
        "version": version.number,
    }
    own = one.instance.history.own
    if own is None or own.anchor <= one.instance.history.anchor:
        return rule
    why = _("counted from the opening of the earlier request that was merged into this one")
    return f"{rule}; {why}"


def _steps(one: Clock, now: datetime) -> Iterator[Step]:
    total = 0.0
    unit = one.reading.unit
    for segment in segments(one.instance.history, now):
        total += segment.amount
        yield Step(
            kind=segment.kind,
            start=segment.start,
            end=segment.end,
            amount=segment.amount,
            sum=total,
            what=_what(one, segment),
            when=_when(segment),
            amount_words=phrases.exact(segment.amount, unit) if segment.amount or segment.kind == "counted" else "",
        )


def _what(one: Clock, segment: Segment) -> str:
    if segment.kind == "paused":
        return _("paused: %(why)s") % {"why": phrases.waiting(segment.reason)} if segment.reason else _("a day on hold")
    if segment.kind == "rebound":
        return _rebound(one, segment)
    text = {
        "counted": _("counted"),
        "closed": _("closed hours"),
        "resolved": _("solved, until the return to work"),
    }[segment.kind]
    return text + _jump(one, segment)


def _rebound(one: Clock, segment: Segment) -> str:
    bindings = sorted(one.instance.history.bindings, key=lambda each: each.at)
    effective = [each for each in bindings if each.at <= segment.start]
    now_bound = effective[-1]
    target = phrases.amount(now_bound.target, now_bound.unit)
    modes = {
        "from_start": _("a new target, %(target)s: the whole wait counts by it"),
        "from_change": _("a new target, %(target)s: counted from here on"),
        "proportional": _("a new target, %(target)s: the share already spent is kept"),
    }
    return modes[now_bound.mode] % {"target": target}


def _jump(one: Clock, segment: Segment) -> str:
    """A change of the clocks inside a stretch."""
    zone = binding.calendar_of(one.instance.bound.calendar).tz
    jumps = clock_changes(zone, segment.start - timedelta(seconds=1), segment.end)
    words = [
        _(", the clocks went forward by %(span)s") % {"span": wording.duration(shift)}
        if shift > timedelta(0)
        else _(", the clocks went back by %(span)s") % {"span": wording.duration(-shift)}
        for _at, shift in jumps
    ]
    return "".join(words)


def moment(at: datetime) -> str:
    """An instant to the second in the reader's zone; seconds only where there are any."""
    zone = timezone.get_current_timezone()
    local = at.astimezone(zone)
    day = wording.calendar_day(local.date(), clock.now().astimezone(zone).date())
    return f"{day}, {local:%H:%M:%S}" if local.second else f"{day}, {local:%H:%M}"


def _when(segment: Segment) -> str:
    if segment.kind == "rebound":
        return moment(segment.start)
    zone = timezone.get_current_timezone()
    start, end = segment.start.astimezone(zone), segment.end.astimezone(zone)
    if start.date() == end.date():
        tail = f"{end:%H:%M:%S}" if end.second else f"{end:%H:%M}"
        return f"{moment(segment.start)} – {tail}"
    return f"{moment(segment.start)} – {moment(segment.end)}"


def _conclusion(one: Clock, *, open_end: bool) -> list[str]:
    reading, history = one.reading, one.instance.history
    lines = [
        _("Together %(spent)s of %(target)s.")
        % {
            "spent": phrases.exact(reading.elapsed, reading.unit),
            "target": phrases.exact(reading.target, reading.unit),
        }
    ]
    if reading.due_at is not None and reading.state not in {"stopped", "cancelled"}:
        if reading.state == "paused":
            lines.append(_("The clock rests: the date moves on with every hour of waiting."))
        else:
            lines.append(_("Due %(time)s.") % {"time": moment(reading.due_at)})
        if is_provisional(one):
            lines.append(_("Provisional: nobody has confirmed the holidays of that year yet."))
        if reading.breach_at is not None and reading.breach_at != reading.due_at:
            lines.append(
                _("Late only after %(time)s, because it is closed until then.") % {"time": moment(reading.breach_at)}
            )
    if history.negotiated is not None:
        lines.append(
            _("Agreed with the requester: %(time)s; it is judged by that.") % {"time": moment(history.negotiated)}
        )
    if one.instance.asks_again and reading.outcome is None:
        lines.append(_("The target has changed since the date was agreed: ask the requester again."))
    if reading.breached_at is not None and not history.cancelled:
        lines.append(
            _("Broken at %(time)s: %(why)s.")
            % {"time": moment(reading.breached_at), "why": phrases.cause_name(reading.breach_cause or "")}
        )
    if one.instance.waiver:
        lines.append(_("The breach was waived: %(reason)s.") % {"reason": one.instance.waiver.rstrip(".")})
    if reading.outcome is not None:
        text = _("Outcome: %(outcome)s.")
        if open_end and one.metric == "resolution":
            text = _("Outcome: %(outcome)s; provisional until the ticket is closed.")
        lines.append(text % {"outcome": phrases.outcome_name(reading.outcome)})
    return lines


def data(one: Explained) -> dict[str, Any]:
    """An explained clock as JSON values."""
    return {
        "metric": one.metric,
        "cycle": one.cycle,
        "rule": one.rule,
        "steps": [
            {
                "kind": step.kind,
                "from": step.start.isoformat(),
                "to": step.end.isoformat(),
                "amount": step.amount,
                "what": step.what,
            }
            for step in one.steps
        ],
        "elapsed": one.elapsed,
        "target": one.target,
        "unit": one.unit,
        "due_at": one.due_at.isoformat() if one.due_at else None,
        "breach_at": one.breach_at.isoformat() if one.breach_at else None,
        "outcome": one.outcome or None,
        "breach_cause": one.cause or None,
        "conclusion": list(one.conclusion),
    }


def short(ticket: Ticket, now: datetime | None = None) -> list[str]:
    """The requester's form: pauses and moves of the solution's date, one sentence each."""
    now = (now or clock.now()).replace(microsecond=0)
    found = [one for one in of(ticket, now) if one.metric == "resolution"]
    if not found:
        return []
    told = found[-1]
    rests = [step for step in told.steps if step.kind in {"paused", "resolved"}]
    lines = [_("We count only our service hours.")]
    lines += [f"{step.when}: {step.what}." for step in rests]
    lines += [f"{step.when}: {step.what}." for step in told.steps if step.kind == "rebound"]
    return lines
