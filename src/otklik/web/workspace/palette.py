"""Ctrl K: actions on the selection first, then tickets, people, places to go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from otklik.people.access import may
from otklik.tickets import access
from otklik.web.visit import viewer
from otklik.web.workspace import search, views
from otklik.web.workspace.frame import for_workers

MAX_TICKETS = 6


@require_GET
@for_workers
def palette(request: HttpRequest) -> HttpResponse:
    """Answers while typing; ``#`` means a number, ``@`` a person, ``>`` a command."""
    text = request.GET.get("q", "").strip()
    kind, rest = (text[0], text[1:].strip()) if text[:1] in {"#", "@", ">"} else ("", text)
    groups = [{"title": _("Selected"), "lines": _on_selection(request)}]
    if rest and kind in {"", "#"}:
        groups.append({"title": _("Tickets"), "lines": _tickets(viewer(request), rest)})
    if rest and kind in {"", "@"} and may(viewer(request).rights, "people.find"):
        groups.append({"title": _("People"), "lines": _people(rest)})
    if kind in {"", ">"}:
        groups.append({"title": _("Go to"), "lines": _places(request, rest)})
    return render(request, "web/workspace/_palette.html", {"groups": groups}, using="jinja2")


def _on_selection(request: HttpRequest) -> list[dict[str, Any]]:
    numbers = [one for one in request.GET.getlist("number") if one.isdigit()]
    if not numbers:
        return []
    values = {"numbers": ",".join(numbers), "next": "/queue"}
    label = _("Take the selected: %(count)s") % {"count": len(numbers)}
    take = {"label": label, "icon": "hand", "url": reverse("workspace:bulk"), "method": "post"}
    return [take | {"data": values | {"act": "take"}}]


def _tickets(who: access.Viewer, text: str) -> list[dict[str, Any]]:
    rows = search.matching(views.workable(who), text, internal=True).order_by("-opened_at", "-number")
    number = search.number_in(text)
    found = list(rows.values_list("number", "subject", "requester__name")[:MAX_TICKETS])
    if number is not None and number not in {one[0] for one in found}:
        exact = access.visible_to(who).filter(number=number).values_list("number", "subject", "requester__name").first()
        found = [exact, *found] if exact else found
    return [
        {
            "label": f"{subject}",
            "icon": "inbox",
            "url": reverse("workspace:ticket", args=[number]),
            "note": f"{number} · {name or ''}",
        }
        for number, subject, name in found
    ]


def _people(text: str) -> list[dict[str, Any]]:
    call = reverse("workspace:call")
    return [
        {"label": one.name, "icon": "user", "url": f"{call}?person={one.pk}", "note": one.phone or str(one.place or "")}
        for one in search.people(text)
    ]


def _places(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"label": str(view.label), "icon": view.icon, "url": reverse("workspace:queue", args=[view.name])}
        for view in views.offered(viewer(request))
    ]
    items.append({"label": _("Phone call"), "icon": "phone", "url": reverse("workspace:call"), "caps": ["C"]})
    items.append({"label": _("Keys"), "icon": "keyboard", "url": "keys", "method": "open", "caps": ["?"]})
    return [item for item in items if text.lower() in item["label"].lower()]
