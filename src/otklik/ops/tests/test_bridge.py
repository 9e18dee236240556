"""Pages behind the bridge: bodies, limits, headers, streams and leaving readers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from otklik.ops.bridge import IN_MEMORY, ONE_PIECE, Blocks, Bridge

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/заявки",
    "query_string": b"a=1",
    "http_version": "1.1",
    "server": ("127.0.0.1", 8000),
    "client": ("10.0.0.7", 5),
}
Page = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def ask(
    page: Page,
    *,
    body: Iterable[bytes] = (b"",),
    headers: Iterable[tuple[bytes, bytes]] = (),
    leave_after: int | None = None,
    **limits: Any,
) -> list[dict[str, Any]]:
    """Send one request through a bridge; ``leave_after`` messages of the answer the client is gone."""
    sent: list[dict[str, Any]] = []
    chunks = list(body)
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in chunks]
    messages[-1]["more_body"] = False

    async def run() -> None:
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if len(sent) == leave_after:
                gone.set()

        await Bridge(page, **limits)(SCOPE | {"headers": list(headers)}, receive, send)

    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have left a loop running in this thread
        apart.submit(asyncio.run, asyncio.wait_for(run(), 10)).result()
    return sent


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


def test_a_small_answer_goes_out_in_one_piece_with_its_repeated_headers():
    def page(environ, start):
        start("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"one ", b"two"]

    assert ask(page) == [
        {"type": "http.response.start", "status": 201, "headers": [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]},
        {"type": "http.response.body", "body": b"one two"},
    ]


@pytest.mark.parametrize("size", [0, IN_MEMORY - 1, IN_MEMORY + 1, 5 * IN_MEMORY])
def test_a_body_arrives_whole_whatever_its_size(size):
    content = bytes(number % 251 for number in range(size))
    pieces = [content[start : start + 70_000] for start in range(0, size, 70_000)] or [b""]
    assert b"".join(message.get("body", b"") for message in ask(echo, body=pieces)) == content


@pytest.mark.parametrize("headers", [[(b"content-length", b"4000")], []], ids=["declared", "undeclared"])
def test_a_body_over_the_limit_is_refused_before_a_page_runs(headers):
    sent = ask(lambda *_: pytest.fail("ran"), body=[b"x" * 2000, b"x" * 2000], headers=headers, max_body=3000)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize(
    "headers", [[(b"content-length", b"1"), (b"content-length", b"2")], [(b"content-length", b"q")]]
)
def test_a_length_that_cannot_be_is_refused(headers):
    assert ask(echo, headers=headers)[0]["status"] == 400


def test_the_page_sees_the_request_as_wsgi_says():
    seen: dict[str, Any] = {}

    def page(environ, start):
        seen.update(environ)
        start("204 No Content", [])
        return []

    ask(
        page,
        body=[b"abc"],
        headers=[
            (b"cookie", b"a=1"),
            (b"cookie", b"b=2"),
            (b"accept", b"text/html"),
            (b"accept", b"*/*"),
            (b"content-type", b"text/plain"),
            (b"x_forwarded_for", b"forged"),
        ],
    )
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_ACCEPT"] == "text/html,*/*"
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"]) == ("text/plain", "3")
    assert (seen["REMOTE_ADDR"], seen["QUERY_STRING"]) == ("10.0.0.7", "a=1")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/заявки"
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_a_long_answer_goes_out_block_by_block():
    def page(environ, start):
        start("200 OK", [])
        return (b"x" * 100_000 for _ in range(10))

    sent = ask(page)
    assert len(sent) > 3
    assert sum(len(message.get("body", b"")) for message in sent) == 1_000_000
    assert [message["more_body"] for message in sent[1:]] == [True] * (len(sent) - 2) + [False]


def test_a_file_is_sent_in_blocks_and_closed(tmp_path):
    file = (tmp_path / "file").open("wb+")
    file.write(b"y" * (ONE_PIECE * 3))
    file.seek(0)

    def page(environ, start):
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](file)

    sent = ask(page)
    assert sum(len(message.get("body", b"")) for message in sent) == ONE_PIECE * 3
    assert file.closed
    assert issubclass(Blocks, object)


def test_a_stream_stops_and_is_closed_in_its_own_thread_when_the_reader_leaves():
    told: dict[str, Any] = {"chunks": 0}

    class Endless:
        streaming = True

        def __iter__(self) -> Iterator[bytes]:
            told["ran"] = threading.get_ident()
            while told["chunks"] < 100_000:
                told["chunks"] += 1
                yield b"tick"

        def close(self) -> None:
            told["closed"] = threading.get_ident()

    def page(environ, start):
        start("200 OK", [])
        return Endless()

    ask(page, leave_after=5)
    assert told["chunks"] < 100_000
    assert told["closed"] == told["ran"] != threading.get_ident()


def test_a_page_that_raises_leaves_no_thread_behind():
    def broken(environ, start):
        raise RuntimeError("broken")

    for _ in range(20):
        with pytest.raises(RuntimeError, match="broken"):
            ask(broken, threads=1)
