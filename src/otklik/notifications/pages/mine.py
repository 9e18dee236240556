"""What I want to hear: which letters, gathered or at once, and my quiet hours."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from otklik.notifications import preferences
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person

NAMES = {
    "taken": gettext_lazy("Somebody is on it"),
    "assigned": gettext_lazy("A ticket was assigned to me"),
    "customer_wrote": gettext_lazy("Somebody wrote on my ticket"),
    "mentioned": gettext_lazy("I was mentioned in a note"),
    "supplier_due": gettext_lazy("Time to ask a supplier again"),
    "closed": gettext_lazy("It is closed"),
    "reopened": gettext_lazy("Back in work"),
    "update_missed": gettext_lazy("A promised word was not given"),
    "warned": gettext_lazy("A promise is in danger"),
    "breached": gettext_lazy("A promise is broken"),
    "unwatched": gettext_lazy("Tickets stand unwatched"),
    "rated_low": gettext_lazy("A low rating"),
    "complained": gettext_lazy("Somebody says it takes too long"),
    "returned": gettext_lazy("A ticket of somebody I stand in for came back"),
    "hand_over": gettext_lazy("A ticket of somebody I stand in for"),
    "nobody": gettext_lazy("Nobody can be assigned"),
    "undelivered": gettext_lazy("A letter was not delivered"),
    "mail_alarm": gettext_lazy("Something is wrong with mail"),
    "gave_up": gettext_lazy("A background task was given up"),
}


class ChoiceForm(StrictForm):
    """A person's choice."""

    on = forms.MultipleChoiceField(
        label=gettext_lazy("By mail"), required=False, widget=forms.CheckboxSelectMultiple, choices=NAMES.items()
    )
    digest = forms.ChoiceField(
        label=gettext_lazy("What I watch, by mail"),
        required=False,
        choices=[
            ("", gettext_lazy("not at all")),
            ("hourly", gettext_lazy("gathered, every hour")),
            ("daily", gettext_lazy("gathered, at nine in the morning")),
        ],
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Letters wait until then; urgent ones come all the same"),
    )

    def __init__(self, *args: Any, staff: bool, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        known = preferences.optional(staff=staff)
        shown = [(what, label) for what, label in NAMES.items() if what in known]
        self.fields["on"].choices = shown  # type: ignore[attr-defined]  # a choice field has them
        if not staff:
            del self.fields["digest"], self.fields["quiet_from"], self.fields["quiet_until"]

    def clean(self) -> dict[str, Any]:
        """Quiet hours have both a beginning and an end, or neither."""
        cleaned = super().clean()
        if bool(cleaned.get("quiet_from")) != bool(cleaned.get("quiet_until")):
            self.add_error("quiet_until", _("Say both when it begins and when it ends"))
        return cleaned


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Read and keep one's own choice."""
    person = request.user
    assert isinstance(person, Person)
    staff = bool(request.rights.staff)  # type: ignore[attr-defined]  # set by the middleware
    chosen = preferences.of(person)
    on = [what for what in preferences.optional(staff=staff) if what not in chosen.off]
    initial = {"on": on, "digest": chosen.digest, "quiet_from": chosen.quiet_from, "quiet_until": chosen.quiet_until}
    form = ChoiceForm(request.POST if request.method == "POST" else None, initial=initial, staff=staff)
    if not form.is_valid():
        context = {"form": form, "me": request.me, "staff": staff}  # type: ignore[attr-defined]  # set by the middleware
        status = 422 if form.is_bound else 200
        return render(request, "notifications/mine.html", context, status=status, using="jinja2")
    data = form.cleaned_data
    preferences.choose(
        person,
        on=data["on"],
        digest=data.get("digest", ""),
        start=data.get("quiet_from"),
        end=data.get("quiet_until"),
    )
    messages.success(request, _("Saved"))
    return HttpResponseRedirect("/me/notifications", status=303)
