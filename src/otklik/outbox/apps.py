"""The room of outgoing mail."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Deliveries, notices, and the mail server they leave through."""

    name = "otklik.outbox"
    label = "outbox"
