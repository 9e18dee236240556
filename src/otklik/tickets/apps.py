"""The room of tickets."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """The room of tickets."""

    name = "otklik.tickets"
    label = "tickets"

    def ready(self) -> None:
        from otklik.tickets import handover  # models exist only now

        handover.connect()
