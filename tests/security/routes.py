"""Every address of the product as the URLconf and the API's document know it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from otklik.api.document import document
from tests.security.matrix import ROUTES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses() -> list[str]:
    """All addresses, as ``/tickets/{number}/notes``."""
    return sorted(set(_walk(get_resolver().url_patterns, "/")))


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        address = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern)).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, address)
        else:
            yield address


def listed() -> set[tuple[str, str]]:
    """(method, address) of every line of the matrix, without query strings."""
    return {(route.method, route.address.partition("?")[0]) for route in ROUTES}


def operations() -> set[tuple[str, str]]:
    """(method, address) of every operation of the API's document."""
    return {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
