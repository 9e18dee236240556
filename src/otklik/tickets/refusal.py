"""Why a command was refused, in words for the person who gave it."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from otklik.tickets.lifecycle import Missing


class Refused(Exception):
    """The ticket is not in a condition for this act; every missing condition is named."""

    def __init__(self, *missing: Missing) -> None:
        self.missing: Sequence[Missing] = missing
        super().__init__("; ".join(one.code for one in missing))

    @property
    def texts(self) -> list[str]:
        """The missing conditions as sentences in the reader's language."""
        return [in_words(one) for one in self.missing]

    def __str__(self) -> str:
        return " ".join(self.texts)


class Forbidden(PermissionDenied):
    """The actor may see the ticket but not do this act on it."""


class Stale(Exception):
    """The ticket changed since the page was opened."""

    def __init__(self, expected: int, version: int) -> None:
        self.expected, self.version = expected, version
        super().__init__(f"expected version {expected}, the ticket is at {version}")


def in_words(missing: Missing) -> str:
    """One missing condition as a sentence that says what to do."""
    value = missing.value
    words = {
        "state": _("This step is not possible: the ticket is %(state)s.") % {"state": state_name(value)},
        "resolution_code": _("Choose how it was solved."),
        "solution_text": _("Write what was done, at least %(count)s characters.") % {"count": value},
        "service": _("Choose the service first."),
        "cause_code": _("Name the cause: it is required for high priorities."),
        "question": _("To wait for the requester, ask a question in the same step."),
        "supplier": _("Name the supplier you are waiting for."),
        "reference": _("Give the supplier's reference number."),
        "follow_up_at": _("Say when to ask the supplier again, within 10 working days."),
        "until": _("Say until when it is put off, within 90 days."),
        "asked_by": _("Say who asked to put it off."),
        "pending_reason": _("Choose what you are waiting for."),
        "reason": _("Give a reason."),
        "assignee": _("Choose somebody to give it to."),
        "over_limit": _("A limit of this person is broken: say in a word why all the same."),
        "bouncing": _("This ticket goes to and fro between teams: only a lead or a dispatcher moves it on."),
        "evidence": _("Name the requester's message in which they agreed to the date; twice per request at most."),
        "override_reason": _("Choose why the priority differs from the matrix, and explain it."),
        "override_step": _("You may move the priority by one step only; your team lead may do more."),
        "cancel_reason": _("Choose why the ticket is cancelled."),
        "cancel_text": _("Write to the requester why the ticket is cancelled."),
        "not_member": _("%(name)s is not a member of this team.") % {"name": value},
        "cannot_see": _("%(name)s may not see this ticket.") % {"name": value},
        "across": _("You may propose another team; the team lead or a dispatcher hands the ticket over."),
        "empty": _("The message is empty."),
        "promise_past": _("The promised time has already passed."),
        "subject": _("Say in one phrase what is wrong."),
        "requester": _("Say who asks for help."),
        "set_back": _("The start may be set back by at most 24 hours, with a reason."),
        "too_late": _("It is too late for this step."),
        "confirm_closed": _("The request is already closed."),
        "unknown_link": _("There is no such record to link to."),
        "self_link": _("A ticket cannot be linked to itself."),
        "text_long": _("The text is longer than %(count)s characters.") % {"count": value},
    }
    return words.get(missing.code) or _of_splits(missing) or _of_merges(missing)


def _of_splits(missing: Missing) -> str:
    value = missing.value
    words = {
        "split_source": _("Nothing is split off from a ticket that is %(state)s: open a new one and link them.")
        % {"state": state_name(value)},
        "split_messages": _("Choose messages of this ticket."),
        "split_waiting": _("A message that waits to be confirmed cannot be split off: confirm it first."),
        "split_customer": _("Choose at least one message of the requester's side: the new ticket begins with it."),
        "split_foreign": _("%(name)s may not read all these messages: leave out those of others.") % {"name": value},
        "split_organisation": _(
            "The author belongs to another organisation: only the service manager may split it off."
        ),
    }
    return words.get(missing.code, "")


def _of_merges(missing: Missing) -> str:
    value = missing.value
    words = {
        "merge_source": _("A ticket that is %(state)s cannot be merged into another one: link them instead.")
        % {"state": state_name(value)},
        "merge_target": _("Nothing can be merged into a ticket that is %(state)s: link them instead.")
        % {"state": state_name(value)},
        "merge_visibility": _("No. %(number)s may be seen by more people. Give both the same visibility first.")
        % {"number": value},
        "merge_organisation": _("They belong to different organisations: only the service manager may merge them."),
        "merge_requester": _("They come from different people: choose whether the other one is put in copy."),
        "unmerge": _("It was merged into another ticket: take the merge back instead."),
        "unmerge_first": _("No. %(number)s was itself merged into another ticket: take that merge back first.")
        % {"number": value},
        "merged": _("This request was merged into another one: write there."),
    }
    return words[missing.code]


def state_name(state: str) -> str:
    """A state as staff read it."""
    names = {
        "new": _("new"),
        "open": _("in work"),
        "pending": _("on hold"),
        "resolved": _("solved"),
        "closed": _("closed"),
        "cancelled": _("cancelled"),
    }
    return names.get(state, state)
