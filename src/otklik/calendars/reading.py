"""Production calendars and holiday lists of other people, read as facts: xmlcalendar XML and iCalendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from django.utils.translation import gettext as _
from icalendar import Calendar as ICalendar  # type: ignore[import-untyped]  # it ships no types

from otklik.calendars.holidayfacts import SHORTER_BY, DayOff, HolidayFacts, like_of

MAX_FILE = 2 * 1024 * 1024
MAX_DAYS = 366

_OFF, _SHORT, _WORKING = "1", "2", "3"
_SATURDAY = 5


class UnreadableCalendar(ValueError):
    """A file that is not what it says; the message is for the person who chose it."""


def xmlcalendar(content: bytes, *, country: str = "", region: str = "") -> HolidayFacts:
    """Facts of a production calendar in the form of xmlcalendar (``t``: 1 off, 2 shortened, 3 working weekend).

    A shortened weekend date is a working one. The country is the file's own unless given. Raises UnreadableCalendar.
    """
    root = _xml(content)
    try:
        year = int(root.get("year", ""))
        names = {item.get("id", ""): item.get("title", "") for item in root.iter("holiday")}
        days = [(_date_in(year, item.get("d", "")), item) for item in root.iter("day")]
        off = {day: _off(year, item, names) for day, item in days if item.get("t") == _OFF}
        shortened = {day: SHORTER_BY for day, item in days if item.get("t") == _SHORT}
        strangers = {item.get("t") for _day, item in days} - {_OFF, _SHORT, _WORKING}
        if root.tag != "calendar" or not days or len(days) > MAX_DAYS or strangers:
            raise ValueError(root.tag)
        moved = {why.moved_from: day for day, why in off.items() if why.moved_from}
        at_weekend = {day for day, item in days if item.get("t") == _SHORT and day.weekday() >= _SATURDAY}
        worked = {day for day, item in days if item.get("t") == _WORKING} | at_weekend
        place = country or (root.get("country") or root.get("lang") or "").upper()
        return HolidayFacts(place, year, region, off, {day: like_of(day, moved) for day in worked}, shortened)
    except ValueError as error:
        raise UnreadableCalendar(_("This is not a production calendar in the xmlcalendar form.")) from error


def _xml(content: bytes) -> ElementTree.Element:
    # Without a document type there are no entities, so nothing in the file can grow or reach outside.
    if len(content) > MAX_FILE or b"<!" in content.replace(b"<!--", b""):
        raise UnreadableCalendar(_("The file is too big, or declares a document type."))
    try:
        return ElementTree.fromstring(content)  # noqa: S314  # no document type, see above
    except ElementTree.ParseError as error:
        raise UnreadableCalendar(_("The file is not well-formed XML.")) from error


def _date_in(year: int, text: str) -> date:
    month, _dot, day = text.partition(".")
    return date(year, int(month), int(day))


def _off(year: int, item: ElementTree.Element, names: dict[str, str]) -> DayOff:
    moved = item.get("f")
    return DayOff(names.get(item.get("h", ""), ""), _date_in(year, moved) if moved else None)


def icalendar(content: bytes, *, country: str, year: int, region: str = "") -> HolidayFacts:
    """Days off of one year from an iCalendar file: each event's local dates, never shifted by a zone.

    Only yearly repetition is understood. Public feeds often hold observances that are working days, therefore the
    facts wait for a person's confirmation. Raises UnreadableCalendar.
    """
    if len(content) > MAX_FILE:
        raise UnreadableCalendar(_("The file is too big."))
    try:
        feed = ICalendar.from_ical(content)
        off = {
            day: DayOff(str(event.get("summary", "")))
            for event in feed.walk("VEVENT")
            for day in _dates_of(event, year)
        }
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UnreadableCalendar(_("This is not an iCalendar file with days off.")) from error
    if not off:
        raise UnreadableCalendar(_("The file has no day off in %(year)s.") % {"year": year})
    return HolidayFacts(country, year, region, off)


def _dates_of(event: Any, year: int) -> Iterator[date]:
    """Local dates of an event that lie in a year; the end is not included."""
    start, end = event["dtstart"].dt, event["dtend"].dt if "dtend" in event else None
    first = _local(start)
    last = _local(end) if end else first + timedelta(days=1)
    if isinstance(end, datetime) and end.time() != datetime.min.time():
        last += timedelta(days=1)
    length = max((last - first).days, 1)
    if rule := event.get("rrule"):
        if [str(part).upper() for part in rule.get("freq", [])] != ["YEARLY"] or set(rule) - {"FREQ", "UNTIL", "COUNT"}:
            raise ValueError("only plain yearly repetition")
        if first.year < year:
            first = first.replace(year=year)
    for number in range(min(length, MAX_DAYS)):
        if (day := first + timedelta(days=number)).year == year:
            yield day


def _local(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
