"""Forms of the rules of tickets: the priority matrix and the timers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.people.forms.strict import StrictForm
from otklik.tickets.priority import PRIORITIES

IMPACTS = {"1": gettext_lazy("Whole service"), "2": gettext_lazy("Department"), "3": gettext_lazy("One person")}
URGENCIES = {"1": gettext_lazy("work has stopped"), "2": gettext_lazy("with difficulty"), "3": gettext_lazy("can wait")}


class MatrixForm(StrictForm):
    """Nine choices: impact by urgency."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        for impact, hit in IMPACTS.items():
            for urgency, effect in URGENCIES.items():
                label = _("%(impact)s, %(urgency)s") % {"impact": hit, "urgency": effect}
                choices = [(name, name) for name in PRIORITIES]
                self.fields[f"cell_{impact}_{urgency}"] = forms.ChoiceField(label=label, choices=choices)

    def clean(self) -> dict[str, Any]:
        """More impact or more urgency never gives a lower priority."""
        cleaned = super().clean()
        for impact in "123":
            for urgency in "123":
                for more in [(str(int(impact) - 1), urgency), (impact, str(int(urgency) - 1))]:
                    here, above = cleaned.get(f"cell_{impact}_{urgency}"), cleaned.get(f"cell_{more[0]}_{more[1]}")
                    if here and above and here < above:
                        text = _("Lower than a milder case: more impact or urgency may not give less priority")
                        self.add_error(f"cell_{more[0]}_{more[1]}", text)
        return cleaned


def to_cells(matrix: dict[str, dict[str, str]]) -> dict[str, str]:
    """A stored matrix as the form's values."""
    return {f"cell_{i}_{u}": name for i, row in matrix.items() for u, name in row.items()}


def from_cells(cells: dict[str, str]) -> dict[str, dict[str, str]]:
    """The form's values as a matrix."""
    return {i: {u: cells[f"cell_{i}_{u}"] for u in "123"} for i in "123"}


def _days(label: Any, most: int = 60, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, help_text=help_text)


class TimersForm(StrictForm):
    """Working days after which the desk reminds and closes by itself."""

    first_reminder = _days(gettext_lazy("First reminder of our question, working days"))
    second_reminder = _days(gettext_lazy("Second reminder, working days"))
    no_response_bd = _days(
        gettext_lazy("A question nobody answered ends the ticket after, working days"),
        help_text=gettext_lazy("Never for priorities 1 and 2"),
    )
    close_reminder_bd = _days(gettext_lazy("Reminder to check the solution, working days"))
    close_bd = _days(gettext_lazy("A solution nobody objects to is closed after, working days"))

    def clean(self) -> dict[str, Any]:
        """What comes later is later."""
        cleaned = super().clean()
        for early, late in [
            ("first_reminder", "second_reminder"),
            ("second_reminder", "no_response_bd"),
            ("close_reminder_bd", "close_bd"),
        ]:
            if early in cleaned and late in cleaned and not cleaned[early] < cleaned[late]:
                self.add_error(late, _("Must be later than “%(label)s”") % {"label": self.fields[early].label})
        return cleaned
