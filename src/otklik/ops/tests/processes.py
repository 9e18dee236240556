"""Processes of a test: started with a clean environment, found by their parent, killed without mercy."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[4]
OURS = ("DATABASE_", "OTKLIK_", "DJANGO_", "PORT", "DEMO", "PYTEST_")


def command(*arguments: str) -> list[str]:
    """``otklik`` with these arguments."""
    return [sys.executable, "-m", "otklik", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what this suite set for itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | more


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(parent: int) -> dict[str, int]:
    """The children of a process by the last word of their command."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            words = (status.parent / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found[words[-1].decode()] = int(status.parent.name)
    return found


def kill(pid: int) -> None:
    """What no process can answer."""
    os.kill(pid, signal.SIGKILL)


def until(question: Callable[[], T], *, seconds: float = 30) -> T:
    """Ask until the answer is true."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
    return answer
