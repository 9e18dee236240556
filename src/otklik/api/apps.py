"""The room of the API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The room of the API."""

    name = "otklik.api"
    label = "api"
