"""Patterns over foreign text: what RE2 means by them."""

from __future__ import annotations

import re
from pathlib import Path

import otklik.channels.email

ROOM = Path(str(otklik.channels.email.__file__)).parent


def test_no_russian_word_is_bounded_or_continued_by_a_sign_that_knows_latin_letters_only():
    """In RE2 ``\\w`` and ``\\b`` are ASCII: beside Cyrillic they never match, or match where they should not."""
    beside = re.compile(r"[а-яё](?:\)|\])?\\[wb]|\\[wb]\(?[а-яё]", re.IGNORECASE)
    lines = [(path.name, line) for path in ROOM.glob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [one for one in lines if beside.search(one[1])] == []
