"""Codes of a ticket as staff read them, in lists to choose from and in sentences."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik import clock
from otklik.tickets.lifecycle import CANCEL_REASONS, CAUSE_CODES, RESOLUTION_CODES
from otklik.tickets.priority import OVERRIDE_REASONS
from otklik.ui import wording


def by(at: datetime) -> str:
    """A deadline in the viewer's zone."""
    return wording.deadline(at, clock.now(), timezone.get_current_timezone())


def ticket_type(code: str) -> str:
    """Incident, request, question."""
    return {"incident": _("Incident"), "service_request": _("Service request"), "question": _("Question")}.get(
        code, code
    )


def channel(code: str) -> str:
    """How the ticket came."""
    names = {
        "portal": _("through the portal"),
        "email": _("by mail"),
        "phone": _("by phone"),
        "walk_in": _("in person"),
        "chat": _("by chat"),
        "api": _("through the API"),
        "monitor": _("from monitoring"),
    }
    return names.get(code, code)


def impact(level: int) -> str:
    """Who is hit."""
    return {1: _("Several departments"), 2: _("Department"), 3: _("One person")}[level]


def urgency(level: int) -> str:
    """How fast it hurts."""
    return {1: pgettext("urgency", "High"), 2: pgettext("urgency", "Medium"), 3: pgettext("urgency", "Low")}[level]


def field(name: str) -> str:
    """Name of a field in the history."""
    names = {
        "subject": _("Subject"),
        "service": _("Service"),
        "contact": _("Contact"),
        "place": _("Place"),
        "device": _("Device"),
        "organisation": _("Organisation"),
        "visibility": _("Visibility"),
        "tags": _("Tags"),
        "affected_person": _("For whom"),
        "deadline_text": _("Hard deadline"),
    }
    return names.get(name, name)


def pending(code: str) -> str:
    """What we wait for."""
    names = {
        "requester": _("waiting on the requester"),
        "third_party": _("waiting on a supplier"),
        "change": _("waiting on a planned change"),
        "parent": _("waiting on a common solution"),
        "scheduled": _("put off"),
    }
    return names.get(code, code)


def pending_short(code: str) -> str:
    """The same in one word, for the clock of a list."""
    names = {
        "requester": _("requester"),
        "third_party": _("supplier"),
        "change": _("change"),
        "parent": _("common solution"),
        "scheduled": _("put off"),
    }
    return names.get(code, code)


def resolution(code: str) -> str:
    """How it was solved."""
    names = {
        "fixed": _("Fixed"),
        "workaround": _("Way round given"),
        "fulfilled": _("Fulfilled"),
        "answered": _("Answered"),
        "by_parent": _("Solved with the common trouble"),
        "no_fault_found": _("No fault found"),
        "user_error": _("Explained how to use it"),
        "third_party_fixed": _("Fixed by the supplier"),
        "no_response": _("No answer from the requester"),
        "resolved_by_requester": _("Solved by the requester"),
        "cannot_fix": _("Cannot be fixed"),
    }
    return names.get(code, code)


def cause(code: str) -> str:
    """What was behind it."""
    names = {
        "hardware": _("Hardware"),
        "software": _("Software"),
        "network": _("Network"),
        "configuration": _("Configuration"),
        "supplier": _("Supplier"),
        "user": _("Use"),
        "change": _("A change"),
        "unknown": _("Unknown"),
    }
    return names.get(code, code)


def cancel_reason(code: str) -> str:
    """Why it is not worked on."""
    names = {
        "spam": _("Spam"),
        "test": _("Test"),
        "out_of_scope": _("Not our work"),
        "withdrawn": _("Withdrawn by the requester"),
        "duplicate": _("Duplicate"),
        "merged": _("Merged"),
    }
    return names.get(code, code)


def override_reason(code: str) -> str:
    """Why the priority differs from the matrix."""
    names = {
        "contract": _("Contract"),
        "safety": _("Safety"),
        "deadline": _("Hard deadline"),
        "misclassified": _("Wrongly classified"),
    }
    return names.get(code, code)


def raised(code: str) -> str:
    """Why urgency was raised by a step."""
    names = {
        "vip": _("The requester is a VIP: urgency one step up"),
        "place": _("Critical place: urgency one step up"),
        "service": _("Critical service: urgency one step up"),
    }
    return names.get(code, code)


def resolution_choices() -> list[tuple[str, str]]:
    """Codes to choose from when a solution is proposed."""
    return [(code, resolution(code)) for code in RESOLUTION_CODES]


def cause_choices() -> list[tuple[str, str]]:
    """Causes to choose from."""
    return [("", _("Not named")), *((code, cause(code)) for code in CAUSE_CODES)]


def cancel_choices() -> list[tuple[str, str]]:
    """Reasons to choose from when a ticket is cancelled."""
    return [(code, cancel_reason(code)) for code in CANCEL_REASONS]


def override_choices() -> list[tuple[str, str]]:
    """Reasons to choose from for an override."""
    return [(code, override_reason(code)) for code in OVERRIDE_REASONS]


def assign_reasons(none: str = "") -> list[tuple[str, str]]:
    """Reasons to choose from when a ticket is handed on; ``none`` are the words of the empty choice."""
    return [
        ("", none or _("Choose a reason")),
        ("wrong_team", _("Wrong team")),
        ("needs_expertise", _("Needs other expertise")),
        ("load", _("Too much to do")),
        ("shift_end", _("End of shift")),
        ("absence", _("Absence")),
        ("requester_wish", _("The requester's wish")),
    ]
