"""``otklik demo``: bring the demo's own database up, throw it away when asked, and tell the clinic into it."""

from __future__ import annotations

import shutil
import sys

from psycopg import sql

from otklik import settings
from otklik.ops.ground import Needs, prepare
from otklik.ops.words import _

REFUSED = 2


def run(*, reset: bool) -> int:
    """0 when everything is told, 2 when the database is not the demo's."""
    started = False
    if not settings.text("DATABASE_URL"):
        started = settings.EMBEDDED.start()
    try:
        if reset and not _throw_away():
            return REFUSED
        if started or reset:
            _migrate()
        return _tell()
    finally:
        if started:
            settings.EMBEDDED.stop()


def _throw_away() -> bool:
    if settings.text("DATABASE_URL"):
        print(_("DATABASE_URL is set: empty that database yourself."), file=sys.stderr)
        return False
    name = sql.Identifier(settings.EMBEDDED_DATABASE)
    with settings.EMBEDDED.superuser() as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
    if settings.FILES.is_relative_to(settings.HOME):
        shutil.rmtree(settings.FILES, ignore_errors=True)
    return True


def _migrate() -> None:
    """As the owner of the tables, in a process of its own: this one connects as the plain role."""
    import os
    import subprocess

    environment = os.environ | {"OTKLIK_ROLE": "owner"}
    subprocess.run([sys.executable, "-m", "otklik", "migrate"], env=environment, check=True)


def _tell() -> int:
    prepare(Needs.DJANGO)
    from otklik.ops.demo.telling import DemoRefused, tell

    try:
        told = tell()
    except DemoRefused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    if told:
        print(_("The demo is told: %s tickets.") % told)
    return 0
