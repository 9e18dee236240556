"""The room's registration."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The monthly table and its files."""

    name = "otklik.reports"
    label = "reports"
