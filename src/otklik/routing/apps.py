"""The room of routing."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Rules, the choice of a person, decisions and what comes after them."""

    name = "otklik.routing"
    label = "routing"

    def ready(self) -> None:
        from otklik.routing import ruling

        ruling.register()
