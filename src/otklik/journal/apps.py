"""At start the journal finds every room's facts and reactions by their file names."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules

PREPARED = 400  # statements that a connection keeps ready; with fewer than a job's own it would prepare each anew


class JournalConfig(AppConfig):
    """The room of the journal."""

    name = "otklik.journal"
    label = "journal"

    def ready(self) -> None:
        autodiscover_modules("events")
        autodiscover_modules("reactions")
        connection_created.connect(keep_prepared)


def keep_prepared(connection: Any, **_more: Any) -> None:
    """Let a new connection keep as many statements ready as the program has in use."""
    connection.connection.prepared_max = PREPARED
