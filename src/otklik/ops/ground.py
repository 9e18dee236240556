"""What must stand before a command runs: the embedded server and Django."""

from __future__ import annotations

import os
from enum import Enum


class Needs(Enum):
    """What must stand before a command runs."""

    NOTHING = "nothing"
    DJANGO = "django"
    DATABASE = "database"  # the embedded server, where it is used, and Django


def prepare(needs: Needs) -> None:
    """Bring up what a command stands on."""
    if needs is Needs.NOTHING:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.settings")
    if needs is Needs.DATABASE and not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE"):
        from otklik.settings import EMBEDDED

        EMBEDDED.start()
    import django

    django.setup()
