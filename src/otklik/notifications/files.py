"""Files of a message in a letter: attached while they are small together, else named with links (domain.md §2.1)."""

from __future__ import annotations

from urllib.parse import quote

from otklik.journal.questions import Question
from otklik.outbox.attachments import openers
from otklik.outbox.letter import Attached
from otklik.people import standing
from otklik.tickets.attachments import MB, path_of
from otklik.tickets.models import Attachment, Message

MAX_ATTACHED = 10 * MB  # of one letter in all; more are links
HIDDEN = frozenset({"infected", "pending"})  # not downloadable, so not mailed either
KIND = "attachment"
_FILES = Question(lambda message: Attachment.objects.filter(message=message).order_by("position"))


def _open(sha256: str) -> bytes:
    return path_of(sha256).read_bytes()


def register() -> None:
    """Tell the outbox how the bytes of a ticket's file are found: by their digest."""
    openers[KIND] = _open


def split(message: Message | None, *, attach: bool) -> tuple[tuple[Attached, ...], list[tuple[str, int, str]]]:
    """The files of a message that travel with the letter, and those that are links: (name, size, address)."""
    if message is None:
        return (), []
    rows = [row for row in _FILES.all(message.pk) if row.scan not in HIDDEN and not row.is_inline]
    if attach and sum(row.size for row in rows) <= MAX_ATTACHED:
        return tuple(Attached(row.name, row.type, f"{KIND}:{row.sha256}", row.size) for row in rows), []
    return (), [(row.name, row.size, address_of(row)) for row in rows]


def address_of(row: Attachment) -> str:
    """Where a person who may see it downloads the file."""
    return standing.link(f"/files/{row.pk}/{quote(row.name, safe='')}")
