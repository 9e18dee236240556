"""Mailboxes as settings: adding and changing them, each change with its entry in the journal, secrets never told."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import transaction

from otklik import clock, database
from otklik.channels.models import AccessToken, Mailbox, Reading, ServerCount
from otklik.journal.record import Actor
from otklik.outbox.vault import seal
from otklik.people import keeping

FIELDS = frozenset(
    (
        *("name", "address", "aliases", "host", "port", "tls", "verify", "user", "folder", "after", "after_folder"),
        *(
            "since",
            "poll_seconds",
            "authserv_ids",
            "checks_dkim",
            "relay_networks",
            "relay_domains",
            "team",
            "language",
        ),
        *("staff_replies", "is_active", "sign_in", "token_url", "client_id", "scope"),
    )
)
SECRETS = {
    "password": "secret",
    "client_secret": "client_secret",
    "refresh_token": "refresh_token",
}  # of a form: column


PLACE = frozenset({"host", "user", "folder"})  # where letters lie: elsewhere the same numbers are other letters
_STAMP = "select coalesce(string_agg(concat_ws(':', id, xmin, ctid), ',' order by id), '') from channels_mailbox"


def known() -> dict[int, Mailbox]:
    """Every mailbox by its key, read anew only when one of them changed; nobody changes what this answers."""
    return _known(database.rows(_STAMP)[0][0])


@lru_cache(maxsize=2)
def _known(stamp: str) -> dict[int, Mailbox]:
    return {row.pk: row for row in Mailbox.objects.select_related("team")}


@transaction.atomic
def add(*, actor: Actor, **values: Any) -> Mailbox:
    """Add a mailbox; `SECRETS` in clear text are sealed. Raises people's `Refused`, `UnknownField`."""
    hidden = {column: seal(str(values.pop(name, "") or "")) for name, column in SECRETS.items()}
    given = keeping.known(values, FIELDS, "mailbox")
    item = Mailbox(**given, created_at=clock.now(), **hidden)
    item.save()
    keeping.tell_added(item, {name: _plain(given[name]) for name in given}, actor=actor)
    return item


@transaction.atomic
def change(mailbox: Mailbox, *, actor: Actor, note: str = "", **values: Any) -> Mailbox:
    """Change a mailbox; an empty secret keeps the stored one. Raises people's `Refused`, `UnknownField`."""
    hidden = {name: str(values.pop(name, "") or "") for name in SECRETS}
    given = keeping.known(values, FIELDS, "mailbox")
    was = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    changes = {
        name: [_plain(getattr(was, name)), _plain(value)]
        for name, value in given.items()
        if _plain(getattr(was, name)) != _plain(value)
    }
    for name in changes:
        setattr(was, name, given[name])
    for name, secret in hidden.items():
        if secret:
            setattr(was, SECRETS[name], seal(secret))
            changes[name] = ["•", "•"]  # that it changed is told, never what it was
    if changes.keys() & PLACE:
        was.place += 1
    if changes:
        was.save()
        if changes.keys() & {"token_url", "client_id", "client_secret", "refresh_token", "scope", "user"}:
            AccessToken.objects.filter(mailbox=was).delete()  # it belongs to other settings
        keeping.tell(was, changes, actor=actor, note=note)
    return was


def _plain(value: Any) -> Any:
    plain = keeping.plain(value)
    return plain.isoformat() if hasattr(plain, "isoformat") else plain


def look_now(mailbox: Mailbox) -> None:
    """Ask the reader of the mailbox not to wait."""
    Reading.objects.update_or_create(mailbox=mailbox, defaults={"wake_at": clock.now()})


@transaction.atomic
def explain_gaps(mailbox: Mailbox, *, actor: Actor) -> int:
    """A person says that the letters missing by the server's count were removed on purpose; how many these were."""
    from otklik.channels import balance

    total = 0
    for count in ServerCount.objects.select_for_update().filter(mailbox=mailbox):
        missing = balance.missing(count)
        if missing:
            ServerCount.objects.filter(pk=count.pk).update(explained=count.explained + missing)
            total += missing
    if total:
        keeping.tell(mailbox, {"explained_gaps": [0, total]}, actor=actor)
    return total
