"""Loading the program: Django and every room, once per process, as fast as it goes."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


def load() -> None:
    """Set Django up, so that models, reactions and tasks of all rooms are known."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.settings")
    import django

    with resting_collector():
        django.setup()


@contextmanager
def resting_collector() -> Iterator[None]:
    """Load code without the collector of cycles: looking for garbage in what stays cost a quarter of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nothing loaded is ever looked at again; forked children share its pages
        gc.enable()
