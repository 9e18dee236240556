"""Ground of the kit's tests: the small site of `scene` at a fixed moment, without a database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from otklik import clock
from otklik.ui.tests import scene

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@pytest.fixture
def site() -> Iterator[Client]:
    """A client of the scene's pages, in English, at 11:42 in Moscow; messages travel in a cookie."""
    changed = override_settings(
        ROOT_URLCONF="otklik.ui.tests.scene",
        MIDDLEWARE=MIDDLEWARE,
        LANGUAGE_CODE="en",
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    )
    scene.THINGS.clear()
    scene.POSTED.clear()
    scene.UPLOADED.clear()
    with changed, clock.at(scene.NOW), timezone.override("Europe/Moscow"):
        yield Client()
