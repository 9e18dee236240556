"""What the desk says of itself: name, address, language, zone, phone, and whether staff need a second factor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from otklik.journal import config
from otklik.journal.record import Actor
from otklik.outbox import sender

NAME = config.declare(
    "people.desk",
    {
        "name": "",
        "language": settings.LANGUAGE_CODE,
        "timezone": "Europe/Moscow" if settings.LANGUAGE_CODE == "ru" else "UTC",
        "phone": "",
        "second_factor_for_staff": False,
    },
)
FRESH = 5.0  # seconds for which a process may read the desk's settings from memory


@dataclass(frozen=True, slots=True)
class Desk:
    """The settings of the desk as a whole; ``base_url`` has no slash at its end."""

    name: str
    base_url: str
    language: str
    timezone: str
    phone: str
    second_factor_for_staff: bool


_kept: tuple[float, Desk] | None = None


def desk() -> Desk:
    """The settings in force, at most ``FRESH`` seconds old; inside a transaction always read anew."""
    global _kept
    if connection.in_atomic_block:
        return _read()
    if _kept is None or time.monotonic() - _kept[0] > FRESH:
        _kept = time.monotonic(), _read()
    return _kept[1]


def forget() -> None:
    """Read anew at the next question."""
    global _kept
    _kept = None


def _read() -> Desk:
    data = config.current(NAME).data
    known: dict[str, Any] = {name: data[name] for name in Desk.__slots__ if name in data}
    return Desk(base_url=sender.base_url(), **known)


def settle(*, actor: Actor, base_url: str | None = None, note: str = "", **data: Any) -> Desk:
    """Publish a version of the desk's settings; ``base_url`` is kept with the outgoing mail, whose links it makes."""
    config.publish(NAME, data, actor=actor, note=note)
    if base_url is not None and base_url.rstrip("/") != sender.base_url():
        sender.configure(made_by=int(actor.id) if actor.kind == "person" else None, base_url=base_url.rstrip("/"))
    forget()
    return _read()


def link(path: str) -> str:
    """A link for a letter, from the configured base URL and never from a request's headers (safety.md S-24)."""
    return sender.base_url() + path


def admit_own_host() -> None:
    """Let in requests for the host of the base URL that a settings page holds, beside those of the environment."""
    host = urlsplit(desk().base_url).hostname
    if host and host not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(host)
