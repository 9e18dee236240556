"""The room of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notices, letters, the bell."""

    name = "otklik.notifications"
    label = "notifications"

    def ready(self) -> None:
        from otklik.jobs import on_dead
        from otklik.notifications import alarms, deliveries, dispatch, files

        dispatch.register()
        deliveries.register()
        files.register()
        if alarms.gave_up not in on_dead:
            on_dead.append(alarms.gave_up)
