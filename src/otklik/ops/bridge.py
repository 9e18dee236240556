"""WSGI pages behind an ASGI server: one port for pages in threads and for streams in coroutines.

The whole request is read before a thread is taken, so that a slow sender holds none; a small answer goes out in one
piece, a long one block by block, no faster than the reader takes it, and stops when the reader leaves. The page and
its ``close()`` run in one thread, where Django keeps the request's database connection. Measured against
``asgiref.wsgi.WsgiToAsgi`` in docs/decisions/0001-one-port.md.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

MAX_BODY = 64 * 1024 * 1024  # bytes of one request; Django and the attachments have smaller limits of their own
IN_MEMORY = 512 * 1024  # bytes of a request kept out of a temporary file
ONE_PIECE = 256 * 1024  # bytes of an answer collected before anything is sent
BLOCK = 128 * 1024  # bytes read at once from a file that is sent
PATIENCE = 60.0  # seconds a reader may take for one block


class Gone(Exception):
    """The client left."""


class TooLarge(Exception):
    """The request is larger than allowed."""


class Blocks:
    """A file to send, in blocks; offered to Django as ``wsgi.file_wrapper``."""

    def __init__(self, file: IO[bytes], _size: int = BLOCK) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(BLOCK), b"")

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Bridge:
    """An ASGI application that runs a WSGI one.

    Args:
        pages: the WSGI application.
        threads: how many pages may run at a time; the rest wait their turn.
        max_body: largest request in bytes; above it the answer is 413.
    """

    def __init__(self, pages: Callable[..., Iterable[bytes]], *, threads: int = 8, max_body: int = MAX_BODY) -> None:
        self.pages, self.max_body = pages, max_body
        self.threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body, size = await self._read(scope, receive)
        except Gone:
            return
        except TooLarge:
            await refuse(send, 413, "Too large")
            return
        except ValueError:
            await refuse(send, 400, "Bad request")
            return
        answer = Answer(asyncio.get_running_loop(), receive, send)
        try:
            rest = await answer.loop.run_in_executor(self.threads, answer.run, self.pages, environ(scope, body, size))
        except Gone:
            return
        finally:
            answer.unwatch()
        if not answer.streaming:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": rest})

    async def _read(self, scope: Scope, receive: Receive) -> tuple[IO[bytes], int]:
        """The whole body and its size in bytes, in memory while it is small."""
        declared = {value for name, value in scope["headers"] if name == b"content-length"}
        if len(declared) > 1:
            raise ValueError("two lengths")
        if declared and int(declared.pop()) > self.max_body:
            raise TooLarge
        body: IO[bytes] = BytesIO()
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size > self.max_body:
                raise TooLarge
            if size > IN_MEMORY and isinstance(body, BytesIO):
                body = _spooled(body)
            body.write(chunk)
        body.seek(0)
        return body, size


class Answer:
    """One run of the WSGI application in a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self.loop, self.receive, self.send = loop, receive, send
        self.status, self.headers = 500, Headers()
        self.streaming = False
        self.gone = False
        self._watch: asyncio.Task[None] | None = None

    def run(self, pages: Callable[..., Iterable[bytes]], environ: Environ) -> bytes:
        """Run the page in this thread; what fits one piece is returned, what does not is sent from here.

        Raises:
            Gone: the client left before it had everything.
        """
        chunks = pages(environ, self._start)
        try:
            return self._gather(chunks)
        finally:
            environ["wsgi.input"].close()
            if close := getattr(chunks, "close", None):
                close()

    def unwatch(self) -> None:
        """Stop listening for the client's leaving."""
        if self._watch:
            self._watch.cancel()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info and self.streaming:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self._write

    def _write(self, chunk: bytes) -> None:
        raise NotImplementedError("the write() callable of WSGI is of the last century; Django does not use it")

    def _gather(self, chunks: Iterable[bytes]) -> bytes:
        if isinstance(chunks, list | tuple) and len(chunks) == 1:
            return bytes(chunks[0])
        pieces, size = list[bytes](), 0
        gathers = _gathers(chunks)
        for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > ONE_PIECE or not gathers:
                self._flush(pieces)
                pieces, size = [], 0
        rest = b"".join(pieces)
        if self.streaming:
            self._await({"type": "http.response.body", "body": rest, "more_body": False})
        return rest

    def _flush(self, pieces: list[bytes]) -> None:
        if not self.streaming:
            self.streaming = True
            self.loop.call_soon_threadsafe(self._start_watch)
            self._await({"type": "http.response.start", "status": self.status, "headers": self.headers})
        self._await({"type": "http.response.body", "body": b"".join(pieces), "more_body": True})

    def _await(self, message: Message) -> None:
        if self.gone:
            raise Gone
        sent = asyncio.run_coroutine_threadsafe(_send(self.send, message), self.loop)
        try:
            sent.result(PATIENCE)
        except Exception as problem:
            sent.cancel()
            raise Gone from problem

    def _start_watch(self) -> None:
        self._watch = self.loop.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            continue
        self.gone = True


async def refuse(send: Send, status: int, words: str) -> None:
    """Answer without asking the pages."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})


def environ(scope: Scope, body: IO[bytes], size: int) -> Environ:
    """The WSGI view of an ASGI request (PEP 3333); a repeated header is joined, a cookie by ``;``.

    A name with an underscore is dropped: after the mapping it could not be told from the same name with hyphens, which
    a proxy in front may have set.
    """
    host, port = scope.get("server") or ("localhost", 80)
    made: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin-1"),
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": Blocks,
    }
    if client := scope.get("client"):
        made["REMOTE_ADDR"], made["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name or raw_name == b"content-length":
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        joint = "; " if name == "COOKIE" else ","
        made[key] = f"{made[key]}{joint}{value}" if key in made else value
    return made


def _gathers(chunks: Iterable[bytes]) -> bool:
    """False for a stream whose chunks should go out as they come."""
    return not getattr(chunks, "streaming", False) or isinstance(chunks, Blocks)


async def _send(send: Send, message: Message) -> None:
    await send(message)


def _spooled(start: BytesIO) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115 - closed by the run that reads it
    file.write(start.getvalue())
    return file
