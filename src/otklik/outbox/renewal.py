"""One renewal of an access token, for mail in and mail out alike: ask the provider, and say what to keep of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from otklik import clock
from otklik.egress.tokens import Provider, Refusal, ask
from otklik.outbox.headers import clean
from otklik.outbox.vault import seal, unseal


class Settings(Protocol):
    """Where a mailbox, or the way out, gets its tokens; secrets are sealed."""

    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    scope: str


def renewed(settings: Settings, refresh_token: str) -> dict[str, Any]:
    """Values of the token's row, sealed; ``refresh_token``: the sealed one given last, if any. Raises `Refusal`."""
    provider = Provider(
        url=settings.token_url,
        client_id=settings.client_id,
        client_secret=unseal(settings.client_secret),
        refresh_token=unseal(refresh_token or settings.refresh_token),
        scope=settings.scope,
    )
    try:
        grant = ask(provider)
    except Refusal as refusal:
        raise Refusal(refusal.code, clean(str(refusal), 300)) from refusal
    now = clock.now()
    values: dict[str, Any] = {"token": seal(grant.token), "got_at": now, "refused": ""}
    values["until"] = now + timedelta(seconds=grant.seconds)
    if grant.refresh_token:
        values["refresh_token"] = seal(grant.refresh_token)
    if grant.refresh_seconds is not None:
        values["refresh_until"] = now + timedelta(seconds=grant.refresh_seconds)
    return values
