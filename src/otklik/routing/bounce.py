"""PURE: does a ticket bounce between teams? A→B→A, or three moves; what was undone at once does not count (§6.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

UNDONE = timedelta(minutes=5)
MOST = 3  # moves between teams


@dataclass(frozen=True, slots=True)
class Move:
    """The ticket came to a team at a moment by somebody's hand."""

    team: int
    at: datetime
    by: str


def path(moves: Sequence[Move]) -> list[int]:
    """Teams in order, without stays and without changes that the same hand took back within five minutes."""
    kept: list[Move] = []
    for move in moves:
        if kept and kept[-1].team == move.team:
            continue
        undone = (
            len(kept) > 1 and kept[-2].team == move.team and kept[-1].by == move.by and move.at - kept[-1].at <= UNDONE
        )
        if undone:
            kept.pop()
        else:
            kept.append(move)
    return [move.team for move in kept]


def bounces(teams: Sequence[int]) -> bool:
    """A→B→A anywhere in the path, or at least three moves."""
    return len(teams) > MOST or any(first == third for first, third in zip(teams, teams[2:], strict=False))
