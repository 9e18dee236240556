"""Forms of calendars: hours of the week, one date, a file of holidays."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.businesstime.hours import WEEKDAYS, ScheduleError, day_hours

MAX_FILE = 2 * 1024 * 1024
_INTERVAL = re.compile(r"(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})")


def intervals(text: str) -> list[list[str]]:
    """Hours as written, "09:00–13:00, 14:00–18:00", as pairs; empty means closed. Raises ValidationError."""
    found = [[start.zfill(5), end.zfill(5)] for start, end in _INTERVAL.findall(text)]
    if _INTERVAL.sub("", text).strip(" ,;"):
        raise forms.ValidationError(_("Write hours as 09:00–13:00, 14:00–18:00."))
    try:
        day_hours(found)
    except ScheduleError as error:
        raise forms.ValidationError(_("These hours overlap, or are no hours of a day.")) from error
    return found


def written(pairs: list[list[str]]) -> str:
    """The inverse of :func:`intervals`."""
    return ", ".join(f"{start}–{end}" for start, end in pairs)


class ReasonMixin(forms.Form):
    """Why hours that have passed are changed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed only where hours that have passed are changed"),
    )


class WeekForm(ReasonMixin):
    """Hours of each weekday; they hold from tomorrow on."""

    def __init__(self, data: Any = None, *, weekly: dict[str, list[list[str]]]) -> None:
        super().__init__(data)
        names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
        for key, name in zip(WEEKDAYS, names, strict=True):
            shown = written(weekly.get(key, []))
            self.fields[key] = forms.CharField(label=name, required=False, max_length=100, initial=shown)
        self.order_fields([*WEEKDAYS, "reason"])

    def weekly(self) -> dict[str, list[list[str]]]:
        """The week as a calendar keeps it."""
        return {key: pairs for key in WEEKDAYS if (pairs := self.cleaned_data[key])}

    def clean(self) -> dict[str, Any]:
        for key in WEEKDAYS:
            try:
                self.cleaned_data[key] = intervals(self.cleaned_data.get(key, ""))
            except forms.ValidationError as error:
                self.add_error(key, error)
        return self.cleaned_data


class DateForm(ReasonMixin):
    """What differs on one date."""

    KINDS = (
        ("hours", gettext_lazy("open at these hours")),
        ("holiday", gettext_lazy("closed")),
        ("shorten", gettext_lazy("an hour shorter")),
    )

    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=KINDS)
    hours = forms.CharField(label=gettext_lazy("Hours"), max_length=100, required=False)
    why = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    field_order = ("date", "kind", "hours", "why", "reason")

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("kind") == "hours":
            try:
                found["hours"] = intervals(found.get("hours", ""))
                if not found["hours"]:
                    self.add_error("hours", _("Write hours as 09:00–13:00, 14:00–18:00."))
            except forms.ValidationError as error:
                self.add_error("hours", error)
        return found

    def row(self) -> dict[str, Any]:
        """The exception as a calendar keeps it."""
        found = self.cleaned_data
        row = {"date": found["date"].isoformat(), "kind": found["kind"], "why": found["why"]}
        if found["kind"] == "hours":
            row["hours"] = found["hours"]
        if found["kind"] == "shorten":
            row["minutes"] = 60
        return row


class HolidaysForm(forms.Form):
    """A production calendar (xmlcalendar) or an iCalendar file with days off."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("xmlcalendar XML or iCalendar"))
    country = forms.CharField(label=gettext_lazy("Country, two letters"), max_length=2, min_length=2)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2000, max_value=2100)

    def clean_country(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["country"]).upper()

    def clean_file(self) -> Any:
        """Not too big."""
        if self.cleaned_data["file"].size > MAX_FILE:
            raise forms.ValidationError(_("The file is too big."))
        return self.cleaned_data["file"]
