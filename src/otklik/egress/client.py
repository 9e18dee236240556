"""The httpx client that goes only where it may, and reads no more than it should."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from otklik.egress.addresses import Allowed, Refused, check
from otklik.settings import words

log = logging.getLogger("otklik.egress")
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 10.0  # seconds
WHOLE_TIMEOUT = 30.0  # seconds for one answer, however slowly it drips
MAX_ANSWER = 1024 * 1024  # bytes, after decompression
DEFAULT_PORTS = {"http": 80, "https": 443}

Resolver = Callable[[str, int], list[str]]
refused: list[Callable[[Refused], None]] = []  # called for each refusal; a room above writes it to the access log


class TooLarge(Exception):
    """The answer is longer, or takes longer, than we read."""


def allowed() -> tuple[Allowed, ...]:
    """Internal targets that the operator permits: ``OTKLIK_EGRESS_ALLOW=10.1.2.0/24:8443,…``."""
    return tuple(Allowed.parse(word) for word in words("OTKLIK_EGRESS_ALLOW"))


def resolve(host: str, port: int) -> list[str]:
    """Every address of the host, as the system's resolver knows it; [] if there is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Gate(httpx.BaseTransport):
    """Checks the target, then connects to the checked address under the name of the host (Host header and SNI).

    The name is resolved once, so that it cannot answer differently between check and connection.
    """

    def __init__(self, words: Iterable[Allowed] = (), *, resolver: Resolver = resolve, verify: Any = True) -> None:
        self.words, self.resolver = tuple(words), resolver
        self.inner = httpx.HTTPTransport(verify=verify, trust_env=False, retries=0, http2=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address; raises Refused, or httpx.TransportError."""
        try:
            address, name = self._target(request.url)
        except Refused as refusal:
            raise _refuse(refusal) from None
        headers = [(key, value) for key, value in request.headers.raw if key.lower() != b"host"]
        there = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=[(b"Host", request.url.netloc), *headers],
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": name},
        )
        answer = self.inner.handle_request(there)
        answer.stream = _Bounded(answer.stream)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()

    def _target(self, url: httpx.URL) -> tuple[str, str]:
        if url.scheme not in DEFAULT_PORTS:
            raise Refused("scheme", url.scheme)
        if url.userinfo:
            raise Refused("credentials_in_url", url.host)
        name = url.raw_host.decode("ascii")
        port = url.port or DEFAULT_PORTS[url.scheme]
        return check(name, self.resolver(name.strip("[]"), port), port, self.words), name.strip("[]")


def _refuse(refusal: Refused) -> Refused:
    log.warning("refused: %s", refusal)
    for listener in refused:
        listener(refusal)
    return refusal


class _Bounded(httpx.SyncByteStream):
    """A stream that ends with TooLarge where the answer goes on too long."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[bytes]:
        read, end = 0, time.monotonic() + WHOLE_TIMEOUT
        for chunk in self.stream:
            read += len(chunk)
            if read > MAX_ANSWER or time.monotonic() > end:
                raise TooLarge(f"more than {MAX_ANSWER} bytes or {WHOLE_TIMEOUT:.0f} s")
            yield chunk

    def close(self) -> None:
        self.stream.close()


def client(words: Iterable[Allowed] | None = None, *, resolver: Resolver = resolve, verify: Any = True) -> httpx.Client:
    """An httpx client behind the gate: no redirects, no proxies from the environment, 5/10 s timeouts.

    Answers come as they are (no compression is asked for), so that the limit counts what is really read.
    """
    return httpx.Client(
        transport=Gate(allowed() if words is None else words, resolver=resolver, verify=verify),
        timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "Otklik"},
    )


def fetch(method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
    """One request through the gate, its bounded answer read.

    Raises Refused, TooLarge, httpx.TransportError. An answer in a compressed form is refused as TooLarge: it may be a
    bomb, and we asked for none.
    """
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:  # among them host names that only look like numbers
        raise _refuse(Refused("address_form", url)) from error
    with client() as session, session.stream(method, target, content=body or None, headers=headers) as answer:
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise TooLarge("a compressed answer")
        answer.read()
        return answer
