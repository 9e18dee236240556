"""A real browser before a real server on this worker's database.

A test asks for ``page`` (signed out, Russian, 1440 × 900) or for ``chromium`` and makes contexts of its own; ``site``
is the server's address. Such a test commits what it prepares: ``@pytest.mark.django_db(transaction=True)``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--in-process-gpu"),
]
START = 30.0  # seconds


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[str]:
    """The address of a web process on this worker's database."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    home = Path(os.environ["OTKLIK_HOME"])
    environment = os.environ | {"PORT": str(port), "OTKLIK_BASE_URL": address, "OTKLIK_PARENT": str(os.getpid())}
    with (home / "web.log").open("w") as log:
        web = subprocess.Popen([sys.executable, "-m", "otklik", "web"], env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START
        while not answers(address):
            assert web.poll() is None, (home / "web.log").read_text()
            assert time.monotonic() < until, (home / "web.log").read_text()
            time.sleep(0.05)
        yield address
    finally:
        web.terminate()
        web.wait(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium with a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page of a new visitor; the test fails on a script error or a breach of the security policy."""
    context = chromium.new_context(base_url=site, locale="ru-RU", viewport={"width": 1440, "height": 900})
    made = context.new_page()
    troubles: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("console", lambda message: _note(message, troubles))
    yield made
    leave(context)
    assert not troubles


def empty(context: BrowserContext) -> None:
    """Close a visitor's pages; Chromium may wait for ever if they go while one of them is still loading."""
    for page in context.pages:
        page.wait_for_load_state()
        page.goto("about:blank")
        page.close()


def leave(context: BrowserContext) -> None:
    """Close a visitor's pages, and the visitor."""
    empty(context)
    context.close()


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    """True when the web process there is alive."""
    try:
        with urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _note(message: ConsoleMessage, troubles: list[str]) -> None:
    if message.type == "error" and "Content Security Policy" in message.text:
        troubles.append(message.text)
