"""Access tokens of mailboxes that sign in by OAuth 2.0 (RFC 6749 §6, XOAUTH2): fetched early, so that mail never stops.

A token is renewed when half of its life is over. A provider that refuses then is an alarm while the old token still
opens the mailbox; so is a refresh token that ends within a week.
"""

from __future__ import annotations

from django.db import transaction

from otklik import clock
from otklik.channels import intake
from otklik.channels.models import AccessToken, Mailbox
from otklik.egress.tokens import WARN_BEFORE, Refusal, is_alive, is_fresh
from otklik.outbox.renewal import renewed
from otklik.outbox.vault import unseal


def access_token(mailbox: Mailbox) -> str:
    """A token that opens the mailbox now, renewed when half of its life is over. Raises `Refusal`."""
    with transaction.atomic():
        intake.lock(f"token:{mailbox.pk}")  # one asker at a time: a provider may give each refresh token but once
        row = AccessToken.objects.filter(mailbox=mailbox).first()
        now = clock.now()
        if row is not None and is_fresh(row.got_at, row.until, now):
            return unseal(row.token)
        alive = row is not None and is_alive(row.until, now)
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
    values = renewed(mailbox, row.refresh_token if row is not None else "")
    return AccessToken.objects.update_or_create(mailbox=mailbox, defaults=values)[0]


def _note(mailbox: Mailbox, row: AccessToken | None, refusal: Refusal) -> None:
    """An alarm now, while the old token may still do, for a provider's no; one that keeps silent is asked again."""
    if refusal.code == "token_refused":
        intake.alarm(mailbox, "token", address=mailbox.address, detail=str(refusal))
    if row is not None:
        AccessToken.objects.filter(pk=row.pk).update(refused=str(refusal)[:500])


def _warn(mailbox: Mailbox, row: AccessToken) -> None:
    if row.refresh_until is not None and row.refresh_until - clock.now() < WARN_BEFORE:
        intake.alarm(mailbox, "token_ends", address=mailbox.address, detail=row.refresh_until.date().isoformat())
