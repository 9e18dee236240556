"""Forms of the settings pages: people, organisations, places, teams."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from otklik.people.forms.strict import StrictForm
from otklik.people.models import Membership, Organisation, Person, Place, Team

ZONES = [
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk",
    "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka", "UTC",
]  # fmt: skip


def zones() -> list[tuple[str, str]]:
    """Time zones to choose from: those of Russia first, then the others by name."""
    others = sorted(zoneinfo.available_timezones() - set(ZONES))
    return [(name, name.replace("_", " ")) for name in [*ZONES, *others] if "/" in name or name == "UTC"]


USUAL_CAPACITY = 40  # points


class PersonForm(StrictForm):
    """One person as the desk knows him."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Without an address the person is served by phone and cannot sign in"),
        error_messages={"invalid": gettext_lazy("Write the address as name@company.example")},
    )
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    job_title = forms.CharField(label=gettext_lazy("Position"), max_length=150, required=False)
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Organisation"),
        required=False,
        empty_label=gettext_lazy("not chosen"),
    )
    place = forms.ModelChoiceField(
        Place.objects.none(), label=gettext_lazy("Place"), required=False, empty_label=gettext_lazy("not chosen")
    )
    device = forms.CharField(label=gettext_lazy("Device, inventory number"), max_length=120, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("ru", "Русский"), ("en", "English")])
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)
    is_vip = forms.BooleanField(label=gettext_lazy("Urgency one step up in every ticket"), required=False)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=Person.ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Everybody may report and follow tickets. Agents and leads come from teams"),
    )
    manages = forms.ModelMultipleChoiceField(
        Organisation.objects.none(), label=gettext_lazy("Represents, as organisation manager"), required=False
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("Points of open work at once"),
        required=False,
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("P1 counts 8, P2 4, P3 2, P4 1; what waits counts a quarter. 40 is usual"),
    )
    is_active = forms.BooleanField(label=gettext_lazy("May sign in and write"), required=False, initial=True)

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        organisations = Organisation.objects.filter(is_active=True).order_by("name")
        choose(self, "organisation", organisations)
        choose(self, "manages", organisations)
        choose(self, "place", Place.objects.filter(is_active=True).order_by("path"))

    def clean_capacity(self) -> int:
        """What stood before where nothing is said."""
        given = self.cleaned_data["capacity"]
        return int(self.initial.get("capacity", USUAL_CAPACITY) if given is None else given)


class OrganisationForm(StrictForm):
    """A customer."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=200)
    parent = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label=gettext_lazy("on its own"),
    )
    domains = forms.CharField(
        label=gettext_lazy("Mail domains"),
        required=False,
        help_text=gettext_lazy(
            "Whoever writes from here belongs to it. Several with commas: clinic.example, lab.example"
        ),
    )
    shares_tickets = forms.BooleanField(
        label=gettext_lazy("Members see each other's tickets where the ticket says so"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choose(self, "parent", Organisation.objects.filter(is_active=True).order_by("name"))

    def clean_domains(self) -> list[str]:
        """A list of plain domains, lower case."""
        names = [part.strip().lower().removeprefix("@") for part in self.cleaned_data["domains"].split(",")]
        for name in filter(None, names):
            if "." not in name or not all(part.replace("-", "").isalnum() for part in name.split(".")):
                raise forms.ValidationError(_("“%(name)s” is no domain. Write it as clinic.example") % {"name": name})
        return sorted({name for name in names if name})


class PlaceForm(StrictForm):
    """A building, floor or room."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Place.KINDS)
    parent = forms.ModelChoiceField(
        Place.objects.none(), label=gettext_lazy("Lies in"), required=False, empty_label=gettext_lazy("on its own")
    )
    is_critical = forms.BooleanField(
        label=gettext_lazy("Critical: urgency one step up for trouble here"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choose(self, "parent", Place.objects.filter(is_active=True).exclude(kind="room").order_by("path"))


class TeamForm(StrictForm):
    """A team and its people."""

    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    alias_ru = forms.CharField(
        label=gettext_lazy("What requesters see, in Russian"), max_length=120, required=False,
        help_text=gettext_lazy("Empty: they see nothing of the team"),
    )  # fmt: skip
    alias_en = forms.CharField(label=gettext_lazy("What requesters see, in English"), max_length=120, required=False)
    members = forms.ModelMultipleChoiceField(Person.objects.none(), label=gettext_lazy("Members"), required=False)
    leads = forms.ModelMultipleChoiceField(
        Person.objects.none(),
        label=gettext_lazy("Leads"),
        required=False,
        help_text=gettext_lazy("They are members, too"),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How a ticket finds a person"),
        choices=Team.MODES,
        required=False,
        help_text=gettext_lazy("Suggested: three people with reasons, one click"),
    )
    partner = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Team that helps out"),
        required=False,
        empty_label=gettext_lazy("not chosen"),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Service desk: takes every ticket that fits no other team"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        people = Person.objects.filter(is_active=True).order_by("name")
        choose(self, "members", people)
        choose(self, "leads", people)
        choose(self, "partner", Team.objects.filter(is_active=True).order_by("pk"))

    def clean_mode(self) -> str:
        """What stood before where nothing is said."""
        return str(self.cleaned_data["mode"] or self.initial.get("mode") or "suggest")


def seats(team: Team | None) -> dict[str, list[Person]]:
    """Who is in a team, for its form."""
    rows = Membership.objects.filter(team=team).select_related("person").order_by("person__name") if team else []
    members = [row.person for row in rows if row.role == "member"]
    return {"members": members, "leads": [row.person for row in rows if row.role == "lead"]}


def choose(form: forms.Form, name: str, options: Any) -> None:
    """Offer these records in a field, and what is chosen already even where it is no longer in use."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    held = form.initial.get(name)
    ids = [one.pk for one in (held if isinstance(held, list) else [held]) if one is not None]
    chosen = options.model._default_manager.filter(pk__in=ids)
    field.queryset = (options | chosen.order_by(*options.query.order_by)) if ids else options
