"""The two kinds of processes that do the work: web and worker. Neither keeps state; run as many as needed."""

from __future__ import annotations

import ipaddress
import os

from otklik.ops.kinship import end_with_parent
from otklik.ops.words import _

CONNECTIONS = 4096  # per web process, streams of live events included
RESPAWN = 1.0  # seconds


class ListeningRefused(RuntimeError):
    """The demo's passwords are known to everybody: it may not be reached from other machines."""


def web() -> int:
    """Serve pages and live events until SIGTERM or SIGINT.

    Raises:
        ListeningRefused: the demo on an address that other machines reach.
    """
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from otklik import settings
    from otklik.ops.postgres import refuse_foreign_letters

    refuse_foreign_letters(settings.DATABASE_URL)
    refuse_open_demo(settings.LISTEN, demo=settings.DEMO or holds_demo(settings.DATABASE_URL))
    _end_with_up()
    Server(
        "otklik.ops.serving:page_process",
        factory=True,
        address=settings.LISTEN,
        port=settings.PORT,
        interface=Interfaces.ASGINL,
        workers=settings.WEB_PROCESSES,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN,
        workers_kill_timeout=10,
        process_name=None,
    ).serve()
    return 0


def page_process() -> object:
    """The application, made in each process of the web server; the process ends with the server's."""
    end_with_parent()
    from otklik.asgi import application

    return application


def worker() -> int:
    """Run jobs until SIGTERM or SIGINT."""
    _end_with_up()
    from otklik.jobs import serve

    serve()
    return 0


def refuse_open_demo(address: str, *, demo: bool) -> None:
    """Refuse to serve the demo beyond this machine.

    Raises:
        ListeningRefused: ``demo`` on an address other than the loopback.
    """
    if demo and not _is_loopback(address):
        raise ListeningRefused(_("The demo's passwords are public: it listens on this machine only."))


def holds_demo(address: str) -> bool:
    """True if the database was filled by the demo, whose passwords everybody knows."""
    import psycopg

    with psycopg.connect(address, connect_timeout=10) as connection:
        try:
            row = connection.execute(
                "select exists (select from journal_configversion where name = 'ops.demo')"
            ).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return bool(row and row[0])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _end_with_up() -> None:
    if parent := os.environ.get("OTKLIK_PARENT"):
        end_with_parent(int(parent))
