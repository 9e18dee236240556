"""The one source of time, and the named places where a test may break a process.

``now()`` is the database's clock, carried on by this process's monotonic timer, so that two workers whose own clocks
differ still agree on what is late (safety.md F-21).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

RESYNC = 30.0  # seconds for which a reading of the database's clock is carried on

_lock = threading.Lock()
_reading: tuple[float, datetime] | None = None  # (monotonic, database time)
_frozen: list[datetime] = []


def now() -> datetime:
    """The present instant in UTC, by the database's clock, good to a few milliseconds."""
    if _frozen:
        return _frozen[-1]
    global _reading
    reading, tick = _reading, time.monotonic()
    if reading is None or tick - reading[0] > RESYNC:
        with _lock:
            reading = _reading = _read()
        tick = time.monotonic()
    return reading[1] + timedelta(seconds=tick - reading[0])


def _read() -> tuple[float, datetime]:
    from django.db import connection

    with connection.cursor() as cursor:
        before = time.monotonic()
        cursor.execute("select clock_timestamp()")
        (moment,) = cursor.fetchone()
        return (before + time.monotonic()) / 2, moment.astimezone(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stand still at a moment, in every thread of this process: for tests and for telling a made-up history."""
    _frozen.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()


def standing() -> bool:
    """True while :func:`at` holds the clock still."""
    return bool(_frozen)


# -- fault points --------------------------------------------------------------------------------------------------
NAMES: set[str] = set()  # every point this process has passed, for the test that each is hit
_passed: dict[str, int] = {}


class InjectedFault(RuntimeError):
    """Raised at a fault point armed with ``raise``."""


def faultpoint(name: str) -> None:
    """A place where a fault may be injected: nothing happens unless ``OTKLIK_FAULT`` names it.

    ``OTKLIK_FAULT="outbox.after_dot:kill"`` kills this process here; ``:raise`` raises; ``:sleep=2`` waits two seconds;
    a trailing ``@3`` acts only on the third passage. Several points are separated by commas.
    """
    armed = os.environ.get("OTKLIK_FAULT")
    if not armed:
        return
    NAMES.add(name)
    _passed[name] = _passed.get(name, 0) + 1
    for order in armed.split(","):
        point, _, deed = order.partition(":")
        deed, _, nth = deed.partition("@")
        if point != name or (nth and _passed[name] != int(nth)):
            continue
        if deed == "raise":
            raise InjectedFault(name)
        if deed.startswith("sleep"):
            time.sleep(float(deed.partition("=")[2] or 1))
        else:
            os.kill(os.getpid(), signal.SIGKILL)
