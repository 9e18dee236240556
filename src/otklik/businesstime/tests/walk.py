"""A slow oracle of open time: it asks every single minute whether it is open, and adds up; it shares no code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def _place(name: str) -> ZoneInfo:
    """The zone from the pinned database: the machine's own may be older, and then it knows other clock changes."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _stated(intervals: list[list[str]], minute: int) -> bool:
    return any(
        _minutes(start) <= minute < _minutes(end) if start < end else minute >= _minutes(start)
        for start, end in intervals
    )


def _carried(intervals: list[list[str]], minute: int) -> bool:
    return any(end <= start and minute < _minutes(end) for start, end in intervals)


def _usual(schedule: dict[str, Any], day: date, minute: int, weekday: int) -> bool:
    hours = schedule["hours"]
    for period in schedule.get("periods", ()):
        if period["from"] <= day.isoformat() <= period["to"]:
            hours = period["hours"]
            break
    before = hours.get(NAMES[(weekday - 1) % 7], [])
    return _stated(hours.get(NAMES[weekday], []), minute) or _carried(before, minute)


def _uncut(schedule: dict[str, Any], day: date, minute: int) -> bool:
    """Membership of a wall-clock minute of a date by the rules of the exceptions, before shortening and breaks."""
    key, before = day.isoformat(), (day - timedelta(days=1)).isoformat()
    tail = _carried(schedule.get("overrides", {}).get(before, []), minute)
    if key in schedule.get("overrides", {}):
        return tail or _stated(schedule["overrides"][key], minute)
    if key in schedule.get("holidays", ()):
        return False
    like = schedule.get("work_like", {}).get(key)
    return tail or _usual(schedule, day, minute, NAMES.index(like) if like else day.weekday())


def _day(schedule: dict[str, Any], day: date) -> list[bool]:
    """Membership of each of the 1,440 wall-clock minutes of a date."""
    minutes = [_uncut(schedule, day, minute) for minute in range(1440)]
    cut = schedule.get("shorten", {}).get(day.isoformat(), 0)
    for minute in reversed(range(1440)):
        if cut and minutes[minute]:
            minutes[minute], cut = False, cut - 1
    key, before = day.isoformat(), (day - timedelta(days=1)).isoformat()
    breaks = schedule.get("breaks", {})
    closed = breaks.get(key, []), breaks.get(before, [])
    return [
        is_open and not (_stated(closed[0], minute) or _carried(closed[1], minute))
        for minute, is_open in enumerate(minutes)
    ]


def open_minutes(schedule: dict[str, Any], a: datetime, b: datetime) -> list[datetime]:
    """Beginnings of all open minutes in ``[a, b)``, both on whole minutes, in UTC."""
    for word, combine in (("union", set.union), ("intersect", set.intersection)):
        if word in schedule:
            return sorted(combine(*(set(open_minutes(part, a, b)) for part in schedule[word])))
    place, days, found = _place(schedule["tz"]), dict[date, list[bool]](), []
    for step in range((b - a) // MINUTE):
        t = a.astimezone(UTC) + MINUTE * step
        wall = t.astimezone(place)
        day = wall.date()
        if day not in days:
            days[day] = _day(schedule, day)
        if days[day][wall.hour * 60 + wall.minute]:
            found.append(t)
    return found
