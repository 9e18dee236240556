"""Shipped lists of words and phrases, written as text with semicolons between."""

from __future__ import annotations


def listed(text: str) -> frozenset[str]:
    """The phrases of a list, each with its white space made one blank."""
    return frozenset(phrase for piece in text.split(";") if (phrase := " ".join(piece.split())))
