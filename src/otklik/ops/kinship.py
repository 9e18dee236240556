"""A process that ends with its parent, so that ``kill -9`` of a parent leaves no orphan on the port or in the queue."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK = 0.5  # seconds between looks
GRACE = 15.0  # seconds for a clean end, then none is asked for


def end_with_parent(parent: int | None = None) -> None:
    """End this process, at first politely, when its parent is no longer ``parent`` (the present one by default)."""
    expected = os.getppid() if parent is None else parent
    threading.Thread(target=_watch, args=(expected,), name="kinship", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
