"""The form of an agreement: targets per priority, how clocks behave, and from when it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.sla.models import Agreement, Target
from otklik.sla.pages.amounts import AmountField, written
from otklik.tickets.priority import PRIORITIES

COLUMNS = {"sla": ("first_response", "next_response", "periodic_update", "resolution"), "ola": ("ack", "hold")}
SCOPE = ("organisation_id", "service_id", "type", "team_id", "place_id")
MODES = [
    ("leave", gettext_lazy("Leave them on the version they have")),
    ("from_start", gettext_lazy("Count their whole wait by the new targets")),
    ("from_change", gettext_lazy("Count from now on by the new targets")),
    ("proportional", gettext_lazy("Keep the share already spent")),
]
REOPEN = [
    ("continue", gettext_lazy("the clock goes on from where it was")),
    ("count_all", gettext_lazy("the time it was solved counts too")),
    ("restart", gettext_lazy("it starts anew")),
]


def plain(target: Target) -> bool:
    """Whether a target is one of the table: for a priority and nothing else."""
    return bool(target.priority) and not any(getattr(target, name) for name in SCOPE) and target.rank == 0


class AgreementForm(forms.Form):
    """A draft of the next version, begun from the newest one."""

    reopen_mode = forms.ChoiceField(label=gettext_lazy("When a ticket is reopened"), choices=REOPEN)
    warn = forms.CharField(
        label=gettext_lazy("Warn at, per cent of the target"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For example 75, 90; the breach itself is always told"),
    )
    valid_from = forms.DateTimeField(
        label=gettext_lazy("Valid from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Tickets opened from then on; empty means from now"),
    )
    note = forms.CharField(label=gettext_lazy("What changes, in a few words"), max_length=300, required=False)
    mode = forms.ChoiceField(
        label=gettext_lazy("Tickets that are open now"), choices=MODES, widget=forms.RadioSelect, initial="leave"
    )

    def __init__(self, data: Any, *, agreement: Agreement) -> None:
        newest = agreement.versions.order_by("-number").first()
        self.agreement = agreement
        self.before = list(newest.targets.all()) if newest else []
        self.metrics = COLUMNS.get(agreement.kind, COLUMNS["sla"])
        super().__init__(data, initial=self._known())
        calendars = Calendar.objects.filter(is_active=True)
        for priority in PRIORITIES:
            for metric in self.metrics:
                self.fields[f"{priority}-{metric}"] = AmountField(label=f"{priority}, {dict(Target.METRICS)[metric]}")
            self.fields[f"{priority}-calendar"] = forms.ModelChoiceField(calendars, label=_("Calendar"))

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {"reopen_mode": "continue", "warn": "75, 90", "mode": "leave"}
        for target in self.before:
            if plain(target):
                known[f"{target.priority}-{target.metric}"] = written(target.value, target.unit)
                known[f"{target.priority}-calendar"] = target.calendar_id
        if self.before:
            first = self.before[0]
            known["reopen_mode"] = first.reopen_mode
            known["warn"] = ", ".join(str(step["percent"]) for step in first.warn if step.get("percent"))
        return known

    def clean_warn(self) -> list[int]:
        """Thresholds in per cent, in order."""
        try:
            found = sorted(
                {int(part) for part in self.cleaned_data["warn"].replace("%", "").split(",") if part.strip()}
            )
        except ValueError as error:
            raise forms.ValidationError(_("Numbers with commas between, such as 75, 90.")) from error
        if any(not 1 <= one <= 500 or one == 100 for one in found):
            raise forms.ValidationError(_("From 1 to 500 per cent; 100 is the breach itself."))
        return found

    def table(self) -> Iterator[tuple[str, list[Any]]]:
        """Rows of the table: priority and its bound fields."""
        for priority in PRIORITIES:
            yield priority, [self[f"{priority}-{name}"] for name in (*self.metrics, "calendar")]

    def begins(self) -> datetime:
        """When the version begins."""
        return self.cleaned_data["valid_from"] or clock.now()

    def targets(self) -> list[Target]:
        """Unsaved targets of the draft: the table, and every more specific target as it was."""
        old = {(target.priority, target.metric): target for target in self.before if plain(target)}
        drafts = []
        for priority in PRIORITIES:
            for metric in self.metrics:
                amount = self.cleaned_data[f"{priority}-{metric}"]
                if amount is not None:
                    drafts.append(self._target(old.get((priority, metric)), priority, metric, amount))
        return [*drafts, *(self._kept(target) for target in self.before if not plain(target))]

    def _target(self, was: Target | None, priority: str, metric: str, amount: tuple[int, str]) -> Target:
        made = self._kept(was) if was else Target(priority=priority, metric=metric, keep_breach=True)
        made.value, made.unit = amount
        made.calendar = self.cleaned_data[f"{priority}-calendar"]
        made.reopen_mode = self.cleaned_data["reopen_mode"]
        told = {step.get("percent"): step for step in (was.warn if was else ())}
        made.warn = [told.get(share, {"percent": share, "tell": ["assignee"]}) for share in self.cleaned_data["warn"]]
        return made

    @staticmethod
    def _kept(target: Target) -> Target:
        from otklik.sla.publishing import CONTENT

        return Target(**{name: getattr(target, name) for name in CONTENT})
