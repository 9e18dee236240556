"""How mail leaves: the versions of the mail server's settings, and the address under which people find the desk."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.forms.models import model_to_dict

from otklik import database
from otklik.outbox.models import Sender
from otklik.outbox.vault import seal


def current() -> Sender | None:
    """The version that counts, or None while mail was never set up."""
    row = database.row("select id, xmin::text || ctid::text from outbox_sender order by id desc limit 1")
    return copy(_version(*row)) if row else None


@lru_cache(maxsize=8)
def _version(pk: int, stamp: str) -> Sender:
    """A version, read once; ``stamp`` changes with the row."""
    return Sender.objects.get(pk=pk)


SECRETS = ("secret", "client_secret", "refresh_token")


def configure(*, made_by: int | None = None, **changes: Any) -> Sender:
    """Add a version: the last one with some fields changed. `SECRETS` are clear text; None keeps the old one."""
    before = current()
    values = model_to_dict(before, exclude=["id"]) if before else {}
    secrets = {name: seal(told) for name in SECRETS if (told := changes.pop(name, None)) is not None}
    values |= changes | secrets | {"made_by": made_by}
    values.pop("made_at", None)
    return Sender.objects.create(**values)


def trapping(sender: Sender | None) -> bool:
    """True while nothing may leave: a demo, or mail that is not set up."""
    return bool(settings.DEMO or sender is None or not sender.host)


def holding(sender: Sender | None) -> bool:
    """True while letters wait for a person's word, as after a restore."""
    return sender is not None and sender.holding


def base_url() -> str:
    """The address of the desk for links in letters, without a slash at its end."""
    sender = current()
    return str(sender.base_url.rstrip("/") if sender and sender.base_url else settings.BASE_URL)


def mail_domain(sender: Sender | None) -> str:
    """The domain of reply addresses and Message-IDs."""
    if sender is None:
        return "otklik.invalid"
    return sender.reply_domain or sender.from_address.rpartition("@")[2]


def mail_box(sender: Sender | None) -> str:
    """The local part of reply addresses, before the plus sign."""
    if sender is None:
        return "desk"
    return sender.reply_mailbox or sender.from_address.rpartition("@")[0]
