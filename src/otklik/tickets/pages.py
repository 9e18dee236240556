"""The settings page of the rules of tickets: priority matrix and timers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.journal import config
from otklik.journal.record import Actor
from otklik.people.pages.configured import Topic, page_of
from otklik.tickets.forms import MatrixForm, TimersForm, from_cells, to_cells
from otklik.tickets.policy import MATRIX_NAME, TIMERS_NAME
from otklik.ui.sidebar import add_page


def _publish_matrix(data: dict[str, Any], actor: Actor) -> None:
    config.publish(MATRIX_NAME, {"matrix": from_cells(data)}, actor=actor)


def _publish_timers(data: dict[str, Any], actor: Actor) -> None:
    values = {name: data[name] for name in ("no_response_bd", "close_bd", "close_reminder_bd")}
    values["reminders_bd"] = [data["first_reminder"], data["second_reminder"]]
    config.publish(TIMERS_NAME, values, actor=actor)


def _timers(data: dict[str, Any]) -> dict[str, Any]:
    first, second = data["reminders_bd"][:2]
    return data | {"first_reminder": first, "second_reminder": second}


def _rows(matrix: dict[str, dict[str, str]]) -> str:
    return " · ".join(" ".join(matrix[i][u] for u in "123") for i in "123")


def _labels() -> dict[str, Any]:
    own = {name: field.label for name, field in TimersForm.base_fields.items()}
    return own | {"reminders_bd": _("Reminders of our question, working days")}


RULES = page_of(
    "priorities",
    gettext_lazy("Priorities and timers"),
    [
        Topic(
            key="matrix",
            title=gettext_lazy("Priority matrix"),
            line=lambda: _rows(config.current(MATRIX_NAME).data["matrix"]),
            config=MATRIX_NAME,
            form=lambda data, initial: MatrixForm(data, initial=initial),
            labels=lambda: {"matrix": _("Matrix")},
            initial=lambda data: to_cells(data["matrix"]),
            publish=_publish_matrix,
            show=lambda key, value: _rows(value),
        ),
        Topic(
            key="timers",
            title=gettext_lazy("Reminders and closing"),
            line=lambda: (
                _("closed after %(days)s working days") % {"days": config.current(TIMERS_NAME).data["close_bd"]}
            ),
            config=TIMERS_NAME,
            form=lambda data, initial: TimersForm(data, initial=initial),
            labels=_labels,
            initial=_timers,
            publish=_publish_timers,
            show=lambda key, value: ", ".join(map(str, value)) if isinstance(value, list) else str(value),
        ),
    ],
    act="settings.priorities",
    namespace="tickets",
)
add_page("promises", gettext_lazy("Priorities and timers"), "gauge", "tickets:priorities", "settings.priorities", 20)
