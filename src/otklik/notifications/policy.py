"""Which optional letters the desk sends at all, as versioned configuration (domain.md §2.4: T2 on, T7 off)."""

from __future__ import annotations

from otklik.journal.config import current, declare

POLICY_NAME = declare("notifications.policy", {"taken": True, "closed": False, "urgent": True})


def sends(letter: str) -> bool:
    """Whether the desk sends this letter to the customer side."""
    return bool(current(POLICY_NAME).data.get(letter, True))
