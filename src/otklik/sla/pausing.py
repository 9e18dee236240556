"""Which waiting rests which clock (domain §4.5); pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CANCELLED = "cancelled"  # a time between cancellation and its undoing rests every clock (T12)

_OURS = {"third_party": False, "change": False, "parent": False, "scheduled_provider": False}
_NEVER = _OURS | {"requester": False, "scheduled_requester": False}
_TEAM = {
    "requester": True,
    "third_party": True,
    "change": True,
    "parent": True,
    "scheduled_requester": True,
    "scheduled_provider": False,
    "approval_customer": True,
    "approval_provider": True,
}
POLICY: dict[str, dict[str, bool]] = {
    "resolution": _OURS
    | {"requester": True, "scheduled_requester": True, "approval_customer": True, "approval_provider": False},
    "next_response": _NEVER | {"approval_customer": False, "approval_provider": False},
    "periodic_update": _OURS
    | {"requester": True, "scheduled_requester": True, "approval_customer": False, "approval_provider": False},
    "first_response": _NEVER | {"approval_customer": True, "approval_provider": False},
    "ack": _TEAM,
    "hold": _TEAM,
}


def reason_key(reason: str, data: Mapping[str, Any]) -> str:
    """A pending reason with the side that asked for it, where that decides."""
    if reason == "scheduled":
        return f"scheduled_{data.get('asked_by') or 'provider'}"
    if reason == "approval":
        return f"approval_{data.get('side') or 'provider'}"
    return reason


def rests(metric: str, reason: str, own: Mapping[str, bool] = {}) -> bool:  # never written to
    """Whether a clock rests for a reason: as its target says, else by the policy of its metric."""
    if reason == CANCELLED:
        return True
    return bool(own.get(reason, POLICY[metric].get(reason, False)))
