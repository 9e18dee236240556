"""The room that runs the house; at start it sets the clockwork going."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Declares the periodic work of every room."""

    name = "otklik.ops"
    label = "ops"

    def ready(self) -> None:
        from otklik.ops import schedule

        schedule.declare()
