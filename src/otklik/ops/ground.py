"""What must stand before a command runs: the embedded server and Django."""

from __future__ import annotations

from enum import Enum

from otklik.loading import load


class Needs(Enum):
    """What must stand before a command runs."""

    NOTHING = "nothing"
    SERVER = "server"  # the embedded server, where it is used
    DJANGO = "django"
    DATABASE = "database"  # both


def prepare(needs: Needs) -> None:
    """Bring up what a command stands on; a server that this starts stays until ``otklik stop`` or the end of ``up``."""
    if needs in {Needs.SERVER, Needs.DATABASE}:
        from otklik import settings

        if not settings.text("DATABASE_URL"):
            settings.EMBEDDED.start()
    if needs in {Needs.DJANGO, Needs.DATABASE}:
        load()
