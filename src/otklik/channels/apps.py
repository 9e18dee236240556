"""The room of the channels."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """The room of the channels: mailboxes, the ledger of what came, quarantine."""

    name = "otklik.channels"
    label = "channels"
