"""PURE: the lawful steps between two states, the fewest of them (domain.md §2.4)."""

from __future__ import annotations

from functools import cache

from otklik.tickets.lifecycle import CANCELLED, LIVE, TRANSITIONS

OURS = (
    "T2",
    "T3",
    "T4",
    "T5",
    "T7",
    "T8",
    "T11",
    "T12",
    "T13",
)  # those that a log can show; T6, T9, T10 are of the desk


@cache
def steps(source: str, target: str, *, before_cancel: str = "open") -> tuple[tuple[str, str], ...] | None:
    """Steps as (transition, state reached), the fewest; None where no way leads there, as back to ``new``.

    A cancelled ticket comes back to the state before, ``before_cancel``.
    """
    if source == CANCELLED:
        back = (("T12", before_cancel),)
        onward = () if target == before_cancel else steps(before_cancel, target)
        return None if onward is None else back + onward
    ways: list[tuple[str, tuple[tuple[str, str], ...]]] = [(source, ())]
    seen: set[str] = set()
    while ways:
        state, way = ways.pop(0)
        for name in OURS:
            row = TRANSITIONS[name]
            if state not in row.sources or name == "T12" or (name == "T11" and target != CANCELLED):
                continue
            longer = (*way, (name, row.target))
            if row.target == target:
                return longer
            if row.target not in seen and (row.target in LIVE or row.target == "resolved" or row.target == "closed"):
                seen.add(row.target)
                ways.append((row.target, longer))
    return None
