"""Promises, clocks and hours in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from otklik.businesstime import Calendar, Timetable, from_wall, spans
from otklik.businesstime.hours import MIDNIGHT
from otklik.ui import wording

WEEK = 7
DAY_SECONDS = 86_400


def metric_name(metric: str) -> str:
    """A clock's name for staff."""
    return {
        "first_response": _("First response"),
        "next_response": _("Next response"),
        "periodic_update": _("Regular update"),
        "resolution": _("Solution"),
        "ack": _("Take-up by the team"),
        "hold": _("Time with the team"),
        "update": _("Promised word"),
    }[metric]


def amount(value: float, unit: str) -> str:
    """Seconds as hours and minutes, working days as days; never one as the other."""
    if unit == "bd":
        days = abs(int(value))
        return ngettext("%(count)s working day", "%(count)s working days", days) % {"count": days}
    return wording.duration(abs(value))


def exact(value: float, unit: str) -> str:
    """An amount to the second, for sums that must be seen to add up: "4 h 00 min 05 s"; a minus where negative."""
    if unit == "bd":
        return ("\u2212" if value < 0 else "") + amount(value, unit)
    whole = abs(int(value))
    text = _("%(hours)s h %(minutes)s min %(seconds)s s") % {
        "hours": whole // 3600,
        "minutes": f"{whole // 60 % 60:02d}",
        "seconds": f"{whole % 60:02d}",
    }
    return ("\u2212" if value < 0 else "") + text.replace(" ", wording.NBSP)


def waiting(reason: str) -> str:
    """What the ticket waited for, to stand after "paused:"."""
    return {
        "requester": _("we waited for the requester"),
        "third_party": _("we waited for the supplier"),
        "change": _("we waited for a planned change"),
        "parent": _("we waited for a common solution"),
        "scheduled_requester": _("put off at the requester's wish"),
        "scheduled_provider": _("put off by us"),
        "approval_customer": _("we waited for the customer's approval"),
        "approval_provider": _("we waited for our own approval"),
        "cancelled": _("the request was cancelled"),
        "other_team": _("another team had it"),
        "dependency": _("the supplier was late"),
    }.get(reason, _("the clock rested"))


def outcome_name(outcome: str) -> str:
    """What became of a clock."""
    return {
        "": _("not decided yet"),
        "met": _("kept"),
        "breached": _("broken"),
        "waived": _("waived"),
        "cancelled": _("cancelled"),
        "not_applicable": _("does not apply"),
    }[outcome]


def cause_name(cause: str) -> str:
    """Why a clock is broken."""
    return {
        "": "",
        "work": _("the work took longer"),
        "reclassified": _("a shorter target came when more time had already passed"),
        "merge": _("only by the merge with an older request"),
        "dependency": _("only by the supplier's delay"),
    }[cause]


def done_in(metric: str, span: str) -> str:
    """A kept promise: "answered in 9 min"."""
    if metric == "resolution":
        return _("solved in %(span)s") % {"span": span}
    if metric == "ack":
        return _("taken up in %(span)s") % {"span": span}
    return _("answered in %(span)s") % {"span": span}


def late_by(metric: str, span: str) -> str:
    """A promise kept too late."""
    if metric == "resolution":
        return _("solved %(span)s late") % {"span": span}
    if metric == "ack":
        return _("taken up %(span)s late") % {"span": span}
    return _("answered %(span)s late") % {"span": span}


# -- service hours ---------------------------------------------------------------------------------------------------
def service_hours(calendar: Timetable, now: datetime, zone: tzinfo) -> str:
    """Usual hours of a calendar in the reader's zone: "on weekdays from 08:00 to 20:00", "around the clock"."""
    week = _usual_week(calendar, now, zone)
    if all(hours == "00:00–24:00" for hours in week):
        return _("around the clock")
    groups = [
        (hours, [day for day, _hours in days]) for hours, days in groupby(enumerate(week), key=lambda one: one[1])
    ]
    parts = [_named(days, hours) for hours, days in groups if hours]
    return ", ".join(parts)


def _named(days: list[int], hours: str) -> str:
    if days == [0, 1, 2, 3, 4]:
        return _("on weekdays %(hours)s") % {"hours": hours}
    if len(days) == WEEK:
        return _("every day %(hours)s") % {"hours": hours}
    names = weekday_names()
    label = names[days[0]] if len(days) == 1 else f"{names[days[0]]}–{names[days[-1]]}"
    return f"{label} {hours}"


def weekday_names() -> list[str]:
    """Short names, Monday first."""
    return [
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    ]


def _usual_week(calendar: Timetable, now: datetime, zone: tzinfo) -> list[str]:
    """For each weekday of the reader the hours from the first opening to the last closing, breaks left out."""
    found: list[list[tuple[str, str]]] = [[] for _day in range(WEEK)]
    for opening, closing in _week_spans(calendar, now):
        start, end = opening.astimezone(zone), closing.astimezone(zone)
        while start < end:
            midnight = (start + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            stop = min(end, midnight)
            found[start.weekday()].append((f"{start:%H:%M}", "24:00" if stop == midnight else f"{stop:%H:%M}"))
            start = stop
    return [f"{min(day)[0]}–{max(end for _start, end in day)}" if day else "" for day in found]


def _week_spans(calendar: Timetable, now: datetime) -> Iterable[tuple[datetime, datetime]]:
    """One week as it usually is: no holidays, but the hours of the season."""
    if not isinstance(calendar, Calendar):
        yield from spans(calendar, now, now + timedelta(days=WEEK))
        return
    today = now.astimezone(from_zone(calendar)).date()
    for number in range(WEEK):
        day = today + timedelta(days=number)
        for start, end in calendar.usual(day):
            yield _wall(calendar, day, start), _wall(calendar, day, end)


def _wall(calendar: Calendar, day: object, seconds: int) -> datetime:
    naive = datetime.fromisoformat(f"{day}T00:00:00") + timedelta(seconds=min(seconds, MIDNIGHT))
    return from_wall(calendar.tz, naive, strict=False)


def from_zone(calendar: Timetable) -> tzinfo:
    """The zone of a calendar."""
    from otklik.businesstime.zone import zone

    return zone(calendar.tz)
