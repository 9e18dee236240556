"""A letter as programs read it: the JSON form of `otklik mail parse` and `mail pipe` (architecture.md §5)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from . import identity
from .message import Letter
from .sandbox import Nursery, Parked

if TYPE_CHECKING:
    from otklik.channels.models import Inbound


def as_json(letter: Letter, *, sender: str = identity.UNVERIFIED) -> dict[str, Any]:
    """The promised form; outcome, ticket, message and reason are filled by intake."""
    return {
        "outcome": None,
        "ticket": None,
        "message": None,
        "reason": letter.automatic or None,
        "from": {"name": letter.author.name, "address": letter.author.address},
        "sender": sender,
        "automatic": bool(letter.automatic),
        "subject": letter.subject,
        "text": letter.text,
        "reply": letter.cut.reply,
        "attachments": [
            {"name": one.name, "type": one.type, "size": one.size, "sha256": one.sha256} for one in letter.attachments
        ],
    }


def parked_as_json(parked: Parked) -> dict[str, Any]:
    """The same form for a letter that could not be understood."""
    return {
        "outcome": "parked",
        "ticket": None,
        "message": None,
        "reason": parked.reason,
        "from": {"name": "", "address": ""},
        "sender": identity.UNVERIFIED,
        "automatic": False,
        "subject": "",
        "text": "",
        "reply": "",
        "attachments": [],
    }


def parse_command(files: Iterable[str | Path], *, out: TextIO | None = None) -> int:
    """Print one JSON line for each file, in order; writes nothing else.

    Answers the exit code: 0, 1 when a letter was parked, 2 when a file cannot be read.
    """
    out = out or sys.stdout
    code = 0
    with Nursery() as nursery:
        for file in files:
            try:
                raw = Path(file).read_bytes()
            except OSError as error:
                sys.stderr.write(f"{file}: {error.strerror}\n")
                code = 2
                continue
            answer = nursery.parse(raw)
            if isinstance(answer, Parked):
                code = max(code, 1)
                record = parked_as_json(answer)
            else:
                record = as_json(answer, sender=identity.sender_state(answer))
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return code


def of(row: Inbound, letter: Letter | None) -> dict[str, Any]:
    """The same form for a letter of the ledger, with what became of it."""
    told = as_json(letter, sender=row.verdict or identity.UNVERIFIED) if letter else parked_as_json(Parked(""))
    if letter is None:
        told["from"] = {"name": row.sender_name, "address": row.sender_address}
        told["subject"], told["sender"] = row.subject, row.verdict or identity.UNVERIFIED
        told["automatic"] = bool(row.automatic)
    told["outcome"] = row.outcome or None
    told["ticket"] = row.ticket.number if row.ticket else None
    told["message"] = str(row.message_id) if row.message_id else None
    told["reason"] = row.reason or row.automatic or None
    return told
