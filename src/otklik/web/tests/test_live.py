"""The live stream: who is admitted, what is told to whom, and what a page that comes back hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from otklik.journal import timeline
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.tests import make
from otklik.web import live

pytestmark = pytest.mark.django_db(transaction=True)


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = timezone.now().isoformat()
    session.save()
    return str(session.session_key)


async def _stream(session: str, act: Callable[[], Any], seconds: float, extra: dict[str, str]) -> tuple[int, str]:
    headers = {"host": "testserver", "cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} | extra
    scope = {"type": "http", "method": "GET", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    leave = asyncio.Event()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    running = asyncio.create_task(live.application(scope, receive, send))
    await asyncio.sleep(0.4)
    if act is not None:
        await asyncio.to_thread(act)
    await asyncio.wait({running}, timeout=seconds)
    leave.set()
    await asyncio.wait({running}, timeout=5)
    status = next(one["status"] for one in sent if one["type"] == "http.response.start")
    return status, b"".join(one.get("body", b"") for one in sent).decode()


async def listening(session: str, until: asyncio.Event) -> str:
    """Everything that the stream of this session tells until then."""
    headers = {"host": "testserver", "cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    scope = {"type": "http", "method": "GET", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await until.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await live.application(scope, receive, send)
    assert sent[0]["status"] == 200
    return b"".join(one.get("body", b"") for one in sent).decode()


def stream(session: str, act: Callable[[], Any] | None = None, *, seconds: float = 0.8, **extra: str) -> Any:
    """Listen, act, listen on for a while; (status, everything told)."""
    named = {name.replace("_", "-"): value for name, value in extra.items()}
    return apart(_stream(session, act, seconds, named))


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: a browser of another test may keep its loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(autouse=True)
def own_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


def test_a_stranger_and_a_made_up_session_are_refused() -> None:
    assert stream("")[0] == 401
    assert stream("nosuchsession")[0] == 401


def test_a_session_whose_password_has_changed_is_refused() -> None:
    anna = make.agent()
    session = session_of(anna)
    anna.set_password("another-and-long-one")
    anna.save()
    assert stream(session)[0] == 401


def test_another_host_and_a_write_are_refused() -> None:
    session = session_of(make.agent())
    assert stream(session, host="evil.example")[0] == 400


def test_a_change_names_the_ticket_and_the_queues() -> None:
    anna = make.agent()
    ticket = make.ticket()
    status, told = stream(session_of(anna), lambda: desk.take(ticket, actor=make.actor(anna)))
    assert status == 200
    assert f'"ticket:{ticket.pk}"' in told
    assert '"queues"' in told
    assert ticket.subject not in told


def test_another_team_hears_nothing_of_it() -> None:
    anna, other = make.agent(), make.agent(team=make.team())
    ticket = make.ticket()
    told = stream(session_of(other), lambda: desk.take(ticket, actor=make.actor(anna)))[1]
    assert "event:" not in told


def test_a_requester_hears_of_the_own_ticket() -> None:
    anna, katya = make.agent(), make.person()
    ticket = make.ticket(requester=katya)
    assert str(ticket.pk) in stream(session_of(katya), lambda: desk.take(ticket, actor=make.actor(anna)))[1]


def test_rights_are_asked_when_the_news_is_delivered() -> None:
    anna, boss = make.agent(), make.lead()
    ticket = make.ticket()

    def leave_the_team_and_be_told() -> None:
        anna.memberships.all().delete()
        desk.take(ticket, actor=make.actor(boss))

    live_again = live.ASK_AGAIN
    try:
        live.ASK_AGAIN = 0.2
        told = stream(session_of(anna), leave_the_team_and_be_told)[1]
    finally:
        live.ASK_AGAIN = live_again
    assert str(ticket.pk) not in told


def test_the_stream_of_a_disabled_person_ends_within_five_seconds() -> None:
    anna = make.agent()
    session = session_of(anna)
    loop_time: list[float] = []

    async def listen() -> None:
        began = asyncio.get_running_loop().time()
        await _stream(session, lambda: Person.objects.filter(pk=anna.pk).update(is_active=False), 8, {})
        loop_time.append(asyncio.get_running_loop().time() - began)

    apart(listen())
    assert loop_time[0] < 5.6


def test_a_page_that_comes_back_hears_what_it_missed() -> None:
    anna = make.agent()
    ticket = make.ticket()
    last = timeline.cursor()
    desk.take(ticket, actor=make.actor(anna))
    told = stream(session_of(anna), seconds=0.2, last_event_id=last)[1]
    assert f'"ticket:{ticket.pk}"' in told


@pytest.mark.parametrize("last", ["nonsense", "1:2", "-5:0:", "'; drop table x; --"])
def test_a_malformed_last_id_makes_the_page_load_itself_anew(last: str) -> None:
    told = stream(session_of(make.agent()), seconds=0.2, last_event_id=last)[1]
    assert "event: reset" in told
