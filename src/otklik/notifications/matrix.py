"""PURE: the table of domain.md §10.1: for each thing that happens, who hears of it by mail and by the bell."""

from __future__ import annotations

from dataclasses import dataclass

# Roles on one ticket, the strongest first: one person hears once, in the strongest role that hears.
ROLES = ("requester", "affected", "mentioned", "assignee", "cc", "lead", "manager", "watcher", "team", "admin")
CUSTOMER = frozenset({"requester", "affected", "cc"})


@dataclass(frozen=True, slots=True)
class Row:
    """Who hears of one thing. ``digest``: roles that may take it in a digest; ``loud``: quiet hours are ignored;
    ``kept``: cannot be switched off; ``asked``: a person wrote it, so it is never counted by the hourly limit."""

    mail: frozenset[str]
    bell: frozenset[str]
    digest: frozenset[str] = frozenset()
    loud: bool = False
    kept: bool = False
    asked: bool = False

    def ways(self, role: str) -> frozenset[str]:
        """The ways by which this role hears."""
        return frozenset(way for way, roles in (("mail", self.mail), ("bell", self.bell)) if role in roles)


def _row(mail: str, bell: str, digest: str = "", *, marks: str = "") -> Row:
    flags = dict.fromkeys(marks.split(), True)
    return Row(frozenset(mail.split()), frozenset(bell.split()), frozenset(digest.split()), **flags)


TABLE: dict[str, Row] = {
    "created": _row("requester affected cc", "requester affected team", marks="kept"),
    "taken": _row("requester affected", "requester affected watcher", "watcher"),
    "assigned": _row("assignee", "requester affected assignee watcher", "watcher"),
    "handed": _row("", "team"),
    "replied": _row("requester affected cc", "requester affected assignee watcher", "watcher", marks="kept asked"),
    "asked": _row("requester affected cc", "requester affected assignee watcher", "watcher", marks="kept asked"),
    "customer_wrote": _row("requester affected cc assignee", "assignee team watcher", "watcher", marks="asked"),
    "auto_wrote": _row("", "assignee"),
    "thanked": _row("", "assignee"),
    "noted": _row("", "assignee watcher", "watcher"),
    "mentioned": _row("mentioned", "mentioned"),
    "sender_waits": _row("", "assignee team"),
    "reminded": _row("requester affected", "requester affected", marks="kept asked"),
    "supplier_due": _row("assignee", "assignee"),
    "paused": _row("", "requester affected watcher", "watcher"),
    "resumed": _row("", "assignee watcher", "watcher"),
    "changed": _row("", "requester affected assignee watcher", "watcher"),
    "urgent": _row(
        "requester affected cc assignee team watcher lead manager", "assignee team lead manager", marks="loud"
    ),
    "solved": _row("requester affected cc", "requester affected assignee watcher", "watcher", marks="kept asked"),
    "closing": _row("requester affected", "requester affected", marks="kept"),
    "closed": _row("requester affected", "requester affected"),
    "confirmed": _row("", "assignee watcher", "watcher"),
    "reopened": _row("requester affected assignee", "requester affected assignee team watcher", "watcher"),
    "reopened_again": _row("", "lead"),
    "cancelled": _row("requester affected", "requester affected assignee watcher", "watcher", marks="kept asked"),
    "merged": _row("requester affected cc", "requester affected assignee watcher", "watcher", marks="kept"),
    "merged_here": _row("", "assignee watcher", "watcher"),
    "split": _row("requester affected cc", "requester affected team", marks="kept"),
    "split_off": _row("requester", "requester assignee watcher", "watcher", marks="kept"),
    "withdrawn": _row("", "assignee team watcher", "watcher"),
    "restored": _row("", "requester affected assignee watcher", "watcher"),
    "update_missed": _row("assignee lead", "assignee lead"),
    "warned": _row("assignee lead", "assignee team lead"),
    "breached": _row("assignee lead manager", "assignee team lead manager"),
    "unwatched": _row("lead", "lead"),
    "rated_low": _row("lead", "assignee lead"),
    "complained": _row("lead", "assignee lead"),
    "called": _row("mentioned", "mentioned", marks="loud kept"),
    "returned": _row("mentioned", "mentioned"),
    "hand_over": _row("mentioned", "mentioned"),
    "nobody": _row("lead", "lead"),
    "bouncing": _row("", "lead"),
    "undelivered": _row("lead", "assignee"),
    "undelivered_to_staff": _row("", "lead"),
    "mail_alarm": _row("admin", "admin"),
    "gave_up": _row("admin", "admin"),
}
