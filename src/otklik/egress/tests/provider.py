"""A provider of access tokens that really answers, for the rooms that sign in by OAuth 2.0."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Provider(ThreadingHTTPServer):
    """Gives out access tokens for refresh tokens, each but once, and vouches for them (RFC 6749, RFC 7662)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.given, self.refresh, self.refuses = 0, "refresh-0", False
        self.life, self.refresh_life = 3600, 0
        self.asked: list[dict[str, list[str]]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, form: dict[str, list[str]]) -> tuple[int, dict[str, object]]:
        """What it says to one who asks for a token."""
        self.asked.append(form)
        if self.refuses or form.get("refresh_token") != [self.refresh] or form.get("client_secret") != ["shh"]:
            return 400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
        self.given += 1
        self.refresh = f"refresh-{self.given}"
        told = {"access_token": f"access-{self.given}", "expires_in": self.life, "refresh_token": self.refresh}
        return 200, told | ({"refresh_token_expires_in": self.refresh_life} if self.refresh_life else {})

    def knows(self, token: str) -> bool:
        """Whether this is the token given last."""
        return self.given > 0 and token == f"access-{self.given}"


class _Asked(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._say(*self.server.answer(form))

    def do_GET(self) -> None:
        token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
        self._say(200, {"active": True, "user": "desk"} if self.server.knows(token) else {"active": False})

    def _say(self, status: int, told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Provider]:
    """A provider while the block lasts."""
    one = Provider()
    try:
        yield one
    finally:
        one.shutdown()
        one.server_close()
