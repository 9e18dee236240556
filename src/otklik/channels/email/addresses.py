"""Addresses in header fields, read in one pass and without recursion from whatever programs write there."""

from __future__ import annotations

from dataclasses import dataclass

from . import headers
from .limits import MAX_ADDRESSES
from .patterns import pattern

_WORD = pattern(r"(?is)=\?[^?\s]{1,60}\?[BQ]\?.*?\?=")
_BARE = pattern(r"[^\s<>()\[\],;:\"']{1,250}@[^\s<>()\[\],;:\"']{1,250}")
_SPACED_DOT = pattern(r"(@[^\s@]{1,250}) +\. *(\S)")  # RFC 822 allowed blanks there
MAX_ADDRESS = 320  # characters, RFC 3696 erratum 1690


@dataclass(frozen=True)
class Address:
    """One mailbox: the name shown and the address, either may be empty."""

    name: str = ""
    address: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class _Reader:
    """State of one pass over an address field."""

    def __init__(self, hint: str) -> None:
        self.hint = hint
        self.found: list[Address] = []
        self.reset()

    def reset(self) -> None:
        self.name: list[str] = []
        self.comment: list[str] = []
        self.angle: list[str] | None = None
        self.closed = False

    def readable(self, chars: list[str]) -> str:
        return headers.decode("".join(chars).encode("latin-1"), self.hint)

    def flush(self) -> None:
        """Close the mailbox being read and keep it, if it is anything."""
        name, comment = self.readable(self.name), self.readable(self.comment)
        address = _tidy(self.readable(self.angle)) if self.angle is not None else ""
        if self.angle is None and name:
            name, address = _without_brackets(name)
            name = name or comment
        elif "@" not in address and "@" in name:
            inner, found = _without_brackets(name)
            name, address = (inner, found) if found else (name, address)
        if name or address:
            self.found.append(Address(_unquoted(name), address[:MAX_ADDRESS]))
        self.reset()


def _unquoted(name: str) -> str:
    """Quotes inside a name are kept; quotes around all of it, or one never closed, are a program's mistake."""
    around = len(name) > 1 and name[0] == name[-1] and name[0] in "'\""
    return name.strip("'\" ") if around or name.count('"') == 1 else name


def _tidy(address: str) -> str:
    address = address.replace(" ", "").strip("<>\"'")
    if address.startswith("@") and ":" in address:  # source route, RFC 822
        address = address.rpartition(":")[2]
    return address.removeprefix("mailto:").removeprefix("MAILTO:")


def _without_brackets(text: str) -> tuple[str, str]:
    """Name and address of a mailbox written without brackets, or with brackets inside an encoded word."""
    text = _SPACED_DOT.sub(r"\1.\2", text)
    match = _BARE.search(text)
    if match:
        address = match.group(0).removeprefix("mailto:")
        rest = (text[: match.start()] + " " + text[match.end() :]).replace("<>", " ")
        return " ".join(rest.split()).strip("<>[]()\"' "), address.rstrip(".")
    if " " not in text and "@" in text:
        return "", text
    if " " not in text and text.isascii():
        return "", text  # a local user
    return text, ""


def _read(text: str, hint: str, quotes: bool) -> tuple[list[Address], bool]:
    """One pass; `quotes` False takes quotation marks as letters. Answers the mailboxes and whether quotes balance."""
    reader = _Reader(hint)
    place, depth, quoted = 0, 0, False
    while place < len(text):
        char = text[place]
        if char == "=" and text.startswith("=?", place) and (word := _WORD.match(text[place : place + 1000])):
            target = reader.comment if depth else reader.name if reader.angle is None else reader.angle
            target.append(word.group(0))
            place += word.end()
            continue
        if char == "\\" and (quoted or depth) and place + 1 < len(text):
            (reader.comment if depth else reader.name).append(text[place + 1])
            place += 2
            continue
        place += 1
        if depth:
            depth += (char == "(") - (char == ")")
            if depth:
                reader.comment.append(char)
        elif char == '"' and quotes and reader.angle is None:
            quoted = not quoted
        elif quoted:
            reader.name.append(char)
        else:
            depth = _plain(reader, char)
        if len(reader.found) > MAX_ADDRESSES:
            break
    reader.flush()
    return reader.found, not quoted


def _plain(reader: _Reader, char: str) -> int:
    """Take one character outside quotes and comments; answers the new depth of comments."""
    inside = reader.angle is not None and not reader.closed
    if char == "(" and not inside:
        return 1
    if char == "<" and reader.closed:
        reader.flush()  # a second address without a comma is a second mailbox, not something to overlook
        reader.angle = []
    elif char == "<" and reader.angle is None:
        reader.angle = []
    elif char == ">" and inside:
        reader.closed = True
    elif char in ",;" and not inside:
        reader.flush()
    elif char == ":" and not inside and "@" not in reader.name and reader.angle is None and reader.name:
        if "".join(reader.name).strip().lower() != "mailto":
            reader.reset()  # the name of a group
    elif reader.angle is None:
        reader.name.append(char)
    elif inside:
        if char in ",;" and "@" in "".join(reader.angle):  # a bracket never closed
            reader.flush()
        else:
            reader.angle.append(char)
    return 0


def parse(value: bytes, hint: str = "") -> tuple[Address, ...]:
    """Mailboxes of a From, To, Cc or Reply-To field, in order, groups opened (RFC 5322 §3.4, and worse).

    Args:
        value: the raw field. hint: a charset for undeclared 8-bit names.
    """
    text = headers.unfold(value).decode("latin-1")
    found, balanced = _read(text, hint, quotes=True)
    if not balanced or (found and not any("@" in one.address for one in found) and '"' in text and "@" in text):
        found, _ = _read(text, hint, quotes=False)
    return tuple(found)
