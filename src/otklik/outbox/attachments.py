"""Files of letters by reference: rooms register how a reference of their kind is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from otklik.outbox.headers import Part

Opener = Callable[[str], bytes]


class Unavailable(OSError):
    """The bytes cannot be read now; the letter waits."""


def _stored(key: str) -> bytes:
    root = settings.FILES.resolve()
    path = (root / key).resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"a reference outside the store: {key!r}")
    return bytes(path.read_bytes())


openers: dict[str, Opener] = {"file": _stored}  # kind → bytes of a key; "file" is a path inside settings.FILES


def load(attachments: Iterable[dict[str, Any]]) -> list[Part]:
    """The parts with their bytes; raises Unavailable for what cannot be read now, ValueError for what never can."""
    parts = []
    for item in attachments:
        kind, _, key = item["ref"].partition(":")
        if kind not in openers:
            raise ValueError(f"nobody opens references of kind {kind!r}")
        try:
            parts.append(Part(item["name"], item["type"], openers[kind](key)))
        except OSError as error:
            raise Unavailable(f"{item['name']}: {error}") from error
    return parts
