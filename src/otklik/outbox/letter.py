"""A letter as the rooms above write it: plain values, one recipient, nothing sent yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

AutoSubmitted = Literal["", "auto-generated", "auto-replied"]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file by reference: ``ref`` is ``kind:key``, opened by the opener that a room registered for the kind."""

    name: str
    type: str
    ref: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address.

    ``about``: (kind, id) of its subject, e.g. ``("ticket", 17)``; letters about one subject reach a recipient in order.
    ``number``: what stands in the subject line as ``[#4821]``. ``person``: id of the recipient. A letter about a ticket
    gets a signed Message-ID and reply address; ``message`` (id of the ticket's message) or else ``entry`` (id of the
    journal entry that caused it) makes the Message-ID, so that one recipient gets one letter of each, however often it
    is posted. ``automatic``: no person wrote it. ``auto_submitted``: RFC 3834 value of automatic mail.
    ``confidential``: the text is erased once sent (sign-in links). ``references``: Message-IDs, oldest first.
    """

    to: str
    subject: str
    text: str
    kind: str
    html: str = ""
    name: str = ""
    person: int | None = None
    about: tuple[str, int] | None = None
    number: int | None = None
    message: int | None = None
    automatic: bool = True
    auto_submitted: AutoSubmitted = "auto-generated"
    confidential: bool = False
    references: tuple[str, ...] = ()
    message_id: str = ""
    reply_to: str = ""
    author: str = ""
    language: str = ""
    attachments: tuple[Attached, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None
    entry: int | None = None
