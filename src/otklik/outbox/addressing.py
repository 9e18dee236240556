"""Signed reply addresses and message ids: the only things by which an answer finds its ticket (domain.md §10.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

SIGNATURE_BYTES = 16  # the first 128 bits
_SIGNATURE_CHARS = 26  # of base32 without padding


@dataclass(frozen=True)
class Keys:
    """Secrets by version; `current` signs, all of them verify (old ones stay valid two years)."""

    current: int
    secrets: Mapping[int, bytes]


@dataclass(frozen=True)
class ReplyAddress:
    """What a valid signed reply address says."""

    ticket: int
    recipient: int


@dataclass(frozen=True)
class MessageId:
    """What a valid signed message id says."""

    ticket: int
    message: int


def _signature(keys: Keys, version: int, *facts: object) -> str:
    text = "|".join(str(fact) for fact in (version, *facts))
    digest = hmac.new(keys.secrets[version], text.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:SIGNATURE_BYTES]).decode("ascii").rstrip("=").lower()


def _valid(keys: Keys, given: str, *facts: object) -> bool:
    """Compare with every key in constant time; mail programs may change the case."""
    given = given.lower()
    if len(given) != _SIGNATURE_CHARS or not given.isascii():
        return False
    matches = [hmac.compare_digest(given, _signature(keys, version, *facts)) for version in keys.secrets]
    return True in matches  # every key was tried: the time tells nothing


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    number = int(text)
    return number if str(number) == text else None  # "007" is no number of ours


def message_id(ticket: int, message: int, *, domain: str, keys: Keys) -> str:
    """`<ot.{ticket}.{message}.{sig}@domain>`, the id of a letter of ours."""
    sig = _signature(keys, keys.current, "id", ticket, message)
    return f"<ot.{ticket}.{message}.{sig}@{domain}>"


def reply_address(ticket: int, recipient: int, *, local: str = "desk", domain: str, keys: Keys) -> str:
    """`desk+{ticket}.{recipient}.{sig}@domain`, the address by which this recipient answers on this ticket."""
    sig = _signature(keys, keys.current, "to", ticket, recipient)
    return f"{local}+{ticket}.{recipient}.{sig}@{domain}"


def read_message_id(text: str, *, keys: Keys) -> MessageId | None:
    """The ticket and message of an id of ours; None for a foreign, altered or guessed one.

    The domain is not looked at: it may change, the signature does not.
    """
    local, at, _ = text.strip().strip("<>").partition("@")
    parts = local.split(".")
    if not at or len(parts) != 4 or parts[0].lower() != "ot":
        return None
    ticket, message = _number(parts[1]), _number(parts[2])
    if ticket is None or message is None or not _valid(keys, parts[3], "id", ticket, message):
        return None
    return MessageId(ticket, message)


def read_reply_address(address: str, *, keys: Keys) -> ReplyAddress | None:
    """The ticket and recipient of a signed address; None for a plain, altered or guessed one."""
    local, at, _ = address.strip().strip("<>").rpartition("@")
    parts = local.rpartition("+")[2].split(".")
    if not at or "+" not in local or len(parts) != 3:
        return None
    ticket, recipient = _number(parts[0]), _number(parts[1])
    if ticket is None or recipient is None or not _valid(keys, parts[2], "to", ticket, recipient):
        return None
    return ReplyAddress(ticket, recipient)
