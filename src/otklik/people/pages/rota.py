"""Settings pages of hours: weeks of people, rows of the roster, absences, turns of being on call."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik import clock
from otklik.businesstime.hours import WEEKDAYS
from otklik.people import absences, oncall, reach, shifts
from otklik.people.forms.rota import (
    DAY_NAMES,
    AbsenceForm,
    PatternForm,
    RotationForm,
    RowForm,
    TurnForm,
    days_of,
    moments_of,
    seats_shown,
    week_shown,
)
from otklik.people.models import Team
from otklik.people.pages.expertise import staff
from otklik.people.pages.settling import by_act, initial_of, through
from otklik.people.rota import Absence, OnCall, Rotation, Shift, ShiftPattern
from otklik.ui.settings_pages import Column, SettingsPage
from otklik.ui.sidebar import add_page, frame

ACT = "settings.shifts"
MOST = 300  # rows of a list; the newest


def _find(rows: Any, key: str) -> Any | None:
    return rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]  # set by the middleware


def _mine(request: HttpRequest) -> Any:
    return reach.people_under(request.rights)  # type: ignore[attr-defined]  # set by the middleware


def _teams_here(request: HttpRequest) -> Any:
    return reach.teams_under(request.rights)  # type: ignore[attr-defined]  # set by the middleware


def _teams() -> Any:
    return Team.objects.filter(is_active=True).order_by("pk")


def span_text(row: Any) -> str:
    """From when to when, on the walls of the reader."""
    start, end = localtime(row.starts_at), localtime(row.ends_at)
    return f"{date_format(start, 'j E H:i')} – {date_format(end, 'j E H:i')}"


# -- weeks ---------------------------------------------------------------------------------------------------------
def _patterns(request: HttpRequest) -> Any:
    return ShiftPattern.objects.filter(person__in=_mine(request)).select_related("person", "team", "calendar")


def week_text(pattern: ShiftPattern) -> str:
    """The hours of a week in one line: "Mon 09:00–18:00, Tue …", days with the same hours together."""
    shown = week_shown(pattern)
    told: list[list[str]] = []
    for key, name in zip(WEEKDAYS, DAY_NAMES, strict=True):
        if shown[key]:
            short = str(name)[:3].lower()
            if told and told[-1][2] == shown[key]:
                told[-1][1] = short
            else:
                told.append([short, short, shown[key]])
    return "; ".join(f"{a} {h}" if a == b else f"{a}–{b} {h}" for a, b, h in told)


def _validity(pattern: ShiftPattern) -> str:
    start = date_format(pattern.valid_from, "j E Y")
    if pattern.valid_until is None:
        return _("from %(day)s") % {"day": start}
    return f"{start} – {date_format(pattern.valid_until, 'j E Y')}"


def _save_pattern(request: HttpRequest, item: ShiftPattern | None, data: dict[str, Any]) -> ShiftPattern:
    command = shifts.edit_pattern if item is not None else shifts.add_pattern
    values = {name: data[name] for name in shifts.PATTERN}
    return through(command, *([item] if item else []), actor=_actor(request), **values)  # type: ignore[no-any-return]  # a row


def _pattern_initial(item: ShiftPattern | None) -> dict[str, Any]:
    if item is None:
        office = dict.fromkeys(WEEKDAYS[:5], "09:00–18:00")
        return office | {"valid_from": clock.now().date(), "tz": "Europe/Moscow"}
    return initial_of(item, ["person", "team", "tz", "valid_from", "valid_until", "calendar"]) | week_shown(item)


PATTERNS = SettingsPage(
    name="shifts",
    namespace="people",
    title=gettext_lazy("Hours of people"),
    one=gettext_lazy("Week"),
    items=lambda request: _patterns(request).order_by("person__name", "person_id", "valid_from"),
    find=lambda request, key: _find(_patterns(request), key),
    form=lambda data, initial, item: PatternForm(data, initial=initial, people=staff()),
    initial=_pattern_initial,
    save=_save_pattern,
    label=lambda pattern: pattern.person.name,
    columns=[
        Column(gettext_lazy("Hours"), week_text),
        Column(gettext_lazy("Time zone"), "tz", width=160, cls="only-wide"),
        Column(gettext_lazy("Valid"), _validity, width=200),
    ],
    allowed=by_act(ACT),
    group=lambda pattern: pattern.person.name,
    around=frame,
)


# -- rows of the roster --------------------------------------------------------------------------------------------
def _rows(request: HttpRequest) -> Any:
    return Shift.objects.filter(person__in=_mine(request)).select_related("person", "team")


def _save_row(request: HttpRequest, item: Shift | None, data: dict[str, Any]) -> Shift:
    command = shifts.edit_row if item is not None else shifts.add_row
    return through(command, *([item] if item else []), actor=_actor(request), **data)  # type: ignore[no-any-return]  # a row


ROWS = SettingsPage(
    name="extra-shifts",
    namespace="people",
    title=gettext_lazy("Extra shifts"),
    one=gettext_lazy("Shift"),
    items=lambda request: _rows(request).order_by("-starts_at", "pk")[:MOST],
    find=lambda request, key: _find(_rows(request), key),
    form=lambda data, initial, item: RowForm(data, initial=initial, people=staff()),
    initial=lambda item: initial_of(item, ["person", "team", "starts_at", "ends_at"]),
    save=_save_row,
    label=lambda row: row.person.name,
    columns=[
        Column(gettext_lazy("Person"), lambda row: row.person.name),
        Column(gettext_lazy("When"), span_text, width=240),
        Column(gettext_lazy("For the team"), lambda row: row.team.name if row.team else "", width=160, cls="only-wide"),
    ],
    allowed=by_act(ACT),
    around=frame,
)


# -- absences ------------------------------------------------------------------------------------------------------
def _absences(request: HttpRequest) -> Any:
    rows = Absence.objects.filter(person__in=_mine(request), cancelled_at=None)
    return rows.select_related("person", "deputy")


def _save_absence(request: HttpRequest, item: Absence | None, data: dict[str, Any]) -> Absence:
    person = item.person if item is not None else data["person"]
    values = moments_of(data, person.timezone)
    if item is not None:
        return through(absences.edit, item, actor=_actor(request), **values)  # type: ignore[no-any-return]  # a row
    return through(absences.add, person, actor=_actor(request), **values)  # type: ignore[no-any-return]  # a row


def _absence_initial(item: Absence | None) -> dict[str, Any]:
    return {} if item is None else {"person": item.person} | days_of(item, item.person.timezone)


ABSENCES = SettingsPage(
    name="absences",
    namespace="people",
    title=gettext_lazy("Absences"),
    one=gettext_lazy("Absence"),
    items=lambda request: _absences(request).order_by("-starts_at", "pk")[:MOST],
    find=lambda request, key: _find(_absences(request), key),
    form=lambda data, initial, item: AbsenceForm(data, initial=initial, people=staff(), deputies=staff()),
    initial=_absence_initial,
    save=_save_absence,
    label=lambda absence: absence.person.name,
    columns=[
        Column(gettext_lazy("Person"), lambda absence: absence.person.name),
        Column(gettext_lazy("When"), span_text, width=240),
        Column(gettext_lazy("Why"), "get_kind_display", width=120, cls="only-wide"),
        Column(
            gettext_lazy("Stands in"), lambda absence: absence.deputy.name if absence.deputy else _("nobody"), width=160
        ),
    ],
    allowed=by_act(ACT),
    around=frame,
    template="people/absences.html",
)


# -- on call -------------------------------------------------------------------------------------------------------
def _rotations(request: HttpRequest) -> Any:
    return Rotation.objects.filter(team__in=_teams_here(request)).select_related("team")


def _save_rotation(request: HttpRequest, item: Rotation | None, data: dict[str, Any]) -> Rotation:
    command = oncall.edit_rotation if item is not None else oncall.add_rotation
    return through(command, *([item] if item else []), actor=_actor(request), **data)  # type: ignore[no-any-return]  # a row


def _rotation_initial(item: Rotation | None) -> dict[str, Any]:
    if item is None:
        return {"tz": "Europe/Moscow", "days": 7, "depth": 2, "hand_over": "09:00", "is_active": True}
    return initial_of(item, sorted(oncall.ROTATION)) | seats_shown(item)


ROTATIONS = SettingsPage(
    name="on-call",
    namespace="people",
    title=gettext_lazy("On call by turns"),
    one=gettext_lazy("Rotation"),
    items=lambda request: _rotations(request).order_by("-is_active", "team_id", "name"),
    find=lambda request, key: _find(_rotations(request), key),
    form=lambda data, initial, item: RotationForm(data, initial=initial, teams=_teams(), people=staff()),
    initial=_rotation_initial,
    save=_save_rotation,
    columns=[
        Column(gettext_lazy("What it is called"), "name"),
        Column(gettext_lazy("Team"), lambda rotation: rotation.team.name, width=160),
        Column(gettext_lazy("Days of a turn"), "days", width=140, cls="num only-wide"),
    ],
    allowed=by_act(ACT),
    group=lambda rotation: _("In use") if rotation.is_active else _("Archive"),
    around=frame,
)


def _turns(request: HttpRequest) -> Any:
    rows = OnCall.objects.filter(team__in=_teams_here(request), ends_at__gt=clock.now())
    return rows.select_related("team", "person")


def _save_turn(request: HttpRequest, item: OnCall | None, data: dict[str, Any]) -> OnCall:
    command = oncall.edit_turn if item is not None else oncall.add_turn
    return through(command, *([item] if item else []), actor=_actor(request), **data)  # type: ignore[no-any-return]  # a row


TURNS = SettingsPage(
    name="on-call-turns",
    namespace="people",
    title=gettext_lazy("Turns on call"),
    one=gettext_lazy("Turn"),
    items=lambda request: _turns(request).order_by("team_id", "starts_at", "order")[:MOST],
    find=lambda request, key: _find(_turns(request), key),
    form=lambda data, initial, item: TurnForm(data, initial=initial, teams=_teams(), people=staff()),
    initial=lambda item: initial_of(item, sorted(oncall.TURN)) or {"order": 1},
    save=_save_turn,
    label=lambda turn: turn.person.name,
    columns=[
        Column(gettext_lazy("Person"), lambda turn: turn.person.name),
        Column(gettext_lazy("When"), span_text, width=240),
        Column(gettext_lazy("Called as number"), "order", width=140, cls="num"),
    ],
    allowed=by_act(ACT),
    group=lambda turn: turn.team.name,
    around=frame,
)
PAGES = (PATTERNS, ROWS, ABSENCES, ROTATIONS, TURNS)
for label, icon, address, order in [
    (gettext_lazy("Hours of people"), "clock", "people:shifts", 64),
    (gettext_lazy("Extra shifts"), "calendar-plus", "people:extra-shifts", 66),
    (gettext_lazy("Absences"), "palmtree", "people:absences", 68),
    (gettext_lazy("On call by turns"), "phone", "people:on-call", 70),
    (gettext_lazy("Turns on call"), "repeat", "people:on-call-turns", 72),
]:
    add_page("house", label, icon, address, ACT, order)
add_page("house", gettext_lazy("Shifts and absences"), "calendar-days", "people:roster", "roster.see", 56)
