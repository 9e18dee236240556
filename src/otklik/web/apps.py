"""The room's registration."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages that join rooms."""

    name = "otklik.web"
    label = "web"

    def ready(self) -> None:
        from otklik.notifications import presence as reading
        from otklik.web import presence

        reading.offer(presence.has_seen)
