"""A small site for the tests of the kit: the gallery, and settings of things kept in memory; no database, no people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template import engines
from django.urls import include, path

from otklik import clock
from otklik.ui import pages
from otklik.ui.settings_pages import Change, Column, Effect, SettingsPage, Version

NOW = datetime(2025, 11, 24, 8, 42, tzinfo=UTC)
PRIORITY = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}
MATRIX = {
    "many": {"high": 1, "medium": 2, "low": 3},
    "team": {"high": 2, "medium": 3, "low": 4},
    "one": {"high": 3, "medium": 4, "low": 4},
}


class GalleryForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name for people", help_text="As they call it")
    team = forms.ChoiceField(label="Team", choices=[("a", "1C"), ("b", "Net")])
    works = forms.BooleanField(label="Works", required=False)
    way = forms.ChoiceField(label="Way", widget=forms.RadioSelect, choices=[("a", "One\nwith a hint"), ("b", "Two")])
    days = forms.MultipleChoiceField(
        label="Days", widget=forms.CheckboxSelectMultiple, choices=[("1", "Monday"), ("2", "Tuesday")], required=False
    )
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def gallery_context() -> dict[str, Any]:
    """What the gallery shows: a form with errors, two moments, the matrix, the person who looks."""
    form = GalleryForm({"team": "b"})
    form.is_valid()
    cells = {
        row: {column: {"number": number, "name": PRIORITY[number]} for column, number in columns.items()}
        for row, columns in MATRIX.items()
    }
    links = [{"label": "Profile", "url": "/me", "icon": "user"}]
    me = {"id": 4, "name": "Anna Kim", "line": "On shift till 18:00", "links": links, "signout_url": "/signout"}
    moment = clock.now()
    past, due = moment - timedelta(minutes=24), moment + timedelta(hours=4, minutes=54)
    return {"form": form, "past": past, "due": due, "cells": cells, "me": me}


def around() -> dict[str, Any]:
    """What the pages around the content want to know: where one may go, what is waiting, who looks."""
    nav = [
        ("Tickets", "inbox"),
        ("Team", "users"),
        ("Problems", "bug"),
        ("Changes", "calendar-range"),
        ("Reports", "book-open"),
    ]
    places = [{"label": label, "url": f"/{icon}", "icon": icon, "current": label == "Tickets"} for label, icon in nav]
    view = {"label": "At risk", "url": "/risk", "icon": "timer", "count": 15, "hot": True, "current": True}
    return {"nav": places, "views": [view], "palette_url": "/palette", "help_phone": "ext. 911", "company": "Pereval"}


def shown(request: HttpRequest, name: str) -> HttpResponse:
    """A page of this folder: gallery (every component), desk, request."""
    source = Path(__file__).with_name(f"{name}.html").read_text()
    context = gallery_context() | around() | {"events_url": "/events" if "live" in request.GET else ""}
    return HttpResponse(engines["jinja2"].from_string(source).render(context, request))


def said(request: HttpRequest) -> HttpResponse:
    """An act that answers with a toast to undo it."""
    toast = {"text": "Assigned to Pavel", "undo": "/undo/1", "seconds": 8}
    return HttpResponse("", headers={"HX-Trigger": json.dumps({"toast": toast})})


def events(request: HttpRequest) -> HttpResponse:
    """A stream that names one changed subject and ends."""
    return HttpResponse('event: change\ndata: ["ticket:4809"]\n\n', content_type="text/event-stream")


def panel(request: HttpRequest) -> HttpResponse:
    """What the preview becomes when it is told to refresh."""
    return HttpResponse('<section class="aside" id="preview" aria-label="Preview">Fresh</section>')


# -- answers that the behaviours ask for ---------------------------------------------------------------------------
POSTED: list[dict[str, Any]] = []
UPLOADED: list[bytes] = []


def found_people(request: HttpRequest) -> HttpResponse:
    """Options of the combobox: whoever's name contains the question."""
    people = [(5, "Ekaterina Vlasova"), (6, "Oleg Ryabov")]
    asked = request.GET.get("q", "").lower()
    options = [{"value": key, "text": name} for key, name in people if asked in name.lower()]
    source = '{% import "ui/components.html" as ui with context %}{{ ui.combobox_options(options) }}'
    return HttpResponse(engines["jinja2"].from_string(source).render({"options": options}, request))


def found_commands(request: HttpRequest) -> HttpResponse:
    """Lines of the palette for a question."""
    selected = ",".join(request.GET.getlist("number"))
    lines = [
        {"label": f"Look for {request.GET.get('q')}", "icon": "search", "url": "/gallery?found=1"},
        {
            "label": f"Selected {selected}",
            "icon": "user",
            "url": "/post",
            "method": "post",
            "data": {"numbers": selected},
        },
    ]
    source = '{% import "ui/components.html" as ui with context %}{{ ui.palette_results(groups) }}'
    groups = [{"title": "Actions", "lines": lines}]
    return HttpResponse(engines["jinja2"].from_string(source).render({"groups": groups}, request))


def posted(request: HttpRequest) -> HttpResponse:
    """Remember what came; a plain form goes on to a page, a script needs nothing back."""
    POSTED.append({"path": request.path, **request.POST.dict()})
    plain = request.headers.get("Sec-Fetch-Dest") == "document"
    return HttpResponseRedirect("/request") if plain else HttpResponse(status=204)


def uploaded(request: HttpRequest) -> HttpResponse:
    """Keep a file in memory and answer with its id."""
    UPLOADED.append(request.FILES["file"].read())
    return JsonResponse({"id": f"file-{len(UPLOADED)}"})


# -- settings of things --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Thing:
    """Something to be set: a name, a weight, and its versions, newest last."""

    pk: int
    name: str
    weight: str = "usual"
    versions: tuple[dict[str, str], ...] = field(default=())


THINGS: dict[int, Thing] = {}


class ThingForm(forms.Form):
    """Edit panel of a thing."""

    name = forms.CharField(label="Name")
    weight = forms.ChoiceField(label="Weight", choices=[("usual", "Usual"), ("main", "Most important")])


def keep(request: HttpRequest, thing: Thing | None, data: dict[str, Any]) -> Thing:
    """Save a thing as a new version; the name "taken" is refused."""
    if data["name"] == "taken":
        raise forms.ValidationError("There is one with this name")
    before = thing or Thing(pk=len(THINGS) + 1, name="")
    kept = replace(before, **data, versions=(*before.versions, {"name": before.name, "weight": before.weight}))
    THINGS[kept.pk] = kept
    return kept


def bring_back(request: HttpRequest, thing: Thing, key: str) -> None:
    """Save the version with that number anew."""
    keep(request, thing, dict(thing.versions[int(key)]))


def versions_of(thing: Thing) -> list[Version]:
    """Versions of a thing, newest first."""
    names = [version["name"] for version in thing.versions] + [thing.name]
    return [
        Version(at=NOW, who="Olga", changes=[Change("name", was, now)], key=str(number))
        for number, (was, now) in enumerate(pairwise(names))
    ][::-1]


SETTINGS = SettingsPage(
    name="things",
    title="Things",
    one="Thing",
    allowed=lambda request: request.COOKIES.get("who") != "stranger",
    items=lambda request: sorted(THINGS.values(), key=lambda thing: (thing.weight, thing.name)),
    find=lambda request, key: THINGS.get(int(key)) if key.isdigit() else None,
    form=lambda data, initial, thing: ThingForm(data, initial=initial),
    initial=lambda thing: {"name": thing.name, "weight": thing.weight} if thing else {},
    save=keep,
    label=lambda thing: thing.name,
    columns=[Column("Name", "name"), Column("Weight", lambda thing: thing.weight, width=150)],
    group=lambda thing: f"Weight {thing.weight}",
    effects=lambda thing, data: [Effect(f"9 tickets, weight {data['weight'] if data else thing.weight}", url="/nine")],
    history=versions_of,
    restore=bring_back,
)

urlpatterns = [
    path("", include("otklik.ui.urls")),
    *[path(name, shown, {"name": name}) for name in ("gallery", "desk", "request")],
    path("said", said),
    path("events", events),
    path("panel", panel),
    path("people/find", found_people),
    path("palette", found_commands),
    path("uploads", uploaded),
    *[path(name, posted) for name in ("post", "drafts/reply", "replies", "notes", "priority", "undo/1", "close")],
    *SETTINGS.urls(),
]
handler404 = pages.not_found
