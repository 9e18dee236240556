"""Access tokens of mailboxes that sign in by OAuth 2.0 (RFC 6749 §6, XOAUTH2): fetched early, so that mail never stops.

A token is renewed when half of its life is over. A provider that refuses then is an alarm while the old token still
opens the mailbox; so is a refresh token that ends within a week.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from django.db import transaction

from otklik import clock, egress
from otklik.channels import intake
from otklik.channels.models import AccessToken, Mailbox
from otklik.egress.client import TooLarge
from otklik.outbox.headers import clean
from otklik.outbox.vault import seal, unseal

MARGIN = timedelta(seconds=60)  # before its end a token counts as over: clocks differ
LIFE = 3600  # seconds, where the provider says nothing
LONGEST = 90 * 24 * 3600  # seconds that are believed
WARN_BEFORE = timedelta(days=7)  # the end of a refresh token


class Refusal(Exception):
    """The provider gave no token; ``code`` for ``wording.trouble``, the text is its own."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def access_token(mailbox: Mailbox) -> str:
    """A token that opens the mailbox now, renewed when half of its life is over. Raises `Refusal`."""
    with transaction.atomic():
        intake.lock(f"token:{mailbox.pk}")  # one asker at a time: a provider may give each refresh token but once
        row = AccessToken.objects.filter(mailbox=mailbox).first()
        now = clock.now()
        alive = row is not None and now < row.until - MARGIN
        if row is not None and alive and now < row.got_at + (row.until - row.got_at) / 2:
            return unseal(row.token)
        try:
            row = _renewed(mailbox, row)
        except Refusal as refusal:
            _note(mailbox, row, refusal)
            if not alive or row is None:
                failure = refusal
            else:
                return unseal(row.token)
        else:
            _warn(mailbox, row)
            return unseal(row.token)
    raise failure  # outside of the transaction: what was noted stays


def _renewed(mailbox: Mailbox, row: AccessToken | None) -> AccessToken:
    refresh = unseal(row.refresh_token) if row is not None and row.refresh_token else unseal(mailbox.refresh_token)
    fields = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": mailbox.client_id}
    if mailbox.client_secret:
        fields["client_secret"] = unseal(mailbox.client_secret)
    if mailbox.scope:
        fields["scope"] = mailbox.scope
    told = _asked(mailbox.token_url, fields)
    now = clock.now()
    values: dict[str, Any] = {
        "token": seal(str(told["access_token"])),
        "got_at": now,
        "until": now + timedelta(seconds=_seconds(told.get("expires_in"), LIFE)),
        "refused": "",
    }
    if told.get("refresh_token"):
        values["refresh_token"] = seal(str(told["refresh_token"]))
    if told.get("refresh_token_expires_in"):
        values["refresh_until"] = now + timedelta(seconds=_seconds(told["refresh_token_expires_in"], LONGEST))
    return AccessToken.objects.update_or_create(mailbox=mailbox, defaults=values)[0]


def _asked(url: str, fields: dict[str, str]) -> dict[str, Any]:
    """The provider's answer. Raises `Refusal`: "token_refused" for its no, "token_server" when it cannot be asked."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = egress.fetch("POST", url, body=urlencode(fields).encode(), headers=headers)
        told = json.loads(answer.content)
    except (egress.Refused, TooLarge, httpx.HTTPError, ValueError) as problem:
        raise Refusal("token_server", clean(f"{type(problem).__name__}: {problem}", 300)) from problem
    told = told if isinstance(told, dict) else {}
    if answer.status_code >= 500:
        raise Refusal("token_server", str(answer.status_code))
    if answer.status_code != 200 or not told.get("access_token"):
        said = " ".join(str(told.get(name, "")) for name in ("error", "error_description")).strip()
        raise Refusal("token_refused", clean(said or str(answer.status_code), 300))
    return told


def _seconds(value: Any, otherwise: int) -> int:
    try:
        return max(1, min(LONGEST, int(value)))
    except (TypeError, ValueError):
        return otherwise


def _note(mailbox: Mailbox, row: AccessToken | None, refusal: Refusal) -> None:
    """An alarm now, while the old token may still do, for a provider's no; one that keeps silent is asked again."""
    if refusal.code == "token_refused":
        intake.alarm(mailbox, "token", address=mailbox.address, detail=str(refusal))
    if row is not None:
        AccessToken.objects.filter(pk=row.pk).update(refused=str(refusal)[:500])


def _warn(mailbox: Mailbox, row: AccessToken) -> None:
    if row.refresh_until is not None and row.refresh_until - clock.now() < WARN_BEFORE:
        intake.alarm(mailbox, "token_ends", address=mailbox.address, detail=_day(row.refresh_until))


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
