"""The side bar of the settings: each room adds its pages, each person sees those that the rights allow.

The request is expected to know ``may(act)`` (set by the middleware of people), so that this room knows no rights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the side bar."""

    key: str
    title: Words
    order: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: the name of its address, the act that lets somebody see it, its place in the group."""

    group: str
    label: Words
    icon: str
    address: str
    act: str
    order: int
    count: Callable[[], Any] | None = None


_groups: dict[str, Group] = {}
_entries: dict[str, Entry] = {}


def add_group(key: str, title: Words, order: int) -> None:
    """Announce a heading."""
    _groups[key] = Group(key, title, order)


def add_page(
    group: str, label: Words, icon: str, address: str, act: str, order: int = 50, count: Callable[[], Any] | None = None
) -> None:
    """Announce a settings page: ``address`` is the name of its URL, ``act`` what one must be allowed to do."""
    _entries[address] = Entry(group, label, icon, address, act, order, count)


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The headings with the pages this person may see; the page being shown is marked."""
    may: Callable[[str], bool] = request.may  # type: ignore[attr-defined]  # set by the middleware
    shown: list[dict[str, Any]] = []
    every: list[dict[str, Any]] = []
    for group in sorted(_groups.values(), key=lambda one: one.order):
        own = [entry for entry in _entries.values() if entry.group == group.key and may(entry.act)]
        items = [_item(request, entry) for entry in sorted(own, key=lambda one: one.order)]
        if items:
            shown.append({"title": group.title, "items": items})
            every += items
    _mark_the_nearest(every)
    return shown


def _mark_the_nearest(items: list[dict[str, Any]]) -> None:
    """Of a page and one that lies below it only the lower one is the page being shown."""
    marked = [item for item in items if item["current"]]
    for item in marked:
        item["current"] = item is max(marked, key=lambda one: len(one["url"]))


def first(request: HttpRequest) -> str | None:
    """Address of the first settings page this person may see."""
    pages = (item["url"] for section in sections(request) for item in section["items"])
    return next((url for url in pages if url.startswith("/settings/")), None)


def frame(request: HttpRequest) -> dict[str, Any]:
    """What a settings page shows around itself, for `SettingsPage.extra`: the side bar, the way back, the person."""
    return {"sections": sections(request), "back_url": "/", "me": request.me, "nav": []}  # type: ignore[attr-defined]  # set by the middleware


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    url = reverse(entry.address)
    item: dict[str, Any] = {"label": entry.label, "url": url, "icon": entry.icon}
    item["current"] = request.path == url or request.path.startswith(f"{url}/")
    if entry.count is not None:
        item["count"] = entry.count()
    return item
