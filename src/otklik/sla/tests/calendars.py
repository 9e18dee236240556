"""The six calendars of the worked examples of domain.md §4.9, and short ways to write their instants."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from otklik.businesstime import Calendar, Timetable

HOUR, MINUTE = 3600, 60
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
DAYS = (*WORKDAYS, "sat", "sun")

# The Russian production calendar of 2025–2027 as far as the examples touch it.
DAYS_OFF = [
    "2025-11-03", "2025-11-04", "2025-12-31", "2026-11-04", "2026-12-31",
    *(f"2026-01-{day:02d}" for day in range(1, 12)), *(f"2027-01-{day:02d}" for day in range(1, 11)),
    "2027-02-22", "2027-02-23",
]  # fmt: skip
LIKE = {"2025-11-01": "fri", "2027-02-20": "mon"}
SHORTENED = dict.fromkeys(("2025-11-01", "2026-11-03", "2027-02-20", "2027-04-30"), 60)
EIGHT = [["09:00", "13:00"], ["14:00", "18:00"]]


def production(tz: str) -> Timetable:
    return Calendar.from_schedule(
        {
            "tz": tz,
            "hours": dict.fromkeys(WORKDAYS, EIGHT),
            "holidays": DAYS_OFF,
            "work_like": LIKE,
            "shorten": SHORTENED,
        }
    )


def weekdays(tz: str, start: str, end: str, off: str) -> Timetable:
    return Calendar.from_schedule({"tz": tz, "hours": {day: [[start, end]] for day in WORKDAYS}, "holidays": [off]})


RU8, VVO8 = production("Europe/Moscow"), production("Asia/Vladivostok")
DE8 = weekdays("Europe/Berlin", "09:00", "17:00", "2026-12-25")
NY12 = weekdays("America/New_York", "08:00", "20:00", "2026-11-26")
NIGHT = Calendar.from_schedule({"tz": "Europe/Berlin", "hours": {day: [["22:00", "06:00"]] for day in DAYS}})
ALWAYS, ALWAYS_BERLIN = Calendar.always("Europe/Moscow"), Calendar.always("Europe/Berlin")


def msk(text: str) -> datetime:
    """Moscow time: ``24.11 10:00`` is of 2026, ``31.10.2025 17:00`` of the year stated."""
    return at("Europe/Moscow", text)


def berlin(text: str) -> datetime:
    return at("Europe/Berlin", text)


def at(tz: str, text: str) -> datetime:
    day, clock = text.split()
    parts = [int(part) for part in day.split(".")]
    hour, minute, *second = [int(part) for part in clock.split(":")]
    year = parts[2] if len(parts) == 3 else 2026
    return datetime(year, parts[1], parts[0], hour, minute, *second, tzinfo=ZoneInfo(tz)).astimezone(UTC)
