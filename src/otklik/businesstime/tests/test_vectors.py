"""Five hundred answers of other libraries and of interval arithmetic, from the data folder beside the project."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otklik.businesstime import Calendar, add, elapsed, is_open, next_close, next_open, periods, prev_close

ROOT = Path(__file__).resolve().parents[4]
PLACES = [folder / "shared/data/D_vectors.json" for folder in ROOT.parents]
FILE = next((place for place in PLACES if place.is_file()), PLACES[0])


def vectors() -> list[dict[str, Any]]:
    if not FILE.is_file():
        pytest.skip(f"the vectors are not here: {FILE}", allow_module_level=True)
    return list(json.loads(FILE.read_text())["vectors"])


def plain(answer: Any) -> Any:
    """Answers as comparable values: instants as datetimes, periods as lists of pairs."""
    if isinstance(answer, str):
        return datetime.fromisoformat(answer)
    if isinstance(answer, list | tuple):
        return [plain(part) for part in answer]
    return answer


def answer_to(vector: dict[str, Any]) -> Any:
    calendar, start = Calendar.from_schedule(vector["schedule"]), datetime.fromisoformat(vector["start"])
    match vector["op"]:
        case "add":
            reached = add(calendar, start, vector["seconds"])
            return next_open(calendar, reached) if vector["boundary"] == "next_open" else reached
        case "between":
            return elapsed(calendar, start, datetime.fromisoformat(vector["end"]))
        case "periods":
            return plain(periods(calendar, start, len(vector["expected"])))
    question = {"is_open": is_open, "next_open": next_open, "next_close": next_close, "prev_close": prev_close}
    return question[vector["op"]](calendar, start)


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["id"])
def test_answers_as_the_vector_says(vector: dict[str, Any]) -> None:
    walk = vector["brute_force"]
    # Where the library's convention differs from ours (reversed arguments, a gap, a repeated hour), the file says so
    # and gives what an independent walk over the minutes found: that is our convention.
    expected = vector["expected"] if walk["agrees"] else walk["result"]
    assert answer_to(vector) == plain(expected)
