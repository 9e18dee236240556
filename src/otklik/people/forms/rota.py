"""Forms of hours: weeks, rows of the roster, absences, rotations and turns of being on call."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.businesstime import from_wall
from otklik.businesstime.hours import WEEKDAYS, ScheduleError, day_hours
from otklik.businesstime.zone import zone
from otklik.calendars.forms import intervals, written
from otklik.calendars.models import Calendar
from otklik.people.forms.records import zones
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person, Team
from otklik.people.rota import Absence, Rotation, ShiftPattern

DAY_NAMES = [
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
]  # fmt: skip
SEATS = 8


def day_field(label: Any, *, required: bool = True, hint: Any = "") -> forms.DateField:
    """A date, with the browser's own picker."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget)


def clock_field(label: Any, *, required: bool = False, hint: Any = "") -> forms.TimeField:
    """A time of day."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=required, help_text=hint, widget=widget)


def moment_field(label: Any) -> forms.DateTimeField:
    """A moment on the walls of the reader's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


def offer(form: forms.Form, name: str, options: Any) -> None:
    """The records that may be chosen in a field."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = options


def person_field() -> forms.ModelChoiceField[Person]:
    """A person to choose, from those that `offer` names."""
    return forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Person"), empty_label=None)


def zone_field() -> forms.ChoiceField:
    """The zone on whose walls the hours stand."""
    return forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)


class PatternForm(StrictForm):
    """A week of hours that comes back."""

    person = person_field()
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("For the team"), required=False, empty_label=gettext_lazy("all teams")
    )
    tz = zone_field()
    valid_from = day_field(gettext_lazy("From"))
    valid_until = day_field(gettext_lazy("Until"), required=False, hint=gettext_lazy("The last day"))
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(),
        label=gettext_lazy("Rests on the holidays of"),
        required=False,
        empty_label=gettext_lazy("no calendar: works on holidays"),
    )

    def __init__(self, *args: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "person", people)
        offer(self, "team", Team.objects.filter(is_active=True).order_by("pk"))
        offer(self, "calendar", Calendar.objects.filter(is_active=True))
        for key, name in zip(WEEKDAYS, DAY_NAMES, strict=True):
            self.fields[key] = forms.CharField(label=name, required=False, max_length=100)
        self.order_fields(["person", "team", "tz", *WEEKDAYS, "valid_from", "valid_until", "calendar"])

    def clean(self) -> dict[str, Any]:
        """Hours of the seven days as a pattern keeps them."""
        cleaned = super().clean()
        hours: dict[str, list[list[str]]] = {}
        for key in WEEKDAYS:
            try:
                if pairs := intervals(cleaned.pop(key, "") or ""):
                    day_hours(pairs)
                    hours[key] = pairs
            except forms.ValidationError as error:
                self.add_error(key, error)
            except ScheduleError:
                self.add_error(key, _("These hours cannot be read"))
        return cleaned | {"hours": hours}


def week_shown(pattern: ShiftPattern) -> dict[str, str]:
    """The hours of a pattern, for its form."""
    return {key: written(pattern.hours.get(key, [])) for key in WEEKDAYS}


class RowForm(StrictForm):
    """One row of the roster."""

    person = person_field()
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("For the team"), required=False, empty_label=gettext_lazy("all teams")
    )
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("To"))

    def __init__(self, *args: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "person", people)
        offer(self, "team", Team.objects.filter(is_active=True).order_by("pk"))


class OwnAbsenceForm(StrictForm):
    """An absence of the person who looks: days, both included, and hours where it is less than a day."""

    outside = StrictForm.outside | {"absence"}
    first = day_field(gettext_lazy("First day"))
    last = day_field(gettext_lazy("Last day"))
    leaves = clock_field(gettext_lazy("From what time"), hint=gettext_lazy("Empty: from the beginning of the day"))
    returns = clock_field(gettext_lazy("Until what time"), hint=gettext_lazy("Empty: to the end of the day"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=Absence.KINDS,
        help_text=gettext_lazy("Seen by you and your leads only"),
    )
    deputy = forms.ModelChoiceField(
        Person.objects.none(), label=gettext_lazy("Stands in"), required=False, empty_label=gettext_lazy("nobody")
    )

    def __init__(self, *args: Any, deputies: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "deputy", deputies)


class AbsenceForm(OwnAbsenceForm):
    """An absence of a person, entered by his lead."""

    person = person_field()
    field_order = ("person", "first", "last")

    def __init__(self, *args: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "person", people)


def moments_of(data: dict[str, Any], tz: str) -> dict[str, Any]:
    """What an absence keeps, from its form: days and times of the wall become moments; the rest stays."""
    first, last = data["first"], data["last"]
    end = data["returns"]
    until = datetime.combine(last, end) if end else datetime.combine(last + timedelta(days=1), time.min)
    return {
        "starts_at": from_wall(tz, datetime.combine(first, data["leaves"] or time.min), strict=False),
        "ends_at": from_wall(tz, until, strict=False),
        "kind": data["kind"],
        "deputy": data["deputy"],
    }


def days_of(absence: Absence, tz: str) -> dict[str, Any]:
    """The inverse of :func:`moments_of`."""
    start, end = (moment.astimezone(zone(tz)) for moment in (absence.starts_at, absence.ends_at))
    whole = end.time() == time.min
    last: date = (end - timedelta(days=1)).date() if whole else end.date()
    return {
        "first": start.date(),
        "last": last,
        "leaves": None if start.time() == time.min else start.time(),
        "returns": None if whole else end.time(),
        "kind": absence.kind,
        "deputy": absence.deputy,
    }


class RotationForm(StrictForm):
    """Turns of being on call."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=120)
    starts_on = day_field(gettext_lazy("First hand-over"))
    hand_over = clock_field(gettext_lazy("Handed over at"), required=True)
    tz = zone_field()
    days = forms.IntegerField(label=gettext_lazy("Days of a turn"), min_value=1, max_value=366, initial=7)
    depth = forms.IntegerField(
        label=gettext_lazy("How many are on call at once"),
        min_value=1,
        max_value=9,
        initial=2,
        help_text=gettext_lazy("Whoever does not answer is followed by the next in the ring"),
    )
    until = day_field(gettext_lazy("Until"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, teams: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "team", teams)
        for number in range(1, SEATS + 1):
            label = _("Place %(num)s in the ring") % {"num": number}
            self.fields[f"seat{number}"] = forms.ModelChoiceField(
                people, label=label, required=number == 1, empty_label=_("nobody")
            )

    def clean(self) -> dict[str, Any]:
        """The people of the ring as one list."""
        cleaned = super().clean()
        seats = [cleaned.pop(f"seat{number}", None) for number in range(1, SEATS + 1)]
        ring = [person for person in seats if person is not None]
        if len(set(ring)) < len(ring):
            raise forms.ValidationError(_("Somebody stands in the ring twice"))
        return cleaned | {"ring": ring}


def seats_shown(rotation: Rotation) -> dict[str, Any]:
    """The ring of a rotation, for its form."""
    people = [seat.person for seat in rotation.seats.select_related("person").order_by("position")]
    return {f"seat{number}": person for number, person in enumerate(people[:SEATS], 1)}


class TurnForm(StrictForm):
    """One turn of being on call, by hand."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    person = person_field()
    order = forms.IntegerField(
        label=gettext_lazy("Called as number"), min_value=1, max_value=9, initial=1, help_text=gettext_lazy("1: first")
    )
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("To"))

    def __init__(self, *args: Any, teams: Any, people: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        offer(self, "team", teams)
        offer(self, "person", people)
