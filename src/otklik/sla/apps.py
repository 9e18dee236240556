"""The room of the promises."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    """The room of the promises."""

    name = "otklik.sla"
    label = "sla"
