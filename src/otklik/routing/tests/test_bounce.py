"""The path of a ticket between teams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik.routing.bounce import Move, bounces, path

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def moves(*steps: tuple[int, int, str]) -> list[Move]:
    return [Move(team, START + timedelta(minutes=minute), by) for team, minute, by in steps]


@pytest.mark.parametrize(
    ("steps", "teams", "flagged"),
    [
        ([(1, 0, "a")], [1], False),
        ([(1, 0, "a"), (2, 9, "b")], [1, 2], False),
        ([(1, 0, "a"), (2, 9, "b"), (1, 20, "c")], [1, 2, 1], True),
        ([(1, 0, "a"), (2, 9, "b"), (1, 14, "b")], [1], False),
        ([(1, 0, "a"), (2, 9, "b"), (1, 14, "c")], [1, 2, 1], True),
        ([(1, 0, "a"), (2, 9, "b"), (1, 15, "b")], [1, 2, 1], True),
        ([(1, 0, "a"), (2, 9, "b"), (3, 20, "b")], [1, 2, 3], False),
        ([(1, 0, "a"), (2, 9, "b"), (3, 20, "b"), (4, 30, "b")], [1, 2, 3, 4], True),
        ([(1, 0, "a"), (1, 9, "b"), (2, 20, "b")], [1, 2], False),
    ],
)
def test_what_counts_as_bouncing(steps: list[tuple[int, int, str]], teams: list[int], flagged: bool) -> None:
    assert path(moves(*steps)) == teams
    assert bounces(teams) is flagged
