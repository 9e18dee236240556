"""The settings page that says whose hours are which."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from otklik.calendars.models import Calendar
from otklik.people.doors import needs
from otklik.people.forms.strict import StrictForm
from otklik.sla import servicehours
from otklik.sla.models import HoursOf
from otklik.sla.pages.agreements import ACT
from otklik.ui.sidebar import frame


class HoursForm(StrictForm):
    """Whose hours, and which calendar they are."""

    whose = forms.ChoiceField(label=gettext_lazy("Whose hours"))
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(),
        label=gettext_lazy("Calendar"),
        required=False,
        empty_label=gettext_lazy("none of their own"),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["whose"].choices = [
            (kind_name(kind), [(f"{kind}:{one.pk}", str(one)) for one in servicehours.records_of(kind)])
            for kind in HoursOf.KINDS
        ]
        fields["calendar"].queryset = Calendar.objects.filter(is_active=True)


def kind_name(kind: str) -> str:
    """Of what kind a record with hours is."""
    return {
        "organisation": _("Organisations"),
        "place": _("Places"),
        "team": _("Teams"),
        "service": _("Services"),
    }[kind]


@needs(ACT)
@require_http_methods(["GET", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """All hours that were stated, and a form to state, change or take them back."""
    form = HoursForm(request.POST or None)
    if form.is_valid():
        kind, _colon, subject = form.cleaned_data["whose"].partition(":")
        actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
        if servicehours.state(kind, int(subject), form.cleaned_data["calendar"], actor=actor):
            messages.success(request, _("Saved. Clocks that are bound from now on count by it."))
        return HttpResponseRedirect(reverse("sla:hours"), status=303)
    context = frame(request) | {"form": form, "rows": servicehours.known(), "kind_name": kind_name}
    return render(request, "sla/hours.html", context, status=422 if form.is_bound else 200, using="jinja2")
