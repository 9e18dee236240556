"""The room of the calendars."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """The room of the calendars."""

    name = "otklik.calendars"
    label = "calendars"
