"""Mailboxes as settings: adding and changing them, each change with its entry in the journal, secrets never told."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from otklik import clock
from otklik.channels.models import Mailbox, Reading, ServerCount
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
        *("staff_replies", "is_active"),
    )
)


@transaction.atomic
def add(*, actor: Actor, password: str = "", **values: Any) -> Mailbox:
    """Add a mailbox; ``password`` in clear text is sealed. Raises people's `Refused`, `UnknownField`."""
    given = keeping.known(values, FIELDS, "mailbox")
    item = Mailbox(**given, created_at=clock.now(), secret=seal(password))
    item.save()
    keeping.tell_added(item, {name: _plain(given[name]) for name in given}, actor=actor)
    return item


@transaction.atomic
def change(mailbox: Mailbox, *, actor: Actor, password: str = "", note: str = "", **values: Any) -> Mailbox:
    """Change a mailbox; an empty password keeps the stored one. Raises people's `Refused`, `UnknownField`."""
    given = keeping.known(values, FIELDS, "mailbox")
    was = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    changes = {
        name: [_plain(getattr(was, name)), _plain(value)]
        for name, value in given.items()
        if _plain(getattr(was, name)) != _plain(value)
    }
    for name in changes:
        setattr(was, name, given[name])
    if password:
        was.secret = seal(password)
        changes["password"] = ["•", "•"]  # that it changed is told, never what it was
    if changes:
        was.save()
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
