"""The one port of a web process: pages in threads, live events in coroutines."""

from __future__ import annotations

import os
from importlib.util import find_spec

from otklik.ops.bridge import Bridge, Receive, Scope, Send, refuse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

pages = Bridge(get_wsgi_application(), threads=settings.THREADS)

events = import_string("otklik.web.live.application") if find_spec("otklik.web.live") else pages


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one request: ``/events`` stays open in a coroutine, ``/healthz`` asks nobody, the rest is pages."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/events":
        await events(scope, receive, send)
    elif scope["path"] == "/healthz":
        await refuse(send, 200, "ok\n")
    else:
        await pages(scope, receive, send)
