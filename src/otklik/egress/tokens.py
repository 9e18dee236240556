"""A provider's access tokens (OAuth 2.0, RFC 6749 §6): asked for with a refresh token, for mail in and mail out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from otklik.egress.addresses import Refused
from otklik.egress.client import TooLarge, fetch

MARGIN = timedelta(seconds=60)  # before its end a token counts as over: clocks differ
LIFE = 3600  # seconds, where the provider says nothing
LONGEST = 90 * 24 * 3600  # seconds that are believed
WARN_BEFORE = timedelta(days=7)  # the end of a refresh token


class Refusal(Exception):
    """The provider gave no token: "token_refused" for its no, "token_server" when it cannot be asked; its own words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Where to ask and as whom; everything in clear text."""

    url: str
    client_id: str
    client_secret: str = ""
    refresh_token: str
    scope: str = ""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What the provider gave: a token for so many seconds, perhaps another refresh token, perhaps its end."""

    token: str
    seconds: int
    refresh_token: str = ""
    refresh_seconds: int | None = None


def is_alive(until: datetime, now: datetime) -> bool:
    """Whether a token still opens anything."""
    return now < until - MARGIN


def is_fresh(got_at: datetime, until: datetime, now: datetime) -> bool:
    """Whether a token need not be renewed yet: half of its life is still to come."""
    return is_alive(until, now) and now < got_at + (until - got_at) / 2


def ask(provider: Provider) -> Grant:
    """A new access token. Raises `Refusal`; its text is bounded, and not cleaned for people."""
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": provider.refresh_token,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "scope": provider.scope,
    }
    told = _answer(provider.url, {name: value for name, value in fields.items() if value or name == "refresh_token"})
    ends = told.get("refresh_token_expires_in")
    return Grant(
        token=str(told["access_token"]),
        seconds=_seconds(told.get("expires_in"), LIFE),
        refresh_token=str(told.get("refresh_token") or ""),
        refresh_seconds=_seconds(ends, LONGEST) if ends else None,
    )


def _answer(url: str, fields: dict[str, str]) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = fetch("POST", url, body=urlencode(fields).encode(), headers=headers)
        told = json.loads(answer.content)
    except (Refused, TooLarge, httpx.HTTPError, ValueError) as problem:
        raise Refusal("token_server", f"{type(problem).__name__}: {problem}"[:1_000]) from problem
    told = told if isinstance(told, dict) else {}
    if answer.status_code >= 500:
        raise Refusal("token_server", str(answer.status_code))
    if answer.status_code != 200 or not told.get("access_token"):
        said = " ".join(str(told.get(name, "")) for name in ("error", "error_description")).strip()
        raise Refusal("token_refused", (said or str(answer.status_code))[:1_000])
    return told


def _seconds(value: Any, otherwise: int) -> int:
    try:
        return max(1, min(LONGEST, int(value)))
    except (TypeError, ValueError):
        return otherwise
