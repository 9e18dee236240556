"""PURE: impact × urgency = priority (domain.md §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PRIORITIES = ("P1", "P2", "P3", "P4")

# MATRIX["impact"]["urgency"]: the shipped matrix, keys as text because it is stored as JSON.
MATRIX: dict[str, dict[str, str]] = {
    "1": {"1": "P1", "2": "P2", "3": "P3"},
    "2": {"1": "P2", "2": "P3", "3": "P4"},
    "3": {"1": "P3", "2": "P4", "3": "P4"},
}
OVERRIDE_REASONS = ("contract", "safety", "deadline", "misclassified")

# The form's words (domain.md §2.2): effect on work → (type, urgency); who is hit → impact.
EFFECTS: dict[str, tuple[str, int]] = {
    "stopped": ("incident", 1),
    "hard": ("incident", 2),
    "workaround": ("incident", 3),
    "none": ("question", 3),
}
SCOPES: dict[str, int] = {"me": 3, "department": 2, "many": 1}


@dataclass(frozen=True, slots=True)
class Raised:
    """Urgency after the automatic step, and the reasons ('vip', 'place', 'service') that made it."""

    urgency: int
    reasons: tuple[str, ...]


def raised(urgency: int, *, vip: bool, critical_place: bool, critical_service: bool) -> Raised:
    """One step up, in all, for a VIP requester, a critical place or a critical service; 1 is the top."""
    named = (("vip", vip), ("place", critical_place), ("service", critical_service))
    reasons = tuple(name for name, holds in named if holds)
    return Raised(max(1, urgency - 1), reasons) if reasons and urgency > 1 else Raised(urgency, ())


def computed(
    ticket_type: str, impact: int, urgency: int, matrix: Mapping[str, Mapping[str, str]], item: str = ""
) -> str:
    """Priority by the matrix; questions and requests take it from their item (P4 without one)."""
    if ticket_type in {"question", "service_request"}:
        return item or "P4"
    return matrix[str(impact)][str(urgency)]


def steps(a: str, b: str) -> int:
    """Distance of two priorities in steps."""
    return abs(PRIORITIES.index(a) - PRIORITIES.index(b))
