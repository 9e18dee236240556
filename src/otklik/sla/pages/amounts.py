"""Amounts of time as people write them: "30 min", "4 ч", "1 ч 30 мин", "2 рабочих дня"; never days of 24 hours."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.businesstime import NonexistentTime, from_wall
from otklik.sla.history import Unit

_PARTS = re.compile(r"(\d+)\s*([^\W\d]+(?:\s+[^\W\d]+)?)", re.UNICODE)
_MINUTE, _HOUR = 60, 3600
_MOST_SECONDS, _MOST_DAYS = 400 * 24 * _HOUR, 250


def parse(text: str) -> tuple[int, Unit]:
    """Seconds, or working days, of a written amount; raises ValueError."""
    found = _PARTS.findall(text.strip().lower())
    if not found or _PARTS.sub("", text.strip().lower()).strip(" ,."):
        raise ValueError(text)
    total = 0
    for number, word in found:
        if re.match(r"(раб|working|bd|рд)", word):
            if len(found) > 1:
                raise ValueError(text)
            return int(number), "bd"
        if re.fullmatch(r"(ч|час\w*|h|hours?)", word):
            total += int(number) * _HOUR
        elif re.fullmatch(r"(м|мин\w*|m|min\w*)", word):
            total += int(number) * _MINUTE
        else:
            raise ValueError(text)
    return total, "seconds"


def written(value: int, unit: str) -> str:
    """The inverse of :func:`parse`, in the reader's language."""
    if unit == "bd":
        return ngettext("%(count)s working day", "%(count)s working days", value) % {"count": value}
    hours, minutes = divmod(value // _MINUTE, 60)
    parts = [_("%(number)s h") % {"number": hours}] if hours else []
    parts += [_("%(number)s min") % {"number": minutes}] if minutes else []
    return " ".join(parts)


class MomentField(forms.DateTimeField):
    """A local date and time: one that does not exist is refused, of one that comes twice it is the first (§4.1)."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if not value or isinstance(value, datetime):
            return value or None
        try:
            return from_wall(timezone.get_current_timezone_name(), datetime.fromisoformat(value), strict=True)
        except NonexistentTime as error:
            raise forms.ValidationError(_("The clocks leave this time out: choose another.")) from error
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class AmountField(forms.CharField):
    """A target in hours and minutes or in working days; empty means that nothing is promised."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=40, **options)

    def clean(self, value: Any) -> tuple[int, Unit] | None:
        text = str(super().clean(value) or "").strip()
        if text in {"", "-", "–", "—"}:
            return None
        try:
            amount, unit = parse(text)
        except ValueError as error:
            raise forms.ValidationError(_("Write it as 30 min, 4 h or 2 working days.")) from error
        if not 1 <= amount <= (_MOST_DAYS if unit == "bd" else _MOST_SECONDS):
            raise forms.ValidationError(_("That is too little or too much."))
        return amount, unit
