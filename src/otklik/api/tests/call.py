"""Calling the API in tests as a program would: a token, JSON in, JSON out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser

from otklik import clock
from otklik.journal.record import SYSTEM
from otklik.people import tokens
from otklik.people.models import Organisation, Person
from otklik.people.scopes import SCOPES

ALL = frozenset(SCOPES)
BASE = "/api/v1"


def token(owner: Person, *scopes: str, organisation: Organisation | None = None, days: int = 30) -> str:
    """The secret of a new token; without scopes named, all of them."""
    until = clock.now() + timedelta(days=days)
    return tokens.issue(
        name="test",
        owner=owner,
        scopes=scopes or sorted(ALL),
        expires_at=until,
        organisation=organisation,
        actor=SYSTEM,
    )[1]


class Api:
    """Calls with one token: ``Api(secret).post("/tickets", {...})``; it answers like Django's test client."""

    def __init__(self, secret: str = "", **headers: str) -> None:
        self.browser = Browser(raise_request_exception=False)
        self.headers = headers | ({"Authorization": f"Bearer {secret}"} if secret else {})

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """One call."""
        body = {} if data is None else {"data": data, "content_type": "application/json"}
        return self.browser.generic(  # type: ignore[return-value]
            method, BASE + path, headers=self.headers | headers, **_encoded(body)
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, {} if data is None else data, **headers)

    def put(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self.call("PUT", path, {} if data is None else data, **headers)

    def patch(self, path: str, data: Any, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, data, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


def _encoded(body: dict[str, Any]) -> dict[str, Any]:
    import json

    if not body:
        return {}
    data = body["data"]
    return body | {"data": data if isinstance(data, str | bytes) else json.dumps(data)}


def by(owner: Person, *scopes: str, **values: Any) -> Api:
    """The API as a token of this person."""
    return Api(token(owner, *scopes, **values))
