"""What a country says about the days of one year: days off, working weekends, shortened days; pure values and rules."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self

from otklik.businesstime import Exceptions
from otklik.businesstime.hours import WEEKDAYS

SHORTER_BY = 60  # minutes (domain §4.1, D)

_MOVED_FROM = re.compile(r"перенесено с (\d\d)\.(\d\d)\.(\d{4})")
_OBSERVED = " (выходной)"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayOff:
    """Why a date is off: the holiday's name, or the date from which the day off was moved."""

    name: str
    moved_from: date | None = None


@dataclass(frozen=True, slots=True)
class HolidayFacts:
    """One year of one country or region.

    Args:
        off: public holidays and moved days off.
        working: weekend dates that are worked, and the weekday (Monday = 0) whose hours they have.
        shortened: dates that end earlier, and by how many minutes.
    """

    country: str
    year: int
    region: str = ""
    off: Mapping[date, DayOff] = field(default_factory=dict)
    working: Mapping[date, int] = field(default_factory=dict)
    shortened: Mapping[date, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for day in (*self.off, *self.working, *self.shortened):
            if day.year != self.year:
                raise ValueError(f"{day} is not of {self.year}")

    def exceptions(self) -> Exceptions:
        """These facts as exceptions of a calendar."""
        return Exceptions(holidays=frozenset(self.off), work_like=dict(self.working), shorten=dict(self.shortened))

    def data(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "off": {
                day.isoformat(): [why.name, why.moved_from.isoformat() if why.moved_from else ""]
                for day, why in sorted(self.off.items())
            },
            "working": {day.isoformat(): WEEKDAYS[like] for day, like in sorted(self.working.items())},
            "shortened": {day.isoformat(): cut for day, cut in sorted(self.shortened.items())},
        }

    def checksum(self) -> str:
        """SHA-256 of the facts themselves, whatever file they came in."""
        text = json.dumps([self.country, self.region, self.year, self.data()], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def from_data(cls, country: str, region: str, year: int, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`data`."""
        return cls(
            country,
            year,
            region,
            off={
                date.fromisoformat(day): DayOff(name, date.fromisoformat(moved) if moved else None)
                for day, (name, moved) in data["off"].items()
            },
            working={date.fromisoformat(day): WEEKDAYS.index(like) for day, like in data["working"].items()},
            shortened={date.fromisoformat(day): cut for day, cut in data["shortened"].items()},
        )


def together(facts: Iterable[HolidayFacts]) -> Exceptions:
    """Exceptions of several years; a later one beats an earlier one on the same date."""
    merged = Exceptions()
    for each in facts:
        merged = each.exceptions().over(merged)
    return merged


def computed(country: str, year: int, region: str = "") -> HolidayFacts:
    """Facts from the ``holidays`` library: names in the country's own language, no shortened days except Russia's.

    Raises NotImplementedError for a country or region that the library does not know.
    """
    import holidays  # with its hundred countries only where a year is computed

    # Unasked, the library speaks the language of the process's environment: the facts would differ by machine.
    spoken = holidays.country_holidays(country, subdiv=region or None).default_language
    known = holidays.country_holidays(country, subdiv=region or None, years=[year], language=spoken)
    if country == "RU":
        return _russia(year, dict(known), frozenset(getattr(known, "weekend_workdays", ())))
    return HolidayFacts(country, year, region, {day: DayOff(name) for day, name in known.items() if day.year == year})


def _russia(year: int, known: Mapping[date, str], weekend_workdays: frozenset[date]) -> HolidayFacts:
    """Days off of the library, and the shortened days by the rule of domain §4.1, to be confirmed by a person."""
    off = {day: _day_off(day, name, known) for day, name in known.items() if day.year == year}
    feasts = {day for day, why in off.items() if why.moved_from is None} | {date(year + 1, 1, 1)}
    partners = {why.moved_from: day for day, why in off.items() if why.moved_from}
    working = {
        day: partners[day].weekday() if day in partners else _usual_partner(day)
        for day in weekend_workdays
        if day.year == year
    }

    def eve(day: date) -> bool:
        return day + timedelta(days=1) in feasts

    eves = {feast - timedelta(days=1) for feast in feasts}
    short = {day for day in eves if day.year == year and day not in off and day.weekday() < _SATURDAY}
    short |= {day for day in working if eve(day) or (day in partners and eve(partners[day]))}
    return HolidayFacts("RU", year, "", off, working, dict.fromkeys(short, SHORTER_BY))


def _day_off(day: date, name: str, known: Mapping[date, str]) -> DayOff:
    if moved := _MOVED_FROM.search(name):
        return DayOff(name.split(" (")[0], date(int(moved[3]), int(moved[2]), int(moved[1])))
    if name.endswith(_OBSERVED):
        feast = name.removesuffix(_OBSERVED)
        return DayOff(feast, max(other for other, title in known.items() if title == feast and other < day))
    return DayOff(name)


def _usual_partner(day: date) -> int:
    """The weekday that a weekend date works like where nobody says: Friday for Saturday, Monday for Sunday."""
    return 4 if day.weekday() == _SATURDAY else 0


def like_of(day: date, moved: Mapping[date, date]) -> int:
    """Weekday whose hours a working weekend date has: that of the date it was swapped with, where it is known."""
    return moved[day].weekday() if day in moved else _usual_partner(day)
