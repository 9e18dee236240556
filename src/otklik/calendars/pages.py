"""Settings pages of calendars (screen 16a): the year, what differs, "if reported now", a new version, holiday files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any

from babel.dates import get_month_names
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from otklik import clock
from otklik.businesstime import ScheduleError, Unreachable, add, is_open, local_date
from otklik.calendars import reading, shelf, yearpage
from otklik.calendars.forms import DateForm, HolidaysForm, WeekForm
from otklik.calendars.models import CalendarVersion, HolidaySet
from otklik.calendars.publishing import NeverOpens, TouchesThePast, confirm, keep, publish
from otklik.ui import wording
from otklik.ui.sidebar import add_page, frame

ACT = "settings.calendars"
CHECKED_HOURS = 8  # the target of "if reported now"
CLASSES = {
    "working": "o",
    "closed": "e",
    "holiday": "hol",
    "moved_off": "mov",
    "moved_work": "own",
    "shortened": "sht",
    "own": "own",
}
Page = Callable[..., HttpResponse]


def _needs(page: Page) -> Page:
    """Only for people who may settle calendars; to others there is no such page."""

    @wraps(page)
    def opened(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        if not request.may(ACT):  # type: ignore[attr-defined]  # set by the middleware
            raise Http404
        return page(request, *args, **keywords)

    opened.act = ACT  # type: ignore[attr-defined]  # read by the test that walks every address
    return opened


@_needs
@require_GET
def calendars(request: HttpRequest) -> HttpResponse:
    """All calendars in use, the holiday sets, and a form for a file of holidays."""
    return _list(request, HolidaysForm())


def _list(request: HttpRequest, form: HolidaysForm, status: int = 200) -> HttpResponse:
    waiting = shelf.years_to_confirm()
    context = frame(request) | {
        "rows": shelf.all_current(),
        "sets": HolidaySet.objects.order_by("country", "region", "-year", "-number"),
        "form": form,
        "waiting": sorted(Counter(year for _version, year in waiting).items()),
        "provisional": {version.pk for version, _year in waiting},
    }
    return render(request, "calendars/list.html", context, status=status, using="jinja2")


@_needs
@require_GET
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """One calendar as a year."""
    return _year(request, _current(code))


def _current(code: str) -> CalendarVersion:
    try:
        return shelf.current(code)
    except shelf.NoSuchCalendar as error:
        raise Http404 from error


def _year(
    request: HttpRequest,
    version: CalendarVersion,
    *,
    week: WeekForm | None = None,
    day: DateForm | None = None,
    status: int = 200,
) -> HttpResponse:
    hours = shelf.calendar_at(version)
    today = local_date(hours, clock.now())
    asked = request.GET.get("year", "")
    number = int(asked) if asked.isdecimal() and 2000 <= int(asked) <= 2100 else today.year
    context: dict[str, Any] = frame(request) | {
        "version": version,
        "year_number": number,
        "years": [today.year - 1, today.year, today.year + 1],
        "checks": _checks(version),
        "is_open": is_open(hours, clock.now()),
        "parts": CalendarVersion.objects.filter(pk__in=version.parts).select_related("calendar"),
        "versions": version.calendar.versions.order_by("-number"),
        "week": week or WeekForm(weekly=version.weekly),
        "day": day or DateForm(),
        "today": today,
    }
    if not version.combine:
        shown = yearpage.year_of(version, number)
        context |= {
            "shown": shown,
            "months": [_month(shown, month) for month in range(1, 13)],
            "weekdays": weekdays(),
            "months_named": list(get_month_names("wide", "stand-alone", wording.locale()).values()),
            "differing": [one for one in shown.days if one.differs],
            "classes": CLASSES,
            "kind_names": kind_names(),
        }
    return render(request, "calendars/year.html", context, status=status, using="jinja2")


def weekdays() -> list[str]:
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


def kind_names() -> dict[str, str]:
    """What a day is, in words."""
    return {
        "working": _("working"),
        "closed": _("closed"),
        "holiday": _("holiday"),
        "moved_off": _("moved day off"),
        "moved_work": _("moved working day"),
        "shortened": _("shortened"),
        "own": _("own exception"),
    }


def _month(shown: yearpage.Year, month: int) -> tuple[date, int, list[yearpage.Day]]:
    """First date, empty cells before it, and the days."""
    days = [one for one in shown.days if one.on.month == month]
    return days[0].on, days[0].on.weekday(), days


def _checks(version: CalendarVersion) -> list[tuple[datetime, datetime | None, bool]]:
    """When 8 working hours are over, reported now and on two more dates, and whether that is provisional."""
    hours, now = shelf.calendar_at(version), clock.now().replace(second=0, microsecond=0)
    found: list[tuple[datetime, datetime | None, bool]] = []
    eve = now.replace(month=12, day=30)
    for at in (
        now,
        now + timedelta(days=(4 - now.weekday()) % 7 or 7),
        eve if eve > now else eve.replace(year=eve.year + 1),
    ):
        try:
            due = add(hours, at, CHECKED_HOURS * 3600)
            found.append((at, due, shelf.is_provisional(version, due)))
        except Unreachable:
            found.append((at, None, False))
    return found


# -- changes ---------------------------------------------------------------------------------------------------------
@_needs
@require_POST
def week(request: HttpRequest, code: str) -> HttpResponse:
    """Other hours of the week, from tomorrow on."""
    version = _current(code)
    form = WeekForm(request.POST, weekly=version.weekly)
    if form.is_valid() and _publish(request, version, {"weekly": form.weekly()}, form):
        return _back(version)
    return _year(request, version, week=form, status=422)


@_needs
@require_POST
def exception(request: HttpRequest, code: str) -> HttpResponse:
    """One date that differs; a second word on the same date takes the place of the first."""
    version = _current(code)
    form = DateForm(request.POST)
    if form.is_valid():
        row = form.row()
        rows = [one for one in version.exceptions if one["date"] != row["date"]]
        changes = {"exceptions": sorted([*rows, row], key=lambda one: one["date"])}
        if _publish(request, version, changes, form):
            return _back(version)
    return _year(request, version, day=form, status=422)


def _publish(request: HttpRequest, version: CalendarVersion, changes: dict[str, Any], form: Any) -> bool:
    reason = form.cleaned_data["reason"].strip()
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    try:
        made = publish(version.calendar, changes, actor=actor, reason=reason, corrective=bool(reason))
    except (TouchesThePast, NeverOpens) as refusal:
        form.add_error("reason" if isinstance(refusal, TouchesThePast) else None, str(refusal))
        return False
    except ScheduleError:
        form.add_error(None, _("These hours overlap, or are no hours of a day."))
        return False
    messages.success(request, _("Version %(number)s is published.") % {"number": made.number})
    return True


def _back(version: CalendarVersion) -> HttpResponse:
    return HttpResponseRedirect(reverse("calendars:calendar", args=[version.calendar.code]), status=303)


@_needs
@require_POST
def holidays(request: HttpRequest) -> HttpResponse:
    """Read a file of holidays; a person confirms it before any calendar observes it."""
    form = HolidaysForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, 422)
    file = form.cleaned_data["file"]
    content = file.read()
    country, year = form.cleaned_data["country"], form.cleaned_data["year"]
    try:
        if content.lstrip()[:15].upper().startswith(b"BEGIN:VCALENDAR"):
            facts = reading.icalendar(content, country=country, year=year)
        else:
            facts = reading.xmlcalendar(content, country=country)
    except reading.UnreadableCalendar as refusal:
        form.add_error("file", str(refusal))
        return _list(request, form, 422)
    kept = keep(facts, source=file.name[:300], actor=request.actor, content=content)  # type: ignore[attr-defined]  # middleware
    messages.success(request, _("%(set)s is read; confirm it below.") % {"set": kept})
    return HttpResponseRedirect(reverse("calendars:calendars"), status=303)


@_needs
@require_POST
def confirmation(request: HttpRequest, key: int) -> HttpResponse:
    """Confirm a set of holidays; the calendars of its place observe it from now on."""
    kept = HolidaySet.objects.filter(pk=key).first()
    if kept is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()[:300]
    try:
        made = confirm(kept, actor=request.actor, reason=reason)  # type: ignore[attr-defined]  # middleware
    except TouchesThePast as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("calendars:calendars"), status=303)
    messages.success(
        request, _("%(set)s is confirmed; calendars renewed: %(count)s.") % {"set": kept, "count": len(made)}
    )
    return HttpResponseRedirect(reverse("calendars:calendars"), status=303)


add_page("promises", gettext_lazy("Calendars"), "calendar", "calendars:calendars", ACT, 30)
