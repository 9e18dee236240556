"""The form of an agreement: targets per priority, exceptions, how clocks behave, who is told, from when it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.sla.models import Agreement, Target
from otklik.sla.pages import exceptions, ladder
from otklik.sla.pages.amounts import AmountField, MomentField, written
from otklik.sla.pausing import POLICY, rests
from otklik.sla.publishing import CONTENT
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
REBIND = [
    ("from_start", gettext_lazy("the whole wait counts by the new target")),
    ("from_change", gettext_lazy("it counts from the change on")),
    ("proportional", gettext_lazy("the share already spent is kept")),
]
STOPS = [
    ("resolved", gettext_lazy("when a solution is proposed")),
    ("restored", gettext_lazy("when the service works again")),
]
OF_ALL = ("reopen_mode", "rebind_mode", "keep_breach")  # how the targets behave, the same for all
OF_SOLUTION = ("stop_on", "pause_count", "pause_seconds")
RESTS = [
    ("requester", gettext_lazy("we wait for the requester")),
    ("scheduled_requester", gettext_lazy("the requester asked to put it off")),
    ("approval_customer", gettext_lazy("we wait for the customer's approval")),
    ("third_party", gettext_lazy("we wait for the supplier")),
]


def plain(target: Target) -> bool:
    """Whether a target is one of the table: for a priority and nothing else."""
    return bool(target.priority) and not any(getattr(target, name) for name in SCOPE) and target.rank == 0


class AgreementForm(forms.Form):
    """A draft of the next version, begun from the newest one; ``exceptions`` and ``ladder`` are lines of their own."""

    reopen_mode = forms.ChoiceField(label=gettext_lazy("When a ticket is reopened"), choices=REOPEN)
    rests = forms.MultipleChoiceField(
        label=gettext_lazy("The solution clock stops while"),
        choices=RESTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    pause_count = forms.IntegerField(
        label=gettext_lazy("At most so many waits stop it"), required=False, min_value=0, max_value=99
    )
    pause_seconds = AmountField(
        label=gettext_lazy("At most so long in all"),
        help_text=gettext_lazy("Calendar time, such as 48 h; beyond it the clock runs on"),
    )
    stop_on = forms.ChoiceField(label=gettext_lazy("The solution clock ends"), choices=STOPS)
    rebind_mode = forms.ChoiceField(
        label=gettext_lazy("When another target comes to hold, as with a changed priority"), choices=REBIND
    )
    keep_breach = forms.BooleanField(label=gettext_lazy("What was broken before it stays broken"), required=False)
    valid_from = MomentField(
        label=gettext_lazy("Valid from"),
        required=False,
        help_text=gettext_lazy("Tickets opened from then on; empty means from now"),
    )
    valid_to = MomentField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Tickets opened later are promised nothing by it; empty means without an end"),
    )
    note = forms.CharField(label=gettext_lazy("What changes, in a few words"), max_length=300, required=False)
    mode = forms.ChoiceField(
        label=gettext_lazy("Tickets that are open now"), choices=MODES, widget=forms.RadioSelect, initial="leave"
    )

    def __init__(self, data: Any, *, agreement: Agreement) -> None:
        newest = agreement.versions.order_by("-number").first()
        self.agreement = agreement
        self.before = list(newest.targets.select_related("calendar")) if newest else []
        self.metrics = COLUMNS.get(agreement.kind, COLUMNS["sla"])
        super().__init__(data, initial=self._known())
        if "resolution" not in self.metrics:
            for name in (*OF_SOLUTION, "rests"):
                del self.fields[name]
        for priority in PRIORITIES:
            row = [target for target in self.before if plain(target) and target.priority == priority]
            calendars = exceptions.active(Calendar.objects.all(), row[0].calendar_id if row else None)
            for metric in self.metrics:
                self.fields[f"{priority}-{metric}"] = AmountField(label=f"{priority}, {dict(Target.METRICS)[metric]}")
            self.fields[f"{priority}-calendar"] = forms.ModelChoiceField(calendars, label=_("Calendar"))
            self.fields[f"{priority}-hours"] = forms.ChoiceField(label=_("Hours"), choices=Target.CALENDARS)
        others = [target for target in self.before if not plain(target)]
        self.exceptions = exceptions.exceptions(data, others, self.metrics)
        self.ladder = ladder.ladder(data, list(self.before[0].warn) if self.before else ladder.USUAL)
        self.sources: list[Any] = []  # of each target of the draft: the name of its field, or its form

    def _known(self) -> dict[str, Any]:
        usual = Target(keep_breach=True)
        known: dict[str, Any] = {"mode": "leave"}
        known |= {name: getattr(next(iter(self.before), usual), name) for name in OF_ALL}
        solution = next((one for one in self.before if one.metric == "resolution"), usual)
        known |= {name: getattr(solution, name) for name in OF_SOLUTION}
        known["pause_seconds"] = written(solution.pause_seconds, "seconds") if solution.pause_seconds else ""
        known["rests"] = [reason for reason, _name in RESTS if rests("resolution", reason, solution.pauses)]
        for target in self.before:
            if plain(target):
                known[f"{target.priority}-{target.metric}"] = written(target.value, target.unit)
                known[f"{target.priority}-calendar"] = target.calendar_id
                known[f"{target.priority}-hours"] = target.calendar_ref
        return known

    def clean(self) -> dict[str, Any]:
        """All parts of the form are right, and the version ends after it begins."""
        data = super().clean() or {}
        if data.get("valid_to") and data["valid_to"] <= (data.get("valid_from") or clock.now()):
            self.add_error("valid_to", _("It ends after it begins."))
        if not self.exceptions.is_valid():
            self.add_error(None, _("Correct the marked lines among the exceptions."))
        if not self.ladder.is_valid():
            self.add_error(None, _("Correct the marked lines among those who are told."))
        return data

    def clean_pause_seconds(self) -> int | None:
        """Seconds of the calendar: a cap in working days would be none."""
        amount = self.cleaned_data["pause_seconds"]
        if amount is not None and amount[1] != "seconds":
            raise forms.ValidationError(_("Write it in hours, such as 48 h."))
        return amount[0] if amount else None

    def hush(self) -> None:
        """Show what was sent without judging it: a line was asked for, nothing was said yet."""
        for form in (self, *self.exceptions.forms, *self.ladder.forms):
            form._errors = ErrorDict()  # type: ignore[attr-defined]  # where Django keeps what it found

    def table(self) -> Iterator[tuple[str, list[Any], list[Any]]]:
        """Rows of the table: priority, its amounts, its hours."""
        for priority in PRIORITIES:
            amounts = [self[f"{priority}-{name}"] for name in self.metrics]
            yield priority, amounts, [self[f"{priority}-{name}"] for name in ("calendar", "hours")]

    def begins(self) -> datetime:
        """When the version begins."""
        return self.cleaned_data["valid_from"] or clock.now()

    def blame(self, number: int, text: str) -> None:
        """Put a refusal beside the target of the draft that it speaks of."""
        source = self.sources[number]
        if isinstance(source, str):
            self.add_error(source, text)
        else:
            source.add_error(None, text)

    def targets(self) -> list[Target]:
        """Unsaved targets of the draft: the table, then the exceptions."""
        old = {(target.priority, target.metric): target for target in self.before if plain(target)}
        drafts, self.sources = [], []
        for priority in PRIORITIES:
            for metric in self.metrics:
                amount = self.cleaned_data[f"{priority}-{metric}"]
                if amount is not None:
                    drafts.append(self._target(old.get((priority, metric)), priority, metric, amount))
                    self.sources.append(f"{priority}-{metric}")
        known = {target.pk: target for target in self.before}
        for form in self.exceptions.forms:
            if form.cleaned_data.get("amount") is not None:
                was = known.get(form.cleaned_data["was"] or 0)
                drafts.append(self._behaving(form.fill(self._kept(was)), was))
                self.sources.append(form)
        return drafts

    def _target(self, was: Target | None, priority: str, metric: str, amount: tuple[int, str]) -> Target:
        made = self._kept(was)
        made.priority, made.metric = priority, metric
        made.value, made.unit = amount
        made.calendar = self.cleaned_data[f"{priority}-calendar"]
        made.calendar_ref = self.cleaned_data[f"{priority}-hours"]
        return self._behaving(made, was)

    def _behaving(self, made: Target, was: Target | None) -> Target:
        """What holds for all targets; one that has its own way keeps it while that part of the form is as it was."""
        for name in (*OF_ALL, *OF_SOLUTION) if made.metric == "resolution" else OF_ALL:
            if was is None or name in self.changed_data:
                setattr(made, name, self.cleaned_data[name])
        if was is None or self.ladder.has_changed():
            made.warn = self.ladder.steps()
        if made.metric == "resolution" and (was is None or "rests" in self.changed_data):
            chosen = {reason: reason in self.cleaned_data["rests"] for reason, _name in RESTS}
            others = {reason: own for reason, own in made.pauses.items() if reason not in chosen}
            usual = POLICY["resolution"]
            made.pauses = others | {reason: own for reason, own in chosen.items() if own != usual[reason]}
        return made

    @staticmethod
    def _kept(target: Target | None) -> Target:
        if target is None:
            return Target(keep_breach=True)
        return Target(**{name: getattr(target, name) for name in CONTENT})
