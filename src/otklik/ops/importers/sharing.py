"""Sharing batches among processes; a process of its own meets this file first, so that it knows nothing of Django."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from otklik.loading import load

_ground: list[Any] = []


def shared(ground: Any, batches: Sequence[Any], processes: int) -> Iterator[int]:
    """Take batches in by several processes; yields the count of each. Raises what one of them raised."""
    packed = pickle.dumps(ground)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_ready, initargs=(packed, os.getpid())) as pool:
        yield from pool.map(_take, [pickle.dumps(batch) for batch in batches])


def _ready(packed: bytes, parent: int) -> None:
    load()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    _ground.append(pickle.loads(packed))  # noqa: S301  # our own words, from the process that started this one


def _follow(parent: int) -> None:
    """Go with the process that started this one; what is not committed is taken in by the next import."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _take(packed: bytes) -> int:
    from otklik.ops.importers.taking import take_batch

    return take_batch(_ground[0], pickle.loads(packed))  # noqa: S301  # as above
