"""The room of the queue; at start it finds the ``jobs.py`` of every room."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class JobsConfig(AppConfig):
    """Registers the tasks and ticks that the rooms declare."""

    name = "otklik.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Import ``<room>.jobs`` wherever a room of ours has one, so that its tasks are known to this process."""
        for room in apps.get_app_configs():
            if room.name.startswith("otklik.") and find_spec(f"{room.name}.jobs"):
                import_module(f"{room.name}.jobs")
