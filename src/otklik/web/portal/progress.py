"""Where a request stands, in the requester's words: the four steps, who is on it, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import Recorded
from otklik.tickets.events import AssignmentChanged
from otklik.tickets.lifecycle import LIVE, requester_step
from otklik.tickets.models import Ticket
from otklik.tickets.public import pending_words
from otklik.ui import wording


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One request in one line of a list: the four parts of its bar, a headline and what comes next."""

    parts: Sequence[str]
    label: str
    headline: str
    line: str
    needs_me: bool


def needs_me(ticket: Ticket) -> bool:
    """Whether nothing goes on until the requester acts."""
    return ticket.status == "resolved" or (ticket.status == "pending" and ticket.pending_reason == "requester")


def deadline(at: datetime) -> str:
    """A promise as a clock time in the reader's zone."""
    return wording.deadline(at, clock.now(), timezone.get_current_timezone())


def step_names() -> list[str]:
    """The four steps."""
    return [_("Received"), _("Assigned"), _("In work"), _("Your check")]


def standing(ticket: Ticket, next_word: datetime | None) -> Standing:
    """How a request stands in a list."""
    step = requester_step(ticket.status, ticket.assignee_id is not None)
    mine = needs_me(ticket)
    if ticket.status == "closed":
        parts = ["g"] * 4
    elif step == 0:
        parts = [""] * 4
    else:
        parts = ["d"] * (step - 1) + ["w" if mine else "n"] + [""] * (4 - step)
    headline = head(ticket)
    spoken = _("Step %(step)s of 4: %(name)s") % {"step": step, "name": step_names()[step - 1]} if step else headline
    return Standing(parts=parts, label=spoken, headline=headline, line=_line(ticket, next_word), needs_me=mine)


def head(ticket: Ticket) -> str:
    """Two or three words about the state."""
    if ticket.status == "resolved":
        return _("Please check the fix")
    if ticket.status == "closed":
        return _("Done")
    if ticket.status == "cancelled":
        return _("Merged with another request") if ticket.cancel_reason == "merged" else _("Cancelled")
    if ticket.status == "pending":
        return pending_words(ticket.pending_reason)
    if ticket.assignee is not None:
        return _("In work: %(name)s") % {"name": ticket.assignee.name}
    return _("In work") if ticket.status == "open" else _("Received")


def _line(ticket: Ticket, next_word: datetime | None) -> str:
    if ticket.status == "resolved":
        return _("If everything works, confirm it with one button")
    if ticket.status == "pending" and ticket.pending_reason == "requester":
        return _("We asked you a question and wait for the answer")
    if ticket.status == "closed":
        return _("Closed %(day)s") % {"day": _day(ticket.closed_at)} if ticket.closed_at else ""
    if ticket.status == "cancelled":
        return ""
    return (
        ticket.public_status
        or word(next_word)
        or (_("We are choosing who will take it") if not ticket.assignee_id else "")
    )


def _day(at: datetime) -> str:
    return wording.day(at, clock.now(), timezone.get_current_timezone())


def word(until: datetime | None) -> str:
    """The next word as a promise, or the honest line where it is late."""
    if until is None:
        return ""
    if until < clock.now():
        return _("We promised to write by %(time)s and are late") % {"time": deadline(until)}
    return _("We will write by %(time)s") % {"time": deadline(until)}


def steps(
    ticket: Ticket, facts: Sequence[Recorded], names: Mapping[int, str], solution_due: datetime | None
) -> list[dict[str, Any]]:
    """The four steps with their times; empty for a cancelled request."""
    now_at = requester_step(ticket.status, ticket.assignee_id is not None)
    if now_at == 0:
        return []
    labels = step_names()
    if now_at == 4:
        labels[2] = _("Solved")
    notes = [_at(ticket.opened_at), _assigned(ticket, facts, names), _working(ticket, now_at), ""]
    if ticket.status == "closed":
        labels[3], notes[3] = _("Closed"), _at(ticket.closed_at)
    elif now_at < 4 and solution_due is not None and solution_due > clock.now():
        notes[3] = _("expected by %(time)s") % {"time": deadline(solution_due)}
    done = 5 if ticket.status == "closed" else now_at
    states = ["done" if place < done else "now" if place == done else "" for place in range(1, 5)]
    return [
        {"label": label, "note": note, "state": state} for label, note, state in zip(labels, notes, states, strict=True)
    ]


def _at(at: datetime | None) -> str:
    return "" if at is None else wording.short_moment(at, clock.now(), timezone.get_current_timezone())


def _assigned(ticket: Ticket, facts: Sequence[Recorded], names: Mapping[int, str]) -> str:
    found = [one for one in facts if isinstance(one.fact, AssignmentChanged) and one.fact.assignee]
    if not found or ticket.assignee is None:
        return ""
    last: Any = found[-1]
    name = names.get(last.fact.assignee, ticket.assignee.name)
    return f"{_at(last.at)}, {name}"


def _working(ticket: Ticket, step: int) -> str:
    if step == 4:
        return _at(ticket.resolved_at)
    if step < 3:
        return ""
    if ticket.status == "pending":
        return pending_words(ticket.pending_reason).lower()
    return _("since %(time)s") % {"time": _at(ticket.acknowledged_at)} if ticket.acknowledged_at else ""


def importance(ticket: Ticket) -> str:
    """Priority for the requester: a word and the reasons, never a code."""
    level = {"P1": _("Critical"), "P2": _("High"), "P3": _("Medium"), "P4": _("Normal")}[ticket.priority]
    reasons = [
        {1: _("many people are hit"), 2: _("a department is hit"), 3: _("one person is hit")}[ticket.impact],
        *because(ticket.raised_by),
    ]
    return f"{level}: {', '.join(reasons)}"


def because(raised_by: Sequence[str]) -> list[str]:
    """Why urgency was raised by a step, without naming the person's standing."""
    words = {"place": _("a critical place"), "service": _("a service that much hangs on")}
    return [words[name] for name in raised_by if name in words]


def is_live(ticket: Ticket) -> bool:
    """Somebody still works or waits."""
    return ticket.status in LIVE
