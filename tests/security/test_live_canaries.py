"""S-17 on the live stream: what is said among staff and what is restricted is not even hinted at to an outsider."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from otklik.tickets.models import Ticket
from otklik.web.tests.test_live import apart, listening, session_of
from tests.security.test_canaries import CANARY, OUTSIDE, whisper
from tests.security.world import build

pytestmark = pytest.mark.django_db(transaction=True)
LISTENERS = [*(name for name in OUTSIDE if name not in {"anonymous", "disabled"}), "agent"]


def test_s17_the_live_stream_tells_an_outsider_nothing_of_what_staff_said(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    world = build()
    sessions = {name: session_of(world.people[name]) for name in LISTENERS}

    async def everybody() -> list[str]:
        spoken = asyncio.Event()

        async def talk() -> None:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(whisper, world)
            await asyncio.sleep(1)
            spoken.set()

        heard = [listening(session, spoken) for session in sessions.values()]
        return (await asyncio.gather(talk(), *heard))[1:]

    told = dict(zip(sessions, apart(everybody()), strict=True))
    ticket = Ticket.objects.get(number=world.own["number"])
    hidden = Ticket.objects.get(subject__contains=CANARY)
    assert f"ticket:{ticket.pk}" in told["agent"], "the stream is deaf and proves nothing"
    for name, text in told.items():
        assert CANARY.lower() not in text.lower(), name
        assert str(hidden.pk) not in text or name == "agent", name
    for name in ("stranger", "agent_other", "demoted", "admin"):
        assert str(ticket.pk) not in told[name], name
