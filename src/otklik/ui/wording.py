"""Times, durations and numbers in the reader's language: pure functions, ``now`` and zone are always given.

The rules are DESIGN.md §6: 24-hour clock, deadlines absolute, past events relative up to an hour, no-break spaces in
Russian numbers, U+2212 before an overdue clock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

NBSP = "\u00a0"
MINUS = "\u2212"
AVATARS = ("a", "b2", "c", "d", "e", "f")
HOUR = 3600
STEP = 1024  # bytes in a kilobyte, as file managers count


def locale() -> Locale:
    """Babel's locale of the active language; day before month and a 24-hour clock in English too."""
    language = (get_language() or "en").split("-")[0]
    return Locale.parse("en_GB" if language == "en" else language)


def hours(at: datetime, zone: tzinfo) -> str:
    """Time of day, "09:14"."""
    return at.astimezone(zone).strftime("%H:%M")


def day(at: datetime | date, now: datetime, zone: tzinfo) -> str:
    """A date: "today", "yesterday", "tomorrow", "18 November", with the year when it is another."""
    there = at.astimezone(zone).date() if isinstance(at, datetime) else at
    here = now.astimezone(zone).date()
    match (there - here).days:
        case 0:
            return _("today")
        case -1:
            return _("yesterday")
        case 1:
            return _("tomorrow")
    return calendar_day(there, here)


def calendar_day(there: date, here: date) -> str:
    """A date in words without "today": "18 November", or "18 November 2024" in another year than ``here``."""
    if there.year == here.year:
        return format_date(there, "d MMMM", locale=locale()).replace(" ", NBSP)
    return _("%(day)s %(year)s") % {
        "day": format_date(there, "d MMMM", locale=locale()).replace(" ", NBSP),
        "year": there.year,
    }


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """When something happened or will: "today at 09:14", "yesterday at 16:20", "18 November at 10:02"."""
    return _("%(day)s at %(time)s") % {"day": day(at, now, zone), "time": hours(at, zone)}


def short_moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The same for narrow places: "09:14" today, "18 November" on other days."""
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return hours(at, zone)
    return day(at, now, zone)


def full_moment(at: datetime, zone: tzinfo) -> str:
    """Everything, for titles and exports: "18 November 2025 09:14:05"."""
    there = at.astimezone(zone)
    return f"{format_date(there, 'd MMMM y', locale=locale())} {there:%H:%M:%S}"


def deadline(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A promise as a clock time, to stand after "by": "16:36", "tomorrow, 12:16", "24 November, 12:16"."""
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return hours(at, zone)
    return _("%(day)s, %(time)s") % {"day": day(at, now, zone), "time": hours(at, zone)}


def ago(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A past event: "just now", "9 minutes ago" within an hour, the moment itself before that."""
    passed = (now - at).total_seconds()
    if not -60 < passed < HOUR:
        return moment(at, now, zone)
    minutes = int(passed // 60)
    if minutes < 1:
        return _("just now")
    return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}


def duration(span: timedelta | float) -> str:
    """A length of time, seconds or a timedelta: "3 h 20 min", "45 min", "less than a minute"."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    whole_hours, minutes = divmod(int(abs(seconds) // 60), 60)
    if not whole_hours and not minutes:
        return _("less than a minute")
    parts = []
    if whole_hours:
        parts.append(_("%(number)s h") % {"number": number(whole_hours)})
    if minutes:
        parts.append(_("%(number)s min") % {"number": minutes})
    return " ".join(part.replace(" ", NBSP) for part in parts)


def clock_left(seconds: float) -> str:
    """Time left on a clock, "4:54" hours and minutes; overdue "−0:24", counted from the first second past."""
    late = seconds < 0
    minutes = int(-seconds // 60) + (-seconds % 60 > 0) if late else int(seconds // 60)
    return f"{MINUS if late else ''}{minutes // 60}:{minutes % 60:02d}"


def number(value: int | float | Decimal, digits: int | None = None) -> str:
    """A number with the language's separators: "1 240,5" or "1,240.5"; ``digits`` fixes the decimals."""
    pattern = "#,##0" if digits == 0 else f"#,##0.{'0' * digits}" if digits else None
    return format_decimal(value, format=pattern, locale=locale()).replace("\u202f", NBSP).replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """A share of one as per cent: "93,1 %" or "93.1%"."""
    pattern = locale().percent_formats[None].pattern.split(";")[0]
    fraction = f".{'0' * digits}" if digits else ""
    pattern = pattern.replace("#,##0", f"#,##0{fraction}")
    return format_percent(share, format=pattern, locale=locale()).replace("-", MINUS)


def filesize(count: int) -> str:
    """Bytes in the unit a person would say: "640 KB", "1.2 MB"; one decimal below ten."""
    units = [pgettext("bytes", "B"), pgettext("bytes", "KB"), pgettext("bytes", "MB"), pgettext("bytes", "GB")]
    size, unit = float(count), 0
    while size >= STEP and unit < len(units) - 1:
        size, unit = size / STEP, unit + 1
    short = unit and size < 10 and round(size, 1) != int(size)
    return f"{number(round(size, 1), 1) if short else number(round(size))}{NBSP}{units[unit]}"


def initials(name: str) -> str:
    """At most two capital letters for an avatar; "?" when the name has no letter."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def avatar_class(identity: int | None) -> str:
    """Tint of a person's avatar, by id; never a state."""
    return AVATARS[(identity or 0) % len(AVATARS)]
