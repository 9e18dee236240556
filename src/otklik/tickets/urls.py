"""Addresses of the room of tickets: the settings page of its rules."""

from __future__ import annotations

from otklik.tickets.pages import RULES

app_name = "tickets"
urlpatterns = [*RULES.urls()]
