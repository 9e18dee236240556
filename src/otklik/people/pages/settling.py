"""What the settings pages of records share: saving through a front door, refusals as errors of the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest

from otklik.people import keeping
from otklik.people.refusal import Refused


def by_act(act: str) -> Callable[[HttpRequest], bool]:
    """For `SettingsPage.allowed`: people whose rights allow the act."""
    return lambda request: bool(request.may(act))  # type: ignore[attr-defined]  # set by the middleware


def through(command: Callable[..., Any], *args: Any, **values: Any) -> Any:
    """Call a command of a front door; what it refuses becomes an error of the form."""
    try:
        return command(*args, **values)
    except Refused as refusal:
        texts = [forms.ValidationError(text) for text in refusal.texts]
        raise forms.ValidationError({refusal.field: texts} if refusal.field else texts) from refusal


def initial_of(item: models.Model | None, names: list[str]) -> dict[str, Any]:
    """A record's values for its form."""
    return {} if item is None else {name: getattr(item, name) for name in names}


def earlier(item: models.Model, form: type[forms.BaseForm], version: str) -> dict[str, Any]:
    """A record's values after an entry of its history, other records looked up: what a restore saves anew."""
    values = keeping.as_of(keeping.kind_of(type(item)), item.pk, int(version))
    kept: dict[str, Any] = {}
    for name, value in values.items():
        field = form.base_fields.get(name)  # type: ignore[attr-defined]  # every declared form has them
        if field is None:
            continue
        if isinstance(field, forms.ModelMultipleChoiceField):
            kept[name] = list(field.queryset.model._default_manager.filter(pk__in=value or []))  # type: ignore[union-attr]  # set in every form
        elif isinstance(field, forms.ModelChoiceField):
            kept[name] = field.queryset.model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]  # set in every form
        else:
            kept[name] = value
    return kept
