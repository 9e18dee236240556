"""Header fields of foreign mail: encoded words, raw 8-bit text, parameters and dates, all read tolerantly."""

from __future__ import annotations

import binascii
import email.utils
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes

import re2

from . import charsets
from .patterns import pattern

MAX_DATE = 200  # characters
MAX_PARAMETERS = 100
MAX_IDS = 100  # message ids in References that are kept, the last ones

BYTES = re2.Options()  # patterns over bytes: without this, a dot matches only what is good UTF-8
BYTES.encoding = re2.Options.Encoding.LATIN1

_WORD = pattern(rb"(?is)=\?([^?\s]{1,60})\?(?:(B)\?([^?]*)|(Q)\?(.*?))\?=", BYTES)
_UNFINISHED = pattern(rb"(?is)=\?([^?\s]{1,60})\?([BQ])\?([^?\s]*)\??$", BYTES)
_FOLD = pattern(rb"[ \t]*(?:\r\n|\n|\r)[ \t]*", BYTES)
_ID = pattern(r"<[^<>\s]{1,998}>")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_DIRECTIONS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def unfold(value: bytes) -> bytes:
    """A field as one line."""
    return bytes(_FOLD.sub(b" ", value)).strip()


def base64_bytes(text: bytes) -> bytes:
    """Decode base64 that may be padded wrongly, cut, or strewn with foreign characters; never raises."""
    head, padding, rest = text.partition(b"=")
    clean = head.translate(None, _NOT_BASE64)
    result = binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")
    more = rest.lstrip(b"=\r\n \t").rstrip()
    if padding and len(more) >= 8 and len(more.translate(None, b"\r\n")) % 4 == 0 and b" " not in more:
        further = more.translate(None, _NOT_BASE64)  # two encoded pieces set one after the other
        result += binascii.a2b_base64(further[: len(further) - (len(further) % 4 == 1)] + b"==")
    return result


def is_base64(text: bytes) -> bool:
    """Whether a body can be what its header calls it: plain words that claim to be base64 are left as they are."""
    sample = text[:4_000].strip()
    foreign = len(sample.translate(None, bytes(_BASE64) + b"=\r\n"))
    spaces = sample.count(b" ") + sample.count(b"\t")
    return foreign * 8 <= len(sample) or (spaces == foreign and max(map(len, sample.split()), default=0) >= 40)


def _word_bytes(match: re2.Match) -> tuple[str, bytes]:
    charset = match[1].decode("latin-1")
    if match[2]:
        return charset, base64_bytes(match[3])
    return charset, binascii.a2b_qp(match[5].replace(b"\n", b""), header=True)


def _pieces(value: bytes) -> Iterator[tuple[str | None, bytes]]:
    """(charset, bytes) of each run; None for text outside encoded words; words of one charset are joined.

    RFC 2047 forbids a character split over two words, many programs do it all the same: so bytes are joined first.
    """
    place = 0
    held: tuple[str, bytes] | None = None
    for match in _WORD.finditer(value):
        between = value[place : match.start()]
        charset, data = _word_bytes(match)
        if held and not between.strip():
            if held[0].lower() == charset.lower():
                held = (held[0], held[1] + data)
            else:
                yield held
                held = (charset, data)
        else:
            if held:
                yield held
            if between:
                yield None, between
            held = (charset, data)
        place = match.end()
    if held:
        yield held
    rest = value[place:]
    if unfinished := _UNFINISHED.search(rest):
        before = rest[: unfinished.start()]
        if before.strip() or (before and not held):
            yield None, before
        data = unfinished[3]
        yield (
            unfinished[1].decode("latin-1"),
            base64_bytes(data) if unfinished[2] in b"bB" else binascii.a2b_qp(data, header=True),
        )
    elif rest:
        yield None, rest


def decode(value: bytes, hint: str = "") -> str:
    """Readable text of an unstructured field: encoded words, raw 8-bit bytes, or both; one line, no controls.

    `hint` is a charset the letter uses in its body, for fields with undeclared 8-bit text.
    """
    value = unfold(value)
    parts = []
    for charset, data in _pieces(value):
        if charset is None:
            parts.append(data.decode(charsets.detect(data, hint), "replace"))
        else:
            parts.append(charsets.decode(data, charset))
    return clean("".join(parts))


def clean(text: str) -> str:
    """One line without control characters and without marks that reverse the direction of writing."""
    text = text.translate(_DIRECTIONS)
    return " ".join("".join(char if char.isprintable() or char == "\u200d" else " " for char in text).split())


# -- parameters (RFC 2045, RFC 2231) -----------------------------------------------------------------------------------
def _split(value: str) -> Iterator[str]:
    """Pieces between semicolons that stand outside quotes and comments."""
    start, quoted, escaped = 0, False, False
    for place, char in enumerate(value):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == ";" and not quoted:
            yield value[start:place]
            start = place + 1
    yield value[start:]


def _unquote(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text.partition(" (")[0].strip().strip('"')
    out, escaped = [], False
    for char in text[1:]:
        if escaped:
            out.append(char if char in '"\\' else "\\" + char)  # C:\temp is a path, not an escape
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            break
        else:
            out.append(char)
    return "".join(out)


def parameters(value: bytes, hint: str = "") -> tuple[str, dict[str, str]]:
    """Main value (lower case) and decoded parameters of a field such as Content-Type.

    RFC 2231 continuations and charsets, RFC 2047 words where they are not allowed, and raw 8-bit names are all read.
    The first of two parameters with one name counts.
    """
    pieces = list(_split(unfold(value).decode("latin-1")))[:MAX_PARAMETERS]
    plain: dict[str, bytes] = {}
    parts: dict[str, dict[int, tuple[bool, str]]] = {}
    for piece in pieces[1:]:
        name, equals, text = piece.partition("=")
        name = name.strip().lower()
        if not equals or not name:
            continue
        stem, star, rest = name.partition("*")
        if not star:
            plain.setdefault(stem, _unquote(text).encode("latin-1"))
            continue
        number, extended = rest.rstrip("*"), rest.endswith("*") or rest == ""
        if (number.isascii() and number.isdigit()) or number == "":
            order = int(number[:4] or 0)
            parts.setdefault(stem, {}).setdefault(order, (extended, _unquote(text)))
    found = {name: decode(data, hint) for name, data in plain.items()}
    found.update({name: text for name, pieces_ in parts.items() if (text := _joined(pieces_, hint))})
    words = pieces[0].partition("(")[0].split(None, 1)
    if len(words) > 1 and "=" in words[1]:  # the first semicolon forgotten
        name, _, text = words[1].partition("=")
        found.setdefault(name.strip().lower(), _unquote(text))
    return (words[0] if words else "").strip('"').lower(), found


def _joined(pieces: dict[int, tuple[bool, str]], hint: str) -> str:
    charset, data, escaped = "", b"", b""
    for order in sorted(pieces):
        extended, text = pieces[order]
        if extended and order == min(pieces) and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = text.encode("latin-1", "replace")
        if extended:
            escaped += raw  # a program may have cut within "%D0"
        else:
            data, escaped = data + unquote_to_bytes(escaped) + raw, b""
    data += unquote_to_bytes(escaped)
    if charset:
        return clean(charsets.decode(data, charset))
    return decode(data, hint)


# -- dates and ids -----------------------------------------------------------------------------------------------------
def date(value: bytes) -> datetime | None:
    """Instant in UTC of a Date field, None for what is no date or lies outside the calendar."""
    text = unfold(value).decode("latin-1")[:MAX_DATE]
    try:
        fields = email.utils.parsedate_tz(text)
        if fields is None:
            return None
        moment = datetime(*fields[:6], tzinfo=UTC) - timedelta(seconds=fields[9] or 0)
    except Exception:  # the standard parser answers hostile dates with any error it likes (safety.md A13)
        return None
    return moment if 1970 <= moment.year <= 9000 else None


def message_ids(value: bytes) -> tuple[str, ...]:
    """Ids of Message-ID, In-Reply-To or References, with their angle brackets, the last ones when there are many."""
    text = unfold(value).decode("latin-1")
    found = [match.group(0) for match in _ID.finditer(text)]
    if not found:
        found = [f"<{word}>" for word in text.replace("<", " ").replace(">", " ").split() if "@" in word[1:-1]]
    return tuple(found[-MAX_IDS:])
