"""The room of people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The room of people."""

    name = "otklik.people"
    label = "people"
