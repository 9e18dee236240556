"""What every page of the portal shows around its content: who I am, where I can go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from otklik.notifications import bell
from otklik.people import standing
from otklik.people.access import may
from otklik.tickets import access
from otklik.web.doors import door
from otklik.web.visit import person, viewer


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, current: str = "", status: int = 200
) -> HttpResponse:
    """Render a page of the portal for the signed-in person."""
    return render(request, template, frame(request, current) | context, status=status, using="jinja2")


def frame(request: HttpRequest, current: str) -> dict[str, Any]:
    """Navigation, the person's menu, the live stream."""
    me, who = person(request), viewer(request)
    nav = [
        {"label": _("Home"), "url": "/", "current": current == "home", "count": 0},
        {"label": _("My requests"), "url": "/requests", "current": current == "requests", "count": 0},
        {"label": _("What we promise"), "url": "/agreement", "current": current == "agreement", "count": 0},
    ]
    if may(who.rights, "queue.see"):
        nav[0]["url"] = "/home"
    if may(who.rights, "reports.see") and not may(who.rights, "queue.see"):
        nav.append({"label": _("Reports"), "url": "/reports", "current": current == "reports", "count": 0})
    return {
        "nav": nav,
        "home_url": nav[0]["url"],
        "me": {
            "id": me.pk,
            "name": me.name,
            "line": me.job_title,
            "bell": bell.unseen(me),
            "links": _links(who),
            "signout_url": door("/sign-out"),
        },
        "events_url": "/events",
        "help_phone": standing.desk().phone,
    }


def _links(who: access.Viewer) -> list[dict[str, str]]:
    links = []
    if may(who.rights, "queue.see") and door("/queue"):
        links.append({"label": _("To the queue"), "url": "/queue", "icon": "inbox"})
    if may(who.rights, "settings.see") and door("/settings"):
        links.append({"label": _("Settings"), "url": "/settings", "icon": "settings"})
    if door("/me"):
        links.append({"label": _("My account"), "url": "/me", "icon": "user"})
    links.append({"label": _("My notifications"), "url": "/me/notifications", "icon": "bell"})
    return links
