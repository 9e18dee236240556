"""The room of tickets."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """The room of tickets."""

    name = "otklik.tickets"
    label = "tickets"
