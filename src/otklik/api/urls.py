"""Addresses of the API."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from otklik.api.document import PREFIX, api, served
from otklik.api.front import answered, nothing_here


def _operations() -> list[URLPattern]:
    """One pattern per address, though ninja lists one per operation; its own start page is left out."""
    patterns: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        assert isinstance(pattern, URLPattern)
        if pattern.name != "api-root":
            address = str(pattern.pattern)
            here = path(f"{PREFIX}{address}", answered(pattern.callback), name=pattern.name or address)
            patterns.setdefault(address, here)
    return list(patterns.values())


class Anything(StringConverter):
    """Any rest of an address, a line's end within it too, which Django's ``path`` leaves to the pages."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")
app_name = "api"
urlpatterns = [
    path(f"{PREFIX}openapi.json", served, name="document"),
    *_operations(),
    path(f"{PREFIX}<anything:rest>", nothing_here, name="nothing"),
    path(PREFIX, nothing_here, name="nothing"),
]
