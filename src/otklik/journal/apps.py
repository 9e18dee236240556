"""At start the journal finds every room's facts and reactions by their file names."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JournalConfig(AppConfig):
    """The room of the journal."""

    name = "otklik.journal"
    label = "journal"

    def ready(self) -> None:
        autodiscover_modules("events")
        autodiscover_modules("reactions")
