"""The live stream: the journal, polled once per process in commit order, pushed to the pages of this process.

A client is told only *that* a subject changed, never what: the page fetches itself again, through the rights of its
person. Rights are asked when the news is delivered, session and person again every few seconds, so whoever is disabled
hears nothing more (architecture.md §1, LIVE; safety.md A5).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from otklik.journal import timeline
from otklik.people.models import Person
from otklik.tickets import access

POLL = 0.15  # seconds between two looks at the journal
ASK_AGAIN = 4.0  # seconds after which session and rights of a client are read anew
PULSE = 20.0  # seconds between two signs of life to a silent client
MAX_WAITING = 200  # news a slow client may owe us before it is told to load itself anew
FOLLOWED = "ticket"

log = logging.getLogger(__name__)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(eq=False)
class Client:
    """One open page."""

    session: str
    who: access.Viewer
    asked_at: float
    news: asyncio.Queue[timeline.News] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    overrun: bool = False


class Hub:
    """All clients of this process and the one poller that serves them."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self.poller: asyncio.Task[None] | None = None
        self.cursor = ""

    async def join(self, client: Client) -> str:
        """Add a client; returns the position of the feed from which it hears everything."""
        if self.poller is None or self.poller.done():
            self.cursor = await sync_to_async(_cursor)()
            self.poller = asyncio.create_task(self._poll())
        self.clients.add(client)
        return self.cursor

    def leave(self, client: Client) -> None:
        """Forget a client; the last one stops the poller."""
        self.clients.discard(client)
        if not self.clients and self.poller is not None:
            self.poller.cancel()
            self.poller = None

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            try:
                news = await sync_to_async(_news)(self.cursor)
            except Exception:
                log.exception("the journal could not be read")
                await asyncio.sleep(1)
                continue
            self.cursor = news.cursor
            if news.entries or news.reload:
                for client in self.clients:
                    try:
                        client.news.put_nowait(news)
                    except asyncio.QueueFull:
                        client.overrun = True


hub = Hub()


def _cursor() -> str:
    close_old_connections()
    try:
        return timeline.cursor()
    finally:
        close_old_connections()


def _news(since: str) -> timeline.News:
    close_old_connections()
    try:
        return timeline.news(since)
    finally:
        close_old_connections()


# -- who ---------------------------------------------------------------------------------------------------------------
def _admit(session_key: str) -> access.Viewer | None:
    """The person of a session with the rights of this moment; None when it is over or the person is disabled."""
    close_old_connections()
    try:
        session = SessionStore(session_key)
        key = session.get(SESSION_KEY)
        if not key or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
            return None
        person = Person.objects.filter(pk=key, is_active=True).first()
        if person is None:
            return None
        if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()):
            return None
        return access.viewer(person)
    finally:
        close_old_connections()


def _subjects(who: access.Viewer, news: timeline.News) -> list[str]:
    """Names of the panels to refresh: tickets this person may see at this moment, and the queues where any changed."""
    close_old_connections()
    try:
        touched = {subject for _, kind, subject, _ in news.entries if kind == FOLLOWED}
        seen = access.visible_to(who).filter(pk__in=touched).values_list("pk", flat=True) if touched else []
        names = [f"{FOLLOWED}:{key}" for key in seen]
        return [*names, "queues"] if names else []
    finally:
        close_old_connections()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


def _session_of(headers: dict[str, str]) -> str:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


def _host_is_ours(headers: dict[str, str]) -> bool:
    domain, _ = split_domain_port(headers.get("host", ""))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


# -- the stream --------------------------------------------------------------------------------------------------------
async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """``GET /events``: a stream of ``change`` events, or ``reset`` where the page must load itself anew."""
    headers = _headers(scope)
    if not _host_is_ours(headers):
        return await _refuse(send, 400)
    if scope["method"] != "GET":
        return await _refuse(send, 405)
    session = _session_of(headers)
    who = await sync_to_async(_admit)(session) if session else None
    if who is None:
        return await _refuse(send, 401)
    client = Client(session, who, asyncio.get_running_loop().time())
    gone = asyncio.create_task(_wait_until_gone(receive))
    try:
        await hub.join(client)
        await _begin(send)
        if last := headers.get("last-event-id", ""):
            await _catch_up(client, send, last)
        await _tell(client, send, gone)
    finally:
        hub.leave(client)
        gone.cancel()


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"cache-control", b"private, no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _begin(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"private, no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"vary", b"Cookie"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, b": welcome\n\n")


async def _catch_up(client: Client, send: Send, last: str) -> None:
    """Tell a page that comes back what it missed; where that cannot be told it loads itself anew."""
    try:
        news = await sync_to_async(_news)(last)
    except DatabaseError:
        news = timeline.News(last, [], reload=True)
    await _pass_on(client, send, news)


async def _pass_on(client: Client, send: Send, news: timeline.News) -> bool:
    if news.reload:
        await _write(send, b"event: reset\ndata: {}\n\n")
        return True
    subjects = await sync_to_async(_subjects)(client.who, news)
    if subjects:
        body = json.dumps({"subjects": subjects})
        await _write(send, f"id: {news.cursor}\nevent: change\ndata: {body}\n\n".encode())
    return bool(subjects)


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _tell(client: Client, send: Send, gone: asyncio.Task[None]) -> None:
    loop = asyncio.get_running_loop()
    silent_since = loop.time()
    while not gone.done():
        waiting = asyncio.ensure_future(client.news.get())
        await asyncio.wait({waiting, gone}, timeout=ASK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
        news = waiting.result() if waiting.done() else None
        waiting.cancel()
        if gone.done():
            return
        if loop.time() - client.asked_at > ASK_AGAIN:
            who = await sync_to_async(_admit)(client.session)
            if who is None:
                return
            client.who, client.asked_at = who, loop.time()
        if client.overrun:
            await _pass_on(client, send, timeline.News("", [], reload=True))
            return
        if news is not None and await _pass_on(client, send, news):
            silent_since = loop.time()
        if loop.time() - silent_since > PULSE:
            silent_since = loop.time()
            await _write(send, b": still here\n\n")
