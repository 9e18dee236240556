"""Patterns over foreign text: compiled when first used, every one of them sound, and what RE2 means by them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import re2

from otklik.channels.email import patterns

ROOM = Path(str(patterns.__file__)).parent


def test_every_pattern_compiles() -> None:
    before = len(patterns._written)
    assert before > 50
    patterns.warm()
    assert all("search" in vars(one) for one in patterns._written)


def test_a_pattern_is_compiled_by_the_first_look_for_it() -> None:
    made = patterns.pattern(r"(?i)(привет)")
    assert "search" not in vars(made)
    assert (made.search("Привет!")[1], made.sub("-", "привет всем")) == ("Привет", "- всем")
    assert made.search is vars(made)["search"]
    with pytest.raises(AttributeError):
        made.no_such_method  # noqa: B018
    with pytest.raises(re2.error):
        patterns.pattern("(").search("x")
    patterns._written.pop()
    patterns._written.remove(made)


def test_loading_the_program_compiles_none() -> None:
    asked = (
        "from otklik.loading import load; load(); from otklik.channels.email.patterns import _written;"
        "print(len(_written), sum('search' in vars(one) for one in _written))"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    written, compiled = told.stdout.split()
    assert (int(written) > 50, compiled) == (True, "0")


def test_no_russian_word_is_bounded_or_continued_by_a_sign_that_knows_latin_letters_only():
    """In RE2 ``\\w`` and ``\\b`` are ASCII: beside Cyrillic they never match, or match where they should not."""
    beside = re.compile(r"[а-яё](?:\)|\])?\\[wb]|\\[wb]\(?[а-яё]", re.IGNORECASE)
    lines = [(path.name, line) for path in ROOM.glob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [one for one in lines if beside.search(one[1])] == []
