"""PURE: the states of a ticket and its lawful transitions, as one table (domain.md §2.3, §2.4)."""

from __future__ import annotations

from dataclasses import dataclass

NEW, OPEN, PENDING, RESOLVED, CLOSED, CANCELLED = "new", "open", "pending", "resolved", "closed", "cancelled"
STATES = (NEW, OPEN, PENDING, RESOLVED, CLOSED, CANCELLED)
LIVE = frozenset({NEW, OPEN, PENDING})  # somebody still works or waits
FINAL = frozenset({CLOSED, CANCELLED})

# Pending reasons whose rooms exist, and what each must come with.
PENDING_REASONS: dict[str, tuple[str, ...]] = {
    "requester": ("question",),
    "third_party": ("supplier", "reference", "follow_up_at"),
    "scheduled": ("until", "asked_by"),
}
RESOLUTION_CODES = (
    "fixed",
    "workaround",
    "fulfilled",
    "answered",
    "no_fault_found",
    "user_error",
    "third_party_fixed",
    "cannot_fix",
)
SYSTEM_CODES = ("by_parent", "no_response", "resolved_by_requester")
CAUSE_CODES = ("hardware", "software", "network", "configuration", "supplier", "user", "change", "unknown")
CANCEL_REASONS = ("spam", "test", "out_of_scope", "withdrawn", "duplicate")
SILENT_CANCELS = frozenset({"spam", "test"})
VOID_REASONS = ("gratitude", "auto_reply", "new_topic")
MIN_SOLUTION = 20  # characters of a public solution text
MAX_SCHEDULED_DAYS = 90
MAX_FOLLOW_UP_DAYS = 10  # working days until a supplier is asked again


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: its number, where it may start, where it ends."""

    id: str
    sources: frozenset[str]
    target: str


_TABLE = [
    Transition("T2", frozenset({NEW}), OPEN),
    Transition("T3", LIVE, PENDING),
    Transition("T4", frozenset({PENDING}), OPEN),
    Transition("T5", LIVE, RESOLVED),
    Transition("T6", frozenset({PENDING}), RESOLVED),
    Transition("T7", frozenset({RESOLVED}), CLOSED),
    Transition("T8", frozenset({RESOLVED}), OPEN),
    Transition("T9", frozenset({OPEN}), RESOLVED),
    Transition("T10", frozenset({NEW}), CANCELLED),
    Transition("T11", LIVE, CANCELLED),
    Transition("T12", frozenset({CANCELLED}), OPEN),  # the state before it was cancelled, new and pending too
    Transition("T13", frozenset({CLOSED}), OPEN),
]
TRANSITIONS: dict[str, Transition] = {row.id: row for row in _TABLE}


@dataclass(frozen=True, slots=True)
class Missing:
    """A condition that is not met: a code that ``tickets.wording`` puts into words, and its values."""

    code: str
    value: str = ""


def lawful(transition: str, source: str) -> Missing | None:
    """None where the transition may start from this state, else what is wrong."""
    return None if source in TRANSITIONS[transition].sources else Missing("state", source)


def lawful_step(source: str, target: str) -> bool:
    """True where any transition leads from one state to the other (used to mark irregular history)."""
    if (source, target) == (CANCELLED, NEW) or (source, target) == (CANCELLED, PENDING):
        return True
    return any(source in row.sources and row.target == target for row in _TABLE)


def may_resolve(
    *, code: str, text: str, has_service: bool, priority: str, ticket_type: str, cause_code: str, by_requester: bool
) -> list[Missing]:
    """What is still missing before T5: code, text of at least 20 characters, service, a cause for P1 and P2."""
    if by_requester:
        return []
    missing = []
    if code not in RESOLUTION_CODES and code not in SYSTEM_CODES:
        missing.append(Missing("resolution_code"))
    if len(text.strip()) < MIN_SOLUTION:
        missing.append(Missing("solution_text", str(MIN_SOLUTION)))
    if not has_service:
        missing.append(Missing("service"))
    if ticket_type == "incident" and priority in {"P1", "P2"} and not cause_code:
        missing.append(Missing("cause_code"))
    return missing


def requester_step(state: str, has_assignee: bool) -> int:
    """The requester's four steps (§2.3): 1 received, 2 assigned, 3 in work, 4 your check; 0 cancelled."""
    if state == CANCELLED:
        return 0
    if state in {RESOLVED, CLOSED}:
        return 4
    if state in {OPEN, PENDING}:
        return 3
    return 2 if has_assignee else 1
