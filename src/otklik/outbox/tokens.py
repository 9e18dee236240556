"""The access token by which we sign in to the server that takes our mail (OAuth 2.0, RFC 6749 §6, XOAUTH2).

As for mailboxes: renewed when half of its life is over, looked at every ten minutes, so that a provider's refusal is an
alarm while the old token still does. What the provider gave belongs to the settings it was given for, not to a version.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from otklik import clock
from otklik.egress.tokens import WARN_BEFORE, Refusal, is_alive, is_fresh
from otklik.outbox.alarms import alarm
from otklik.outbox.models import Sender, SenderToken
from otklik.outbox.renewal import renewed
from otklik.outbox.sender import current
from otklik.outbox.vault import mark, unseal

FORGET = timedelta(days=90)  # tokens of settings that nobody uses any more


def access_token(sender: Sender) -> str:
    """A token that the mail server takes now, renewed when half of its life is over. Raises `Refusal`."""
    name = _belongs_to(sender)
    with transaction.atomic():
        with connection.cursor() as cursor:  # one asker at a time: a provider may give each refresh token but once
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"sender-token:{name}",))
        row = SenderToken.objects.filter(belongs_to=name).first()
        now = clock.now()
        if row is not None and is_fresh(row.got_at, row.until, now):
            return unseal(row.token)
        try:
            row = _renewed(sender, name, row)
        except Refusal as refusal:
            _note(sender, row, refusal)
            if row is None or not is_alive(row.until, now):
                failure = refusal
            else:
                return unseal(row.token)
        else:
            _warn(sender, row)
            return unseal(row.token)
    raise failure  # outside of the transaction: what was noted stays


def keep_fresh() -> None:
    """Renew in time, whether letters leave or not: the alarm has to come before mail stops."""
    sender = current()
    if sender is None or not sender.host or sender.sign_in != "oauth2":
        return
    try:
        access_token(sender)
    except Refusal:
        return  # noted, with its alarm
    SenderToken.objects.filter(got_at__lt=clock.now() - FORGET).delete()


def distrust(sender: Sender) -> None:
    """The mail server did not take our token: fetch another one at the next try."""
    SenderToken.objects.filter(belongs_to=_belongs_to(sender)).update(until=clock.now())


def _belongs_to(sender: Sender) -> str:
    """The settings a token was given for, as a mark that tells nothing of them."""
    secrets = (unseal(sender.client_secret), unseal(sender.refresh_token))
    return mark("\n".join(("sender token", sender.user, sender.token_url, sender.client_id, sender.scope, *secrets)))


def _renewed(sender: Sender, name: str, row: SenderToken | None) -> SenderToken:
    values = renewed(sender, row.refresh_token if row is not None else "")
    return SenderToken.objects.update_or_create(belongs_to=name, defaults=values)[0]


def _note(sender: Sender, row: SenderToken | None, refusal: Refusal) -> None:
    """An alarm for a provider's no; one that keeps silent is asked again."""
    if refusal.code == "token_refused":
        alarm(sender, "token_out", str(refusal))
    if row is not None:
        SenderToken.objects.filter(pk=row.pk).update(refused=str(refusal)[:500])


def _warn(sender: Sender, row: SenderToken) -> None:
    if row.refresh_until is not None and row.refresh_until - clock.now() < WARN_BEFORE:
        alarm(sender, "token_out_ends", row.refresh_until.date().isoformat())
