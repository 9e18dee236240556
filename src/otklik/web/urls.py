"""Addresses of the composing pages, gathered from their parts."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

_PARTS = ("otklik.web.file_urls", "otklik.web.portal.urls", "otklik.web.workspace.urls", "otklik.web.reports.urls")
urlpatterns: list[URLPattern | URLResolver] = []
for _part in _PARTS:
    if find_spec(_part.rsplit(".", 1)[0]) and find_spec(_part):
        urlpatterns.append(path("", include(_part)))
