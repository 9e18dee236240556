"""Settings as pages from a declaration: a list, an edit panel with old values, what depends on it, history, restore.

A room declares a `SettingsPage` and includes ``page.urls()``; the reading, saving and restoring stay its own functions.

    SERVICES = SettingsPage(
        name="services", title=_("Services"), one=_("Service"), allowed=may_settle,
        items=lambda request: Service.objects.order_by("name"), find=find_service, label=str,
        form=ServiceForm, initial=lambda service: model_to_dict(service), save=save_service,
        columns=[Column(_("Name"), "name"), Column(_("Team"), "team", width=150)], history=versions_of,
    )
    urlpatterns = SERVICES.urls()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

NEW = "new"  # what stands in the address for a thing that does not exist yet
Words = str | Promise


@dataclass(frozen=True)
class Column:
    """One column of the list: its heading and how the value is read from a thing."""

    label: Words
    value: str | Callable[[Any], Any]
    width: int | None = None  # px, one of the kit's cw-* classes
    cls: str = ""

    def of(self, item: Any) -> Any:
        """What the cell shows; a callable attribute is called."""
        if callable(self.value):
            return self.value(item)
        found = getattr(item, self.value)
        return found() if callable(found) else found


@dataclass(frozen=True)
class Effect:
    """Something that depends on the thing being changed, said before it is saved."""

    text: Words
    icon: str = "circle-alert"
    url: str = ""
    warn: bool = False


@dataclass(frozen=True)
class Change:
    """One field of a version: what it was and what it became, both ready to be shown."""

    label: Words
    was: Any
    now: Any


@dataclass(frozen=True)
class Version:
    """One entry of a thing's history; ``key`` names what `restore` brings back, empty when it cannot."""

    at: datetime
    who: str
    changes: Sequence[Change] = ()
    text: Words = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """A settings page of a room, declared.

    Args:
        name: of the addresses (``settings/NAME``) and of the URL names ``NAME``, ``NAME-one``, ``NAME-version``.
        title: heading of the list; ``one`` names a single thing on the button that adds it.
        items: everything the list shows; ``find`` one of them by its key or None.
        label: a thing's name; ``key`` its place in the address.
        form: makes a form for (data or None, initial, thing or None).
        save: keeps the clean data of a thing (None: a new one) and returns it; may raise `forms.ValidationError`.
        allowed: who may see the page; strangers are told that there is no such page.
        group: puts neighbours of the list under one heading.
        effects: what depends on the thing, given the data that is about to be saved (None before).
        history: versions, newest first; ``restore`` brings back the version with that key.
        around: context of the page around the list: side bar, person, ``sections`` as (title, items).
        template: extends ui/settings.html where a page has more to offer.
    """

    name: str
    title: Words
    one: Words
    items: Callable[[HttpRequest], Iterable[Any]]
    find: Callable[[HttpRequest, str], Any | None]
    form: Callable[[Any, dict[str, Any], Any], forms.BaseForm]
    initial: Callable[[Any], dict[str, Any]]
    save: Callable[[HttpRequest, Any, dict[str, Any]], Any]
    columns: Sequence[Column]
    allowed: Callable[[HttpRequest], bool]
    label: Callable[[Any], str] = str
    key: Callable[[Any], str] = field(default=lambda item: str(item.pk))
    summary: Callable[[HttpRequest], Words] = field(default=lambda request: "")
    group: Callable[[Any], Words] | None = None
    effects: Callable[[Any, dict[str, Any] | None], Iterable[Effect]] | None = None
    history: Callable[[Any], Iterable[Version]] | None = None
    restore: Callable[[HttpRequest, Any, str], Any] | None = None
    around: Callable[[HttpRequest], dict[str, Any]] = field(default=lambda request: {})
    may_add: bool = True
    template: str = "ui/settings.html"
    namespace: str = ""

    def urls(self) -> list[URLPattern]:
        """Addresses: the list, one thing (or "new"), a version of it."""
        return [
            path(f"settings/{self.name}", require_GET(partial(show_list, self)), name=self.name),
            path(
                f"settings/{self.name}/<str:key>",
                require_http_methods(["GET", "POST"])(partial(show_one, self)),
                name=f"{self.name}-one",
            ),
            path(
                f"settings/{self.name}/<str:key>/versions/<str:version>",
                require_POST(partial(bring_back, self)),
                name=f"{self.name}-version",
            ),
        ]

    def address(self, key: str = "", version: str = "") -> str:
        """Address of the list, of one thing, or of one of its versions."""
        prefix = f"{self.namespace}:" if self.namespace else ""
        if version:
            return reverse(f"{prefix}{self.name}-version", args=[key, version])
        return reverse(f"{prefix}{self.name}-one", args=[key]) if key else reverse(f"{prefix}{self.name}")


def show_list(page: SettingsPage, request: HttpRequest) -> HttpResponse:
    """The list alone."""
    _admit(page, request)
    return _answer(page, request, {})


def show_one(page: SettingsPage, request: HttpRequest, key: str) -> HttpResponse:
    """The list with one thing open: read, reviewed (button "review") or saved."""
    _admit(page, request)
    item = _one(page, request, key)
    initial = page.initial(item)
    if request.method != "POST":
        return _answer(page, request, _panel(page, item, page.form(None, initial, item), key))
    form = page.form(request.POST, initial, item)
    if form.is_valid() and "review" not in request.POST:
        try:
            kept = page.save(request, item, form.cleaned_data)
        except forms.ValidationError as refusal:
            _complain(form, refusal)
        else:
            messages.success(request, _("Saved: %(name)s") % {"name": page.label(kept)})
            return HttpResponseRedirect(page.address(page.key(kept)))
    status = 422 if form.errors else 200
    return _answer(page, request, _panel(page, item, form, key), status)


def bring_back(page: SettingsPage, request: HttpRequest, key: str, version: str) -> HttpResponse:
    """Save an earlier version anew; history keeps both."""
    _admit(page, request)
    item = _one(page, request, key)
    if item is None or page.restore is None:
        raise Http404
    try:
        page.restore(request, item, version)
    except forms.ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except (ObjectDoesNotExist, LookupError, ValueError) as nothing:  # no such version
        raise Http404 from nothing
    else:
        messages.success(request, _("The earlier version holds again"))
    return HttpResponseRedirect(page.address(key))


def _complain(form: forms.BaseForm, refusal: forms.ValidationError) -> None:
    """Put a refusal at the field it names, if the form has that field."""
    for name, texts in getattr(refusal, "error_dict", {"": refusal}).items():
        form.add_error(name if name in form.fields else None, texts)


def _admit(page: SettingsPage, request: HttpRequest) -> None:
    if not page.allowed(request):
        raise Http404


def _one(page: SettingsPage, request: HttpRequest, key: str) -> Any | None:
    if key == NEW:
        if not page.may_add:
            raise Http404
        return None
    if (item := page.find(request, key)) is None:
        raise Http404
    return item


def _answer(page: SettingsPage, request: HttpRequest, panel: dict[str, Any], status: int = 200) -> HttpResponse:
    def shown(item: Any) -> dict[str, Any]:
        cells = [(column.of(item), column) for column in page.columns]
        return {"key": page.key(item), "url": page.address(page.key(item)), "cells": cells, "item": item}

    rows = [shown(item) for item in page.items(request)]
    groups = (
        [(title, list(part)) for title, part in groupby(rows, key=lambda row: page.group(row["item"]))]  # type: ignore[misc]  # page.group is not None here
        if page.group
        else [("", rows)]
    )
    context = {"page": page, "groups": groups, "count": len(rows), "new_url": page.address(NEW), "open_key": ""}
    context |= {"summary": page.summary(request), "sections": [], "panel": None} | page.around(request) | panel
    return render(request, page.template, context, status=status, using="jinja2")


def _panel(page: SettingsPage, item: Any, form: forms.BaseForm, key: str) -> dict[str, Any]:
    """What the edit panel shows: the form with old values struck through, effects, history."""
    changed = form.changed_data if form.is_bound and item is not None else []
    cleaned = getattr(form, "cleaned_data", None) if form.is_bound and not form.errors else None
    effects = list(page.effects(item, cleaned)) if page.effects and item is not None else []
    entries = [
        {
            "at": version.at,
            "who": version.who,
            "text": version.text,
            "changes": version.changes,
            "restore_url": page.address(key, version.key) if version.key and page.restore else "",
        }
        for version in (page.history(item) if page.history and item is not None else [])
    ]
    return {
        "open_key": key,
        "panel": {
            "title": page.label(item) if item is not None else page.one,
            "form": form,
            "was": {name: old_value(form, name) for name in changed},
            "effects": effects,
            "history": entries,
            "reviewed": form.is_bound and not form.errors,
            "close_url": page.address(),
        },
    }


def old_value(form: forms.BaseForm, name: str) -> str:
    """What a changed field held before, as a person reads it: the label of a choice, yes or no, a dash for nothing."""
    value, choice = form.get_initial_for_field(form.fields[name], name), form.fields[name]
    if value in (None, ""):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    options = dict(_flat(getattr(choice, "choices", ())))
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(str(options.get(str(getattr(one, "pk", one)), one)) for one in values)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label
