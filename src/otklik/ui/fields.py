"""Django's bound fields as the page kit draws them: classes and ARIA of the control, options of choice cards."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString


def kind(bound: BoundField) -> str:
    """How a field is drawn: "hidden", "choices", "check" or "line"."""
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "check" if isinstance(widget, forms.CheckboxInput) else "line"


def control(bound: BoundField, size: str = "", attrs: dict[str, Any] | None = None) -> SafeString:
    """The input of a bound field with the kit's class, its hint and its error tied to it.

    Args:
        bound: a field of a form, bound or not.
        size: "" for the portal, "sm" for the workspace.
        attrs: further attributes; None leaves one out.
    """
    widget, identity = bound.field.widget, bound.id_for_label or bound.auto_id
    described = [f"{identity}-hint"] if bound.help_text else []
    described += [f"{identity}-error"] if bound.errors else []
    own: dict[str, Any] = {"class": _class(widget, size), "aria-describedby": " ".join(described) or None}
    own["aria-invalid"] = "true" if bound.errors else None
    given = {name.replace("_", "-"): value for name, value in (attrs or {}).items()}
    return bound.as_widget(attrs={name: value for name, value in (own | given).items() if value is not None})


def _class(widget: forms.Widget, size: str) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "ck"
    if isinstance(widget, forms.Textarea):
        base = "textarea"
    else:
        base = "select input" if isinstance(widget, forms.Select) else "input"
    return " ".join(filter(None, [base, size, widget.attrs.get("class", "")]))


def options(bound: BoundField) -> list[dict[str, Any]]:
    """Cards of a radio or checkbox group: value, label, checked; a hint follows the label after a line break."""
    cards = []
    for part in bound.subwidgets:
        label, _, hint = str(part.data["label"]).partition("\n")
        value = part.data["value"]
        cards.append({"value": value, "label": label, "hint": hint, "checked": part.data["selected"]})
    return cards
