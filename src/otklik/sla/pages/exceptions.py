"""Targets for a part of the tickets: an organisation, service, kind, priority, place or team, by hours of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.calendars.models import Calendar
from otklik.catalogue.models import Service
from otklik.people.models import Organisation, Place, Team
from otklik.sla.models import Target
from otklik.sla.pages.amounts import AmountField, written
from otklik.tickets.priority import PRIORITIES

MOST = 200  # exceptions of one agreement
SCOPE = ("organisation", "service", "type", "priority", "place", "team")
TYPES = [
    ("incident", gettext_lazy("incidents")),
    ("service_request", gettext_lazy("service requests")),
    ("question", gettext_lazy("questions")),
]


def active(rows: QuerySet[Any], kept: int | None = None) -> QuerySet[Any]:
    """Records in use, and the one that a target already speaks of."""
    return rows.filter(Q(is_active=True) | Q(pk=kept))


class ExceptionForm(forms.Form):
    """One target with its scope; without an amount nothing is promised by it."""

    was = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the target that it was in the newest version
    metric = forms.ChoiceField(label=gettext_lazy("Clock"))
    amount = AmountField(label=gettext_lazy("Target"))
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=gettext_lazy("Organisation"), required=False, empty_label=gettext_lazy("any")
    )
    service = forms.ModelChoiceField(
        Service.objects.none(), label=gettext_lazy("Service or item"), required=False, empty_label=gettext_lazy("any")
    )
    type = forms.ChoiceField(label=gettext_lazy("Kind of ticket"), required=False)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    place = forms.ModelChoiceField(
        Place.objects.none(), label=gettext_lazy("Place"), required=False, empty_label=gettext_lazy("any")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("any")
    )
    calendar = forms.ModelChoiceField(Calendar.objects.none(), label=gettext_lazy("Calendar"))
    calendar_ref = forms.ChoiceField(label=gettext_lazy("Hours"), choices=Target.CALENDARS)

    def __init__(self, *args: Any, metrics: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        names = dict(Target.METRICS)
        fields: dict[str, Any] = self.fields
        fields["metric"].choices = [(metric, names[metric]) for metric in metrics]
        fields["type"].choices = [("", _("any")), *TYPES]
        fields["priority"].choices = [("", _("any")), *((one, one[1]) for one in PRIORITIES)]
        for name, rows in (
            ("organisation", Organisation.objects.order_by("name")),
            ("service", Service.objects.all()),
            ("place", Place.objects.order_by("path")),
            ("team", Team.objects.order_by("pk")),
            ("calendar", Calendar.objects.all()),
        ):
            fields[name].queryset = active(rows, self.initial.get(name))
        fields["calendar"].empty_label = None

    def clean(self) -> dict[str, Any]:
        """A target for everything of a priority belongs into the table; one for nothing at all is none."""
        data = super().clean() or {}
        if data.get("amount") is not None and not any(data.get(name) for name in SCOPE):
            raise forms.ValidationError(_("Say for what it holds: at least one of the lists below is not “any”."))
        return data

    def fill(self, made: Target) -> Target:
        """Lay what the form says over a target."""
        data = self.cleaned_data
        made.value, made.unit = data["amount"]
        for name in ("metric", "calendar", "calendar_ref", *SCOPE):
            setattr(made, name, data[name])
        return made


def initial_of(target: Target) -> dict[str, Any]:
    """A target as the form shows it."""
    return {
        "was": target.pk,
        "metric": target.metric,
        "amount": written(target.value, target.unit),
        "organisation": target.organisation_id,
        "service": target.service_id,
        "type": target.type,
        "priority": target.priority,
        "place": target.place_id,
        "team": target.team_id,
        "calendar": target.calendar_id,
        "calendar_ref": target.calendar_ref,
    }


ExceptionSet: type[BaseFormSet[ExceptionForm]] = formset_factory(
    ExceptionForm, extra=0, max_num=MOST, validate_max=True, absolute_max=MOST
)


def exceptions(data: Any, targets: list[Target], metrics: tuple[str, ...]) -> BaseFormSet[ExceptionForm]:
    """The forms of all exceptions: those sent, else those of the newest version."""
    return ExceptionSet(
        data, initial=[initial_of(one) for one in targets], prefix="except", form_kwargs={"metrics": metrics}
    )
