"""The tree of MIME parts of a raw letter, found by one walk over its bytes within the limits of safety.md A13."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from . import headers
from .headers import BYTES
from .limits import KB, MAX_DEPTH, MAX_HEADER_BLOCK, MAX_HEADER_FIELDS, MAX_PARTS, LimitExceeded
from .patterns import pattern

_FIELD = pattern(rb"^[\x21-\x39\x3b-\x7e]{1,200}[ \t]*:", BYTES)
_GUESSED_BOUNDARY = pattern(rb"(?im)^--([^\s]{1,200})[ \t]*\r?\n(?:[^\r\n]{0,300}\r?\n)?content-", BYTES)
_TYPE = pattern(r"^[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+*-]{1,100}$")


@dataclass
class Part:
    """One part: its fields as (lower-case name, raw value) and the bytes of its body as they were sent."""

    fields: list[tuple[str, bytes]]
    body: bytes
    depth: int = 0
    children: list[Part] = field(default_factory=list)
    parent_type: str = ""

    def first(self, name: str) -> bytes:
        """Raw value of the first field of that name, b"" without one."""
        return next((value for key, value in self.fields if key == name), b"")

    def every(self, name: str) -> list[bytes]:
        """Raw values of all fields of that name, from the top."""
        return [value for key, value in self.fields if key == name]

    @cached_property
    def _content_type(self) -> tuple[str, dict[str, str]]:
        kind, parameters = headers.parameters(self.first("content-type"))
        default = "message/rfc822" if self.parent_type == "multipart/digest" else "text/plain"
        if kind == "text":
            kind = "text/plain"
        kind = kind.replace(" ", "")
        return (kind if _TYPE.match(kind) else default), parameters

    @property
    def type(self) -> str:
        """Media type in lower case; a missing or unreadable one is text/plain (RFC 2045 §5.2)."""
        return self._content_type[0]

    @property
    def parameters(self) -> dict[str, str]:
        """Decoded parameters of Content-Type."""
        return self._content_type[1]

    @property
    def charset(self) -> str:
        """Charset as declared, perhaps nonsense."""
        return self.parameters.get("charset", "")

    @cached_property
    def disposition(self) -> tuple[str, dict[str, str]]:
        """Main value and parameters of Content-Disposition."""
        return headers.parameters(self.first("content-disposition"))

    @cached_property
    def content(self) -> bytes:
        """The body with its transfer encoding taken off; an encoding nobody knows leaves it as it is."""
        encoding = headers.parameters(self.first("content-transfer-encoding"))[0]
        encoding = encoding.split()[0] if encoding.split() else ""
        if encoding in ("base64", "b") and headers.is_base64(self.body):
            return headers.base64_bytes(self.body)
        if encoding in ("quoted-printable", "q", "quoted-printeable"):
            return binascii.a2b_qp(self.body)
        if encoding in ("x-uuencode", "x-uue", "uuencode", "uue"):
            blocks = list(uuencoded(self.body))
            return blocks[0][1] if blocks else self.body
        return self.body

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in reading order."""
        pending = [self]
        while pending:
            part = pending.pop()
            yield part
            pending.extend(reversed(part.children))


def _line(data: bytes, start: int, end: int) -> tuple[int, int]:
    """(end of the text, start of the next line) of the line that begins at `start`."""
    stop = data.find(b"\n", start, end)
    if stop < 0:
        return end, end
    return (stop - 1 if stop > start and data[stop - 1] == 13 else stop), stop + 1


def _goes_on(data: bytes, place: int) -> bool:
    """Whether header lines follow a line of blanks, which RFC 822 allowed inside a field."""
    ahead = data[place : place + 300]
    return bool(_FIELD.match(ahead)) or (ahead[:1] in (b" ", b"\t") and bool(ahead.partition(b"\n")[0].strip()))


def split(data: bytes, *, at_top: bool = False) -> tuple[list[tuple[str, bytes]], int]:
    """Fields of a header block and the offset of the body that follows.

    Skipped on the way, at the top of a letter: empty lines and an mbox "From " line before the first field. A line
    that is no field ends the block, unless another field follows at once: then it is part of the field before.
    """
    start, end = 0, len(data)
    fields: list[tuple[str, bytearray]] = []
    while start < end:
        stop, following = _line(data, start, end)
        line = data[start:stop]
        if not line or (not line.strip() and not (fields and _goes_on(data, following))):
            if fields or not at_top:
                return [(name, bytes(value)) for name, value in fields], following
            start = following
            continue
        if line[:1] in b" \t" and fields:
            fields[-1][1].extend(b"\n" + line)
        elif _FIELD.match(line):
            name_bytes, _, value = line.partition(b":")
            fields.append((name_bytes.strip().lower().decode("ascii"), bytearray(value)))
        elif not fields and line.startswith((b"From ", b">From ")):
            pass
        elif fields and not line.startswith(b"--") and _FIELD.match(data[following : following + 300]):
            fields[-1][1].extend(b" " + line)
        else:
            break
        start = following
        if start > MAX_HEADER_BLOCK + KB or len(fields) > MAX_HEADER_FIELDS:
            raise LimitExceeded("header block")
    return [(name, bytes(value)) for name, value in fields], min(start, end)


def _delimiters(data: bytes, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start of the delimiter's line, start of the line after, whether it closes) for each delimiter line."""
    delimiter = b"--" + boundary
    place = 0
    while True:
        place = data.find(delimiter, place)
        if place < 0:
            return
        after = place + len(delimiter)
        if place == 0 or data[place - 1] in b"\r\n":
            stop, following = _line(data, after, len(data))
            rest = data[after:stop].strip()
            if not rest or rest == b"--" or (rest.startswith(b"--") and not data[place:stop].startswith(b"----")):
                yield place, following, rest.startswith(b"--")
                place = max(following - 1, after)
                continue
        place = after


def _cut_newline(data: bytes, start: int, stop: int) -> bytes:
    """The newline before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    if stop > start and data[stop - 1] == 10:
        stop -= 1
    if stop > start and data[stop - 1] == 13:
        stop -= 1
    return data[start:stop]


def _bodies(data: bytes, boundary: bytes) -> list[bytes]:
    """Raw parts between delimiters; the last one may lack its closing delimiter; after a close nothing counts."""
    found: list[bytes] = []
    start = -1
    for place, following, closes in _delimiters(data, boundary):
        if start >= 0:
            found.append(_cut_newline(data, start, place))
        if len(found) > MAX_PARTS:
            raise LimitExceeded("parts")
        start = following
        if closes:
            return found
    if start >= 0 and data[start:].strip():
        found.append(data[start:])
    return found


def _children(part: Part) -> list[bytes]:
    boundary = part.parameters.get("boundary", "").encode("latin-1", "replace").rstrip()
    found = _bodies(part.body, boundary) if boundary else []
    if not found and (guess := _GUESSED_BOUNDARY.search(part.body)):
        found = _bodies(part.body, guess.group(1))
    return found


def read(raw: bytes) -> Part:
    """The tree of a letter.

    Nested messages (message/rfc822) are leaves: they are somebody else's letter. Raises `LimitExceeded` beyond
    `MAX_DEPTH` levels or `MAX_PARTS` parts.
    """
    if b"\n" not in raw[:MAX_HEADER_BLOCK] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    fields, start = split(raw, at_top=True)
    root = Part(fields, raw[start:])
    pending, count = [root], 1
    while pending:
        part = pending.pop()
        if not part.type.startswith("multipart/"):
            continue
        if part.depth >= MAX_DEPTH:
            raise LimitExceeded("depth")
        for piece in _children(part):
            count += 1
            if count > MAX_PARTS:
                raise LimitExceeded("parts")
            fields, start = split(piece)
            part.children.append(Part(fields, piece[start:], part.depth + 1, parent_type=part.type))
        if part.children:
            part.body = b""  # the children hold it: else twenty levels would keep twenty copies
        pending.extend(part.children)
    return root


# -- uuencode ----------------------------------------------------------------------------------------------------------
_BEGIN = pattern(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n", BYTES)
_END = pattern(rb"(?m)^(?:end|====)[ \t]*\r?$", BYTES)


def uuencoded(data: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    """(name, content, start, end) of each uuencoded block that stands in a text."""
    place = 0
    while match := _BEGIN.search(data, place):
        end = _END.search(data, match.end())
        stop = end.start() if end else len(data)
        lines = data[match.end() : stop].splitlines()
        content = (
            _uu(lines) if not match.group(0).startswith(b"begin-base64") else headers.base64_bytes(b"".join(lines))
        )
        place = end.end() if end else len(data)
        if content:
            yield headers.decode(match.group(1)), content, match.start(), place


def _uu(lines: list[bytes]) -> bytes:
    out = []
    for line in lines:
        if not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            try:  # a program that counts its padding wrongly
                out.append(binascii.a2b_uu(line[: 1 + ((((line[0] - 32) & 63) * 4 + 5) // 3)]))
            except binascii.Error:
                return b""
    return b"".join(out)
