"""Clocks, sums and dues as plain JSON data, in and out (architecture §5): what the command line and the API speak."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from otklik.businesstime import Calendar, ScheduleError, Timetable, Unreachable, add, add_days, from_wall, last
from otklik.businesstime import elapsed as elapsed_between
from otklik.sla.history import MODES, REOPENS, UNITS, Binding, History, Pause, Unit
from otklik.sla.segments import segments
from otklik.sla.targets import Reading, readings

MAX_CLOCKS = 1_000_000  # in one file

_AMOUNT = re.compile(r"(\d+)\s*(bd|[dhms])?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}

Word = TypeVar("Word", bound=str)


class ClockFileError(ValueError):
    """Data that cannot be read as a clock; the message names the place."""


class Calendars:
    """Calendars read from schedules, one per distinct schedule, so that clocks of one calendar share its memory."""

    def __init__(self) -> None:
        self._known: dict[str, Timetable] = {}

    def read(self, schedule: Mapping[str, Any]) -> Timetable:
        """The calendar of a schedule."""
        key = json.dumps(schedule, sort_keys=True)
        if key not in self._known:
            self._known[key] = Calendar.from_schedule(schedule)
        return self._known[key]


def clock(items: Iterable[Mapping[str, Any]], *, explain: bool = False) -> list[dict[str, Any]]:
    """Readings of clocks given as data, each ``{"elapsed", "due_at", "breach_at", "outcome", "breach_cause"}``.

    Without ``now`` a clock is read at the latest instant that it names. With ``explain`` the state, the instant of the
    breach, the instances and the segments are added. Raises ClockFileError naming the number of the clock.
    """
    calendars = Calendars()
    answers = []
    for number, item in enumerate(items):
        try:
            history, now = history_of(item, calendars)
            answers.append(answer(history, now, explain=explain))
        except (ClockFileError, ScheduleError) as error:
            raise ClockFileError(f"[{number}]: {error}") from error
    return answers


def answer(history: History, now: datetime, *, explain: bool) -> dict[str, Any]:
    """The reading of one history as data."""
    all_readings = readings(history, now)
    plain = _plain(all_readings[-1])
    if explain:
        plain |= _more(all_readings[-1])
        plain["segments"] = [
            {
                "kind": segment.kind,
                "from": segment.start.isoformat(),
                "to": segment.end.isoformat(),
                "amount": segment.amount,
                "reason": segment.reason,
                "binding": segment.binding,
            }
            for segment in segments(history, now)
        ]
        if len(all_readings) > 1:
            plain["instances"] = [_plain(reading) | _more(reading) for reading in all_readings]
    return plain


def _plain(reading: Reading) -> dict[str, Any]:
    return {
        "elapsed": reading.elapsed,
        "due_at": _text(reading.due_at),
        "breach_at": _text(reading.breach_at),
        "outcome": reading.outcome,
        "breach_cause": reading.breach_cause,
    }


def _more(reading: Reading) -> dict[str, Any]:
    return {
        "state": reading.state,
        "target": reading.target,
        "unit": reading.unit,
        "remaining": reading.remaining,
        "breached_at": _text(reading.breached_at),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def history_of(item: Mapping[str, Any], calendars: Calendars) -> tuple[History, datetime]:
    """A history and the instant to read it at, from data in the form of architecture §5."""
    if not isinstance(item, Mapping):
        raise ClockFileError("a clock is an object")
    if not isinstance(item.get("bindings"), Sequence) or not item["bindings"]:
        raise ClockFileError("bindings: at least one")
    anchor = _instant(item, "anchor")
    bindings = tuple(_binding(binding, anchor, calendars) for binding in item["bindings"])
    pauses = tuple(_pause(stated) for stated in item.get("pauses") or ())
    stop = _instant(item, "stop") if item.get("stop") else None
    resolved: list[tuple[datetime, datetime]] = []
    for since, until in item.get("resolved") or ():
        if until is None:  # still resolved: that is the stop
            stop = stop or _moment(since, "resolved")
        else:
            resolved.append((_moment(since, "resolved"), _moment(until, "resolved")))
    history = History(
        anchor=anchor,
        bindings=bindings,
        stop=stop,
        pauses=pauses,
        resolved=tuple(sorted(resolved)),
        reopen=_one_of(item.get("reopen") or "continue", REOPENS, "reopen"),
        keep_breach=bool(item.get("keep_breach", True)),
    )
    return history, _instant(item, "now") if item.get("now") else _latest(history)


def _latest(history: History) -> datetime:
    named = [history.anchor, *(binding.at for binding in history.bindings)]
    named += [at for pause in history.pauses for at in (pause.since, pause.until) if at]
    named += [at for pair in history.resolved for at in pair]
    return max([*named, *([history.stop] if history.stop else [])])


def _binding(stated: Mapping[str, Any], anchor: datetime, calendars: Calendars) -> Binding:
    target, unit = stated.get("target"), _one_of(stated.get("unit") or "seconds", UNITS, "unit")
    if not isinstance(target, int) or isinstance(target, bool) or target < 1:
        raise ClockFileError(f"target: a whole number from 1, not {target!r}")
    return Binding(
        at=_moment(stated["at"], "at") if stated.get("at") else anchor,
        target=target,
        calendar=calendars.read(stated.get("calendar") or {}),
        unit=unit,
        mode=_one_of(stated.get("mode") or "from_start", MODES, "mode"),
    )


def _pause(stated: Sequence[Any]) -> Pause:
    if not isinstance(stated, Sequence) or not 2 <= len(stated) <= 3:
        raise ClockFileError(f"pauses: [from, to] or [from, null], not {stated!r}")
    until = _moment(stated[1], "pauses") if stated[1] else None
    return Pause(_moment(stated[0], "pauses"), until, str(stated[2]) if len(stated) == 3 else "")


def _instant(item: Mapping[str, Any], name: str) -> datetime:
    return _moment(item.get(name), name)


def _moment(text: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ClockFileError(f"{name}: not an instant: {text!r}") from error
    if moment.tzinfo is None:
        raise ClockFileError(f"{name}: an instant needs a zone: {text!r}")
    return moment


def _one_of(word: Any, known: Sequence[Word], name: str) -> Word:
    for each in known:
        if word == each:
            return each
    raise ClockFileError(f"{name}: one of {', '.join(known)}, not {word!r}")


def amount(text: str) -> tuple[int, Unit]:
    """A target written as ``4h``, ``90m``, ``1h30m``, ``3bd`` or plain seconds; raises ClockFileError."""
    parts = _AMOUNT.findall(text.strip())
    if not parts or _AMOUNT.sub("", text).strip():
        raise ClockFileError(f"not an amount of time: {text!r}")
    if any(unit == "bd" for _, unit in parts):
        if len(parts) > 1:
            raise ClockFileError("working days are never added to hours")
        return int(parts[0][0]), "bd"
    if any(unit == "d" for _, unit in parts):
        raise ClockFileError("a day is neither 24 hours nor a working day: write hours, or bd")
    return sum(int(number) * _SECONDS[unit or None] for number, unit in parts), "seconds"


def moment_in(calendar: Timetable, text: str) -> datetime:
    """An instant from ISO text; without an offset it is local time of the calendar's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ClockFileError(f"not an instant: {text!r}") from error
    return moment if moment.tzinfo else from_wall(calendar.tz, moment, strict=True)


def due(calendar: Timetable, start: str, target: str) -> dict[str, Any]:
    """Due and breach instants of a target from a start: ``{"due_at", "breach_at"}``; None past 400 days."""
    begun, (number, unit) = moment_in(calendar, start), amount(target)
    try:
        if unit == "bd":
            closing = add_days(calendar, begun, number)
            return {"due_at": closing.isoformat(), "breach_at": closing.isoformat()}
        return {
            "due_at": add(calendar, begun, number).isoformat(),
            "breach_at": last(calendar, begun, number).isoformat(),
        }
    except Unreachable:
        return {"due_at": None, "breach_at": None}


def elapsed(calendar: Timetable, start: str, end: str) -> dict[str, Any]:
    """Open seconds between two instants: ``{"elapsed"}``; negative when reversed."""
    return {"elapsed": elapsed_between(calendar, moment_in(calendar, start), moment_in(calendar, end))}
