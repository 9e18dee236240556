"""Limits on foreign mail, checked on its bytes before anything is parsed (safety.md A13)."""

from __future__ import annotations

KB = 1024
MB = 1024 * KB

MAX_MAIL = 50 * MB  # bytes of one raw letter
MAX_HEADER_BLOCK = 256 * KB  # bytes before the first empty line
MAX_HEADER_LINE = 64 * KB  # bytes of one physical header line
MAX_HEADER_FIELDS = 1_000
MAX_ADDRESSES = 500  # over all address fields together
MAX_DEPTH = 20  # levels of nesting
MAX_PARTS = 500
MAX_TEXT = 1_000_000  # characters of readable text kept beside the raw letter; the raw letter keeps all
MAX_HTML = 2 * MB  # bytes of HTML turned into text
MAX_SUBJECT = 998  # characters

CPU_SECONDS = 10  # processor time of the child that parses one letter
WALL_SECONDS = 20.0  # and its time by the clock on the wall
MEMORY = 512 * MB  # address space of that child

_ADDRESS_FIELDS = (b"from:", b"to:", b"cc:", b"bcc:", b"reply-to:", b"sender:", b"resent-to:", b"resent-cc:")


class LimitExceeded(Exception):
    """A letter is larger, deeper or more numerous than any honest one; the argument names the limit."""


def end_of_headers(raw: bytes) -> int:
    """Offset of the empty line that closes the header block, or the length when there is none."""
    found = [place for place in (raw.find(b"\n\n"), raw.find(b"\n\r\n"), raw.find(b"\r\r")) if place >= 0]
    return min(found, default=len(raw))


def check(raw: bytes) -> None:
    """Refuse a letter by its size alone, at the cost of one pass over its header block.

    Raises `LimitExceeded` with the name of the limit. Depth and number of parts are counted by `structure` as it
    descends, which does no work beyond the limit either.
    """
    if len(raw) > MAX_MAIL:
        raise LimitExceeded("size")
    end = end_of_headers(raw)
    if end > MAX_HEADER_BLOCK:
        raise LimitExceeded("header block")
    fields = addresses = 0
    counting = False
    for line in raw[:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if len(line) > MAX_HEADER_LINE:
            raise LimitExceeded("header line")
        if line[:1] not in (b" ", b"\t"):
            fields += 1
            counting = line.lower().startswith(_ADDRESS_FIELDS)
        if counting:
            addresses += line.count(b"@")
    if fields > MAX_HEADER_FIELDS:
        raise LimitExceeded("header fields")
    if addresses > MAX_ADDRESSES:
        raise LimitExceeded("addresses")
