"""Doors to rooms: an address is offered only where a page answers it."""

from __future__ import annotations

from functools import cache

from django.urls import Resolver404, resolve


@cache
def is_built(path: str) -> bool:
    """Whether any page of this installation answers the path."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def door(path: str) -> str:
    """The path itself, or nothing where it leads nowhere."""
    return path if is_built(path) else ""
