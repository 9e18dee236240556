"""What every page of the workspace shows around its content: sections, queues with counts, who I am."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from otklik.notifications import bell
from otklik.people.access import may
from otklik.web.doors import door
from otklik.web.visit import person, viewer
from otklik.web.workspace import views

View = Callable[..., HttpResponse]


def for_workers(view: View) -> View:
    """A page of the workspace: for others it does not exist."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        if not may(viewer(request).rights, "queue.see"):
            raise Http404
        return view(request, *args, **keywords)

    return shown


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, current: str = "", status: int = 200
) -> HttpResponse:
    """Render a page of the workspace; a refetched panel is cut out of the page by the browser."""
    return render(request, template, frame(request, current) | context, status=status, using="jinja2")


def frame(request: HttpRequest, current: str) -> dict[str, Any]:
    """Side bar, live stream, palette. ``current`` is 'queue:<view>', 'call' or ''."""
    who = viewer(request)
    counts = views.counts(who)
    shown = current.removeprefix("queue:") if current.startswith("queue:") else ""
    queues = [
        {
            "label": view.label,
            "url": reverse("workspace:queue", args=[view.name]),
            "icon": view.icon,
            "count": counts[view.name],
            "current": view.name == shown,
            "hot": view.name == "risk" and counts[view.name] > 0,
        }
        for view in views.offered(who)
    ]
    return {
        "nav": _sections(who, current),
        "views": queues,
        "me": {**request.me, "bell": bell.unseen(person(request))},  # type: ignore[attr-defined]  # set by people.middleware.Visit
        "home_url": reverse("workspace:front"),
        "palette_url": reverse("workspace:palette"),
        "events_url": "/events",  # answered beside the URLconf, by asgi.py
        "keys_off": not (who.person.letter_keys if who.person else True),
    }


def _sections(who: Any, current: str) -> list[dict[str, Any]]:
    sections = [
        {
            "label": _("Tickets"),
            "url": reverse("workspace:front"),
            "icon": "inbox",
            "current": current.startswith("queue"),
            "attrs": {"data-key": "KeyG KeyQ"},
        },
    ]
    if may(who.rights, "tickets.create_for_others"):
        call = {
            "label": _("Phone call"),
            "url": reverse("workspace:call"),
            "icon": "phone",
            "current": current == "call",
        }
        sections.append(call | {"attrs": {"data-key": "KeyC"}})
    for label, path, icon, act, key in (
        (_("Team"), "/team", "users", "queue.see", "KeyG KeyT"),
        (_("Shifts"), "/roster", "calendar-days", "roster.see", "KeyG KeyS"),
        (_("Reports"), "/reports", "bar-chart-3", "reports.see", "KeyG KeyR"),
        (_("Portal"), "/home", "house", "queue.see", ""),
    ):
        if door(path) and may(who.rights, act):
            section = {"label": label, "url": path, "icon": icon, "current": current == path.removeprefix("/")}
            sections.append(section | ({"attrs": {"data-key": key}} if key else {}))
    return sections
