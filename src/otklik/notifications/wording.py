"""What happened, in one line for staff and for the bell, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik import clock
from otklik.tickets.models import Ticket
from otklik.tickets.public import pending_words
from otklik.ui import wording


def line(kind: str, facts: Mapping[str, Any], *, customer: bool, reader: int | None = None) -> str:
    """One sentence about a notice; ``facts`` are its own, with ``who`` as the name of whoever did it."""
    who = str(facts.get("who") or "")
    facts = {**facts, "yours": reader is not None and facts.get("to_person") == reader}
    found = (_customer if customer else _staff)(kind, who, facts)
    return found or _("Something changed")


def _customer(kind: str, who: str, facts: Mapping[str, Any]) -> str:
    if kind == "reminded":
        return _("We are waiting for your answer")
    words = {
        "created": _("We have got your request"),
        "taken": _("%(name)s is working on it") % {"name": who} if who else _("Your request is in work"),
        "assigned": _on_it(facts),
        "replied": _("%(name)s wrote to you") % {"name": who} if who else _("There is an answer"),
        "asked": _("Your answer is needed"),
        "customer_wrote": _("%(name)s added something") % {"name": who} if who else _("Something was added"),
        "changed": _changed(facts),
        "urgent": _("We work on it out of turn"),
        "solved": _("We have solved it. Please check"),
        "closing": _("It will be closed soon"),
        "closed": _("Closed"),
        "reopened": _("In work again"),
        "cancelled": _("Cancelled"),
        "merged": _merged(facts),
        "split": _split(facts),
        "split_off": _("Something else that was written in it goes on separately"),
        "restored": _("It works again"),
        "paused": pending_words(str(facts.get("reason"))),
    }
    return words.get(kind, "")


def _merged(facts: Mapping[str, Any]) -> str:
    if facts.get("letter") == "merged_out":
        return _("Somebody reported the same before you")
    return _("It goes on in request No. %(number)s") % {"number": facts.get("other") or "?"}


def _split(facts: Mapping[str, Any]) -> str:
    if facts.get("letter") == "split_apart":
        return _("We work on it as a request of its own")
    return _("We work on it separately from request No. %(number)s") % {"number": facts.get("former") or "?"}


def _staff(kind: str, who: str, facts: Mapping[str, Any]) -> str:
    found = _of_people(kind, who, facts) or _of_promises(kind, facts) or _of_the_house(kind, facts)
    return found or _of_routing(kind, facts)


def _of_routing(kind: str, facts: Mapping[str, Any]) -> str:
    absent = {"name": facts.get("absent") or "?"}
    words = {
        "called": _("You are called: nobody of the team is on shift. Please answer the call"),
        "returned": _("The requester wrote to %(name)s, who is away: it is back in the queue") % absent,
        "hand_over": _("%(name)s is away: take this one over") % absent,
        "nobody": _("Nobody of the team can be assigned"),
        "bouncing": _("It goes to and fro between teams"),
    }
    return words.get(kind, "")


def _of_people(kind: str, who: str, facts: Mapping[str, Any]) -> str:
    name = {"name": who or _("Otklik")}
    words = {
        "created": _("New ticket from %(name)s") % name if who else _("New ticket"),
        "taken": _("%(name)s has taken it") % name,
        "assigned": _("It is yours now") if facts.get("yours") else _on_it(facts),
        "replied": _("%(name)s answered the requester") % name,
        "asked": _("%(name)s asked the requester") % name,
        "customer_wrote": _("%(name)s wrote") % name,
        "auto_wrote": _("An automatic letter came from the requester"),
        "thanked": _("The requester said thank you"),
        "noted": _("%(name)s left a note") % name,
        "mentioned": _("%(name)s mentioned you in a note") % name,
        "sender_waits": _("A letter from %(name)s waits to be confirmed") % {"name": facts.get("sender") or "?"},
        "solved": _("%(name)s solved it") % name,
        "reopened": _("Not solved: back in work"),
        "cancelled": _("%(name)s cancelled it") % name,
        "merged": _("%(name)s merged it into No. %(number)s") % {**name, "number": facts.get("other") or "?"},
        "merged_here": _("No. %(number)s was merged into it") % {"number": facts.get("other") or "?"},
        "split": _("%(name)s split it off from No. %(number)s") % {**name, "number": facts.get("former") or "?"},
        "split_off": _("%(name)s split No. %(number)s off from it") % {**name, "number": facts.get("other") or "?"},
        "withdrawn": _("The requester took it back"),
        "confirmed": _("The requester confirmed the solution"),
        "handed": _("It was handed to your team"),
        "paused": pending_words(str(facts.get("reason"))),
        "resumed": _("Work goes on"),
        "restored": _("The service works again"),
        "changed": _changed(facts),
    }
    return words.get(kind, "")


def _on_it(facts: Mapping[str, Any]) -> str:
    return _("%(name)s is on it now") % {"name": facts.get("to") or "?"}


def _of_promises(kind: str, facts: Mapping[str, Any]) -> str:
    due = _time(facts.get("due"))
    if kind == "update_missed":
        return _("We promised to write by %(time)s and did not") % {"time": _time(facts.get("until"))}
    if kind == "warned":
        return _("The time promised ends at %(time)s") % {"time": due} if due else _("The time promised is running out")
    if kind == "breached":
        return _("The time promised ended at %(time)s") % {"time": due} if due else _("The time promised is over")
    if kind == "supplier_due":
        return _("Ask the supplier again")
    if kind == "urgent":
        return _("Urgent: priority %(priority)s") % {"priority": facts.get("priority", "P1")}
    if kind == "reopened_again":
        count = int(facts.get("times") or 2)
        return ngettext("Back in work for the %(count)s time", "Back in work for the %(count)s time", count) % {
            "count": count
        }
    return ""


def _of_the_house(kind: str, facts: Mapping[str, Any]) -> str:
    address = {"address": facts.get("address") or "?"}
    if kind == "rated_low":
        return _("Rated %(score)s of 5: look into it") % {"score": facts.get("score")}
    if kind == "complained":
        return _("The requester says it takes too long")
    if kind in {"undelivered", "undelivered_to_staff"}:
        if facts.get("status") == "unknown":
            return _("We do not know whether a letter reached %(address)s") % address
        return _("A letter did not reach %(address)s") % address
    if kind == "mail_alarm":
        return _alarm(str(facts.get("what")), address)
    if kind == "unwatched":
        count = int(facts.get("count") or 0)
        words = ngettext(
            "%(count)s ticket stands unwatched: %(numbers)s", "%(count)s tickets stand unwatched: %(numbers)s", count
        )
        return words % {"count": count, "numbers": facts.get("numbers", "")}
    if kind == "gave_up":
        return _("A background task was given up: %(task)s") % {"task": facts.get("task")}
    return ""


def _alarm(what: str, address: dict[str, Any]) -> str:
    words = {
        "flood": _("Too many letters from %(address)s: they are collected in one ticket"),
        "loop": _("A machine seems to answer our letters: %(address)s. We are silent now"),
        "mailbox": _("A mailbox has not been read for a while"),
        "store": _("Letters cannot be kept: the store does not take them"),
        "token": _("Access to the mailbox %(address)s is not renewed: give a new token before mail stops"),
        "token_ends": _("Access to the mailbox %(address)s ends within a week: give a new token"),
        "token_out": _("Access to the outgoing mail of %(address)s is not renewed: give a new token before mail stops"),
        "token_out_ends": _("Access to the outgoing mail of %(address)s ends within a week: give a new token"),
        "stuck_out": _("Mail does not leave: the mail server of %(address)s takes nothing. Check the outgoing mail"),
        "silence": _("Too many receipts to %(address)s: we are silent now"),
    }
    return (words.get(what) or _("Something is wrong with mail: %(address)s")) % address


def _changed(facts: Mapping[str, Any]) -> str:
    what = facts.get("what")
    if what == "priority":
        old, new = facts.get("old"), facts.get("new")
        return (
            _("Priority %(old)s → %(new)s") % {"old": old, "new": new}
            if facts.get("shown")
            else _("Importance judged anew")
        )
    if what == "due":
        return _("The time promised has changed")
    return _("The request was changed")


def _time(value: Any) -> str:
    if not value:
        return ""
    at = datetime.fromisoformat(str(value))
    return wording.deadline(at, clock.now(), timezone.get_current_timezone())


def understood(ticket: Ticket, written: str) -> list[tuple[str, str]]:
    """What we understood, as label and value, for the requester."""
    rows = [
        (_("What happened"), ticket.subject),
        (_("Service"), ticket.service.name if ticket.service else ""),
        (_("Where"), str(ticket.place) if ticket.place else ""),
        (_("Device"), ticket.device),
        (_("You wrote"), written),
    ]
    return [(label, value) for label, value in rows if value]


def facts_of(ticket: Ticket) -> list[tuple[str, str]]:
    """The ticket at a glance, for staff."""
    rows = [
        (_("Requester"), ticket.requester.name if ticket.requester else ticket.contact.get("name", "")),
        (_("Priority"), ticket.priority),
        (_("Service"), ticket.service.name if ticket.service else ""),
        (_("Where"), str(ticket.place) if ticket.place else ""),
        (_("Team"), ticket.team.name if ticket.team else ""),
    ]
    return [(label, value) for label, value in rows if value]
