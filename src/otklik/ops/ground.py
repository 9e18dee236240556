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


def prepare(needs: Needs, *, patient: bool = False) -> None:
    """Bring up what a command stands on; a server that this starts stays until ``otklik stop`` or the end of ``up``.

    Args:
        needs: what the command stands on.
        patient: the command waits for its database by itself, however long it takes.

    Raises:
        DatabaseRefused: the database does not answer, told before a pool of connections tries for ten seconds.
    """
    if needs in {Needs.SERVER, Needs.DATABASE}:
        from otklik import settings

        if not settings.text("DATABASE_URL"):
            settings.EMBEDDED.start()
    if needs is Needs.DATABASE and not patient:
        from otklik import settings
        from otklik.ops.reaching import refuse_silence

        refuse_silence(settings.DATABASE_URL)
    if needs in {Needs.DJANGO, Needs.DATABASE}:
        load()
