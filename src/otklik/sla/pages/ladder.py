"""Who is told as time runs out: the steps of the ladder as lines of a form (domain.md §4.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.sla.pages.amounts import parse, written

MOST = 12
BREACH = 100  # per cent: the breach itself
USUAL = [{"percent": 75, "tell": ["assignee", "lead_if_unassigned"]}, {"percent": 90, "tell": ["lead"]}]
WHO = [
    ("assignee", gettext_lazy("the assignee")),
    ("lead_if_unassigned", gettext_lazy("the lead, while nobody is assigned")),
    ("lead", gettext_lazy("the lead of the team")),
    ("team", gettext_lazy("the whole team, by the bell")),
    ("service_owner", gettext_lazy("the owner of the service")),
    ("manager", gettext_lazy("the service managers")),
]


class StepForm(forms.Form):
    """One step: when, and who is told; an empty line is none."""

    when = forms.CharField(label=gettext_lazy("When"), max_length=40, required=False)
    tell = forms.MultipleChoiceField(
        label=gettext_lazy("Who"), choices=WHO, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean_when(self) -> dict[str, int] | None:
        """A share of the target, or an amount of time that is left of it."""
        text = str(self.cleaned_data["when"]).strip()
        if not text:
            return None
        if share := re.fullmatch(r"(\d{1,4})\s*%?", text):
            if not 1 <= int(share[1]) <= 500:
                raise forms.ValidationError(_("From 1 to 500 per cent; 100 is the breach itself."))
            return {"percent": int(share[1])}
        try:
            left, unit = parse(text)
        except ValueError as error:
            raise forms.ValidationError(_("Write per cent, such as 75, or what is left, such as 30 min.")) from error
        if unit != "seconds" or left < 1:
            raise forms.ValidationError(_("Write per cent, such as 75, or what is left, such as 30 min."))
        return {"left": left}

    def clean(self) -> dict[str, Any]:
        """A step tells somebody."""
        data = super().clean() or {}
        if data.get("when") and not data.get("tell"):
            self.add_error("tell", _("Choose who is told, or empty the line."))
        return data

    def step(self) -> dict[str, Any] | None:
        """The step as a target keeps it."""
        when = self.cleaned_data.get("when")
        return {**when, "tell": list(self.cleaned_data["tell"])} if when else None


if TYPE_CHECKING:
    _Base = BaseFormSet[StepForm]
else:
    _Base = BaseFormSet  # cannot be subscripted when it runs


class _Ladder(_Base):
    def clean(self) -> None:
        """No instant twice."""
        seen: set[tuple[tuple[str, int], ...]] = set()
        for form in self.forms:
            when = form.cleaned_data.get("when") if hasattr(form, "cleaned_data") else None
            if not when:
                continue
            key = tuple(when.items())
            if key in seen:
                form.add_error("when", _("There is a step at this time already: choose everybody there."))
            seen.add(key)

    def steps(self) -> list[dict[str, Any]]:
        """The ladder, in order: what is left of the target first, then its shares."""
        found = [step for form in self.forms if (step := form.step())]
        return sorted(found, key=lambda one: (one.get("percent", 0), -one.get("left", 0)))


LadderSet: type[_Ladder] = formset_factory(StepForm, formset=_Ladder, extra=0, max_num=MOST, validate_max=True)  # type: ignore[assignment]  # the stubs forget the class given


def ladder(data: Any, steps: list[dict[str, Any]]) -> _Ladder:
    """The forms of the steps: those sent, else those of the newest version."""
    return LadderSet(data, initial=[_initial(one) for one in steps], prefix="step")


def _initial(step: dict[str, Any]) -> dict[str, Any]:
    when = str(step["percent"]) if step.get("percent") else written(step["left"], "seconds")
    return {"when": when, "tell": step.get("tell", ["assignee"])}
