"""PURE: the language of editable texts. ``{ticket.number}`` is all there is: no attributes, no calls, no conditions.

A line whose placeholder has nothing to say is left out, so that a text needs no conditions. What is put in is never
read again: a subject that looks like a placeholder stays a subject (safety.md A12, S-29).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

MAX_TEXT = 10_000  # characters of an editable text


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a text, and where: line and column count from 1."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in a text."""

    name: str


def parts(line: str) -> Iterator[str | Slot]:
    """Plain pieces and placeholders of one line, in order; a brace that opens nothing is plain text."""
    start = 0
    while (opening := line.find("{", start)) >= 0:
        closing = line.find("}", opening)
        if closing < 0:
            break
        if opening > start:
            yield line[start:opening]
        yield Slot(line[opening + 1 : closing])
        start = closing + 1
    if start < len(line):
        yield line[start:]


def troubles(text: str, known: Collection[str]) -> list[Trouble]:
    """Every placeholder that is not known and every brace that is never closed, in order."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        column = 0
        while (opening := line.find("{", column)) >= 0:
            closing = line.find("}", opening)
            name = line[opening + 1 : closing if closing >= 0 else None]
            if closing < 0 or name not in known:
                found.append(Trouble(name[:60], number, opening + 1))
            column = closing + 1 if closing >= 0 else len(line)
    return found


def fill(text: str, values: Mapping[str, str]) -> list[str]:
    """The lines of a text with its placeholders filled; lines with an empty one are gone, so are doubled empty lines.

    An unknown placeholder is printed as it stands.
    """
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        pieces = list(parts(line))
        if any(isinstance(piece, Slot) and values.get(piece.name) == "" for piece in pieces):
            continue
        made = "".join(_value(piece, values) if isinstance(piece, Slot) else piece for piece in pieces).rstrip()
        if made or (lines and lines[-1]):
            lines.append(made)
    return lines[:-1] if lines and not lines[-1] else lines


def _value(slot: Slot, values: Mapping[str, str]) -> str:
    return values.get(slot.name, f"{{{slot.name}}}")
