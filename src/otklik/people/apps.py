"""The room of people."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class PeopleConfig(AppConfig):
    """The room of people."""

    name = "otklik.people"
    label = "people"

    def ready(self) -> None:
        # The moment of signing in is written by signin.enter, on the product's own clock.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
