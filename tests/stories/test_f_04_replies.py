"""F-04: web processes die while replies with files come in; whoever asks again with the same key sends one message."""

from __future__ import annotations

import hashlib
import random
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection

from otklik.jobs import drain
from otklik.ops.tests.processes import command, free_port, kill, until
from otklik.outbox.tests import rig
from otklik.people.models import Person
from otklik.tickets.attachments import path_of
from otklik.tickets.models import Attachment, Message
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
REPLIES, SIZE, AGENTS, TICKETS = 200, 5 * 1024 * 1024, 4, 20
PAUSE = 0.8  # seconds between kills
ASKED_AGAIN = 40
KILLS = 5


def content(number: int) -> bytes:
    """Five megabytes of its own for each reply."""
    return hashlib.sha256(str(number).encode()).digest() * (SIZE // 32)


class Browser:
    """An agent's browser that asks again whenever the server breaks off."""

    def __init__(self, person: Person, port: int) -> None:
        signed_in = client_of(person)
        cookies = {settings.SESSION_COOKIE_NAME: signed_in.cookies[settings.SESSION_COOKIE_NAME].value}
        cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
        self.session = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", cookies=cookies, headers={"X-CSRFToken": "c" * 32}, timeout=20
        )

    def ask(self, address: str, **form: Any) -> httpx.Response:
        """Post until there is an answer."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                answer = self.session.post(address, **form)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code < 500:
                return answer
        raise AssertionError(address)

    def reply(self, number: int, ticket: int) -> dict[str, Any]:
        """Send a reply with its file; the form, to be sent once more."""
        sent = self.ask("/uploads", files={"file": (f"log{number}.txt", content(number), "text/plain")})
        assert sent.status_code == 201, sent.text
        form = {"body": f"Ответ {number}", "key": f"reply-{number}", "files": sent.json()["id"], "anyway": "1"}
        self.again(form, ticket)
        return form

    def again(self, form: dict[str, Any], ticket: int) -> None:
        assert self.ask(f"/tickets/{ticket}/replies", data=form).status_code == 302


def processes_of(server: int) -> list[int]:
    """Web processes beneath the server."""
    found = [Path(path) for path in Path(f"/proc/{server}/task").glob("*/children")]
    return [int(pid) for path in found for pid in path.read_text().split()]


class Web:
    """The web server, started again when it ends, as `otklik up` does, and what kills its processes."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.port, self.environment, self.kills = port, environment, 0
        self.over, self.dice = threading.Event(), random.Random(4)
        self.nemesis = threading.Thread(target=self._kill_again_and_again, daemon=True)
        self.server = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command("web"), env=self.environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def _kill_again_and_again(self) -> None:
        while not self.over.wait(PAUSE):
            if self.server.poll() is not None:
                self.server = self._start()
            alive = processes_of(self.server.pid) if _answers(self.port) else []
            if alive:
                kill(self.dice.choice(alive))
                self.kills += 1

    def stop(self) -> None:
        self.over.set()
        if self.nemesis.is_alive():
            self.nemesis.join(10)
        self.server.terminate()
        self.server.wait(30)


def send_what_is_held() -> None:
    with connection.cursor() as cursor:
        cursor.execute("update jobs set run_at = least(run_at, now()), turn = least(turn, now())")
    drain(["tell", "decide"])


def test_f_04_replies_with_files_while_web_processes_are_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FILES", tmp_path)
    agents = [make.agent(f"Агент {n}") for n in range(AGENTS)]
    tickets = [make.ticket().number for _ in range(TICKETS)]
    port = free_port()
    environment = rig.environment(PORT=str(port), OTKLIK_WEB_PROCESSES="2", OTKLIK_FILES=str(tmp_path))
    web = Web(port, environment)
    try:
        browsers = [Browser(agent, port) for agent in agents]
        until(lambda: _answers(port))
        web.nemesis.start()

        def some(which: int) -> list[tuple[dict[str, Any], int]]:
            mine = range(which, REPLIES, AGENTS)
            return [(browsers[which].reply(n, tickets[n % TICKETS]), tickets[n % TICKETS]) for n in mine]

        with ThreadPoolExecutor(AGENTS) as pool:
            sent = list(pool.map(some, range(AGENTS)))
        send_what_is_held()
        for form, ticket in sent[0][:ASKED_AGAIN]:  # the answer was lost on the way: asked again after it was sent
            browsers[0].again(form, ticket)
        web.over.set()
        send_what_is_held()
    finally:
        web.stop()
    assert web.kills >= KILLS
    told = Message.objects.filter(side="staff", audience="public")
    assert sorted(told.values_list("text", flat=True)) == sorted(f"Ответ {n}" for n in range(REPLIES))
    for file in Attachment.objects.select_related("message"):
        number = int(file.message.text.rpartition(" ")[2])
        assert path_of(file.sha256).read_bytes() == content(number)
    assert Attachment.objects.count() == REPLIES


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
