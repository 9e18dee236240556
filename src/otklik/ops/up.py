"""``otklik up``: the database, the web and the worker in one process group, each started again when it dies.

This process loads no Django. It holds a lock, so that one folder is served once; its children end with it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO
from urllib.request import urlopen

from otklik.ops.postgres import Cluster
from otklik.ops.words import _

LOOK = 0.25  # seconds between looks at the children
LOOK_AT_DATABASE = 2.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before a dead child is started again, doubled each time
STEADY = 20.0  # seconds of life after which a child's earlier deaths are forgotten
GRACE = 30.0  # seconds for a clean end of a child: a running job gets its time
ENDS_WELL = (0, 2)  # of a child that does one thing: done, or refused with a reason
PORT_PATIENCE = 5.0  # seconds that an ending predecessor may still hold the port


class UpRefused(RuntimeError):
    """Otklik cannot be started here; the message says why."""


@dataclass
class Child:
    """One process of ours and its restarts."""

    name: str
    arguments: list[str]
    lasting: bool = True  # False: done when it ends well
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE
    finished: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    def tend(self, now: float) -> None:
        """Start the process when it is due; notice its death."""
        if self.finished:
            return
        if self.process is None:
            if now >= self.due:
                self.started = now
                self.process = subprocess.Popen(self.arguments, env=os.environ | self.environment)
            return
        code = self.process.poll()
        if code is None:
            return
        self.process = None
        if code in ENDS_WELL and not self.lasting:
            self.finished = True
            return
        self.pause = FIRST_PAUSE if now - self.started > STEADY else min(self.pause * 2, LONGEST_PAUSE)
        self.due = now + self.pause
        told = {"name": self.name, "code": code, "seconds": f"{self.pause:.1f}"}
        say(_("%(name)s ended (%(code)s), again in %(seconds)s s") % told)

    def end(self) -> None:
        """Ask the process to end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end; force it when the time is over."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def up() -> int:
    """Run everything until SIGINT or SIGTERM; 0 after a clean end.

    Raises:
        UpRefused: the folder is served already, the port is taken, or the migration failed.
    """
    from otklik import settings

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    cluster = None if settings.text("DATABASE_URL") else settings.EMBEDDED
    with (settings.HOME / "up.lock").open("w") as lock:
        _hold(lock)
        _await_port(settings.LISTEN, settings.PORT)
        try:
            if cluster:
                cluster.start()
            if not stop.is_set():
                _migrate("" if settings.DEMO else settings.PROFILE)
                said = _logins(settings.BASE_URL) if settings.DEMO else _setup_code()
                _tend(_children(demo=settings.DEMO), cluster, stop, settings.BASE_URL, settings.PORT, said)
        finally:
            if cluster:
                cluster.stop()
    return 0


def say(words: str) -> None:
    """Tell the operator."""
    print(words, flush=True)


def _hold(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UpRefused(_("Otklik already runs from this folder.")) from None


def _await_port(address: str, port: int) -> None:
    until = time.monotonic() + PORT_PATIENCE
    while True:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind((address, port))
            except OSError as problem:
                if time.monotonic() > until:
                    told = {"port": port, "reason": problem.strerror}
                    raise UpRefused(_("Port %(port)s: %(reason)s. Choose another: PORT=8001 make run") % told) from None
        time.sleep(LOOK)


def _migrate(profile: str) -> None:
    if subprocess.run([*_command("migrate"), *(["--init", profile] if profile else [])], check=False).returncode:
        raise UpRefused(_("The database could not be brought to this version, see above."))


def _children(*, demo: bool) -> list[Child]:
    ours = {"OTKLIK_PARENT": str(os.getpid())}
    children = [Child("web", _command("web"), environment=ours), Child("worker", _command("worker"), environment=ours)]
    if demo:
        children.append(Child("demo", _command("demo"), lasting=False, environment=ours))
    return children


def _logins(address: str) -> str:
    from otklik.ops.demo.material import PASSWORD, looks

    lines = [f"  {look.address:<28} {look.name}" for look in looks()]
    return "\n".join([_("Look as anybody without a password: %s/demo") % address, *lines, _("Password: %s") % PASSWORD])


def _setup_code() -> str:
    """The line with the set-up code, empty once there is an administrator."""
    return subprocess.run(_command("setup-code"), stdout=subprocess.PIPE, text=True, check=False).stdout.strip()


def _tend(
    children: list[Child], cluster: Cluster | None, stop: threading.Event, address: str, port: int, said: str
) -> None:
    threading.Thread(target=_announce, args=(address, port, stop, said), daemon=True).start()
    looked = time.monotonic()
    try:
        while not stop.is_set():
            now = time.monotonic()
            for child in children:
                child.tend(now)
            if cluster and now - looked > LOOK_AT_DATABASE:
                looked = now
                if cluster.start():
                    say(_("the database was started again"))
            stop.wait(LOOK)
    finally:
        for child in children:
            child.end()
        until = time.monotonic() + GRACE
        for child in children:
            child.wait(until)


def _announce(address: str, port: int, stop: threading.Event, said: str) -> None:
    """Say where it is once it answers, and whatever else is to be said."""
    while not stop.is_set():
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                break
        except OSError:
            stop.wait(LOOK / 2)
    if not stop.is_set():
        say(_("Otklik is ready: %s (Ctrl-C stops it)") % address)
        if said:
            say(said)


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "otklik", name]
