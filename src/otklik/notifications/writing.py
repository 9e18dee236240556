"""A notice becomes a letter: values in the recipient's language and zone, blocks, thread, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik import clock
from otklik.businesstime import add_days
from otklik.journal.config import current
from otklik.outbox.letter import AutoSubmitted, Letter
from otklik.outbox.limits import RECEIPT
from otklik.people import standing
from otklik.people.models import Person
from otklik.tickets.models import Message, Ticket
from otklik.tickets.policy import TIMERS_NAME
from otklik.tickets.worktime import working_calendar
from otklik.ui import wording as times

from . import blocks, files, letters, lists, parts, promises, thread, wording
from .matrix import CUSTOMER

MAX_UNDERSTOOD = 600  # characters of the words written that a receipt repeats

# what happened → the letter for the customer side; staff get the letter "staff" of everything
OF_CUSTOMERS = {
    "created": "receipt",
    "taken": "taken",
    "replied": "reply",
    "asked": "question",
    "customer_wrote": "copy",
    "reminded": "reminder",
    "solved": "solution",
    "closing": "closing",
    "closed": "closed",
    "reopened": "reopened",
    "cancelled": "cancelled",
    "merged": "merged",
    "split": "split",
    "split_off": "split_off",
    "urgent": "urgent",
}
Blocks = dict[str, blocks.Block | None]
RECEIPTS = frozenset({"receipt", "stranger", "follow_up"})


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to write: the thing that happened, to whom, in which role, about which ticket."""

    what: str
    person: Person
    role: str
    ticket: Ticket
    entry: int | None = None
    message: Message | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def customer(self) -> bool:
        """Whether the letter speaks to the customer side."""
        return self.role in CUSTOMER

    @property
    def letter(self) -> str:
        """The letter's name."""
        return str(self.facts.get("letter") or OF_CUSTOMERS[self.what]) if self.customer else "staff"


def zone_of(person: Person) -> tzinfo:
    """The zone in which the person reads times."""
    try:
        return ZoneInfo(person.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(standing.desk().timezone)


def compose(order: Order) -> Letter:
    """The letter, ready to be posted; made in the transaction that posts it."""
    person = order.person
    language = person.language if person.language in letters.LANGUAGES else "en"
    with override(language), timezone.override(zone_of(person)):
        return _compose(order, language)


def _compose(order: Order, language: str) -> Letter:
    name, ticket = order.letter, order.ticket
    text = letters.text_of(name, language)
    house = standing.desk()
    values = values_for(order, house)
    attached, linked = files.split(order.message, attach=order.customer and _by_staff(order.message))
    made = blocks.laid_out(text.body, values, _blocks(order, name, language, linked, house))
    desk = house.name or _("Otklik")
    footer = _footer(order, desk, house.phone)
    by_person = _by_person(order)
    earlier = () if name == "stranger" and not _answers_mail(order) else thread.references(ticket, order.person)
    return Letter(
        to=order.person.email or "",
        name="" if name == "stranger" else order.person.name,
        person=order.person.pk,
        subject=blocks.subject_of(text, values),
        text=blocks.as_text(made, language=language, footer=footer, can_answer=True),
        html=blocks.as_html(made, language=language, footer=footer, can_answer=True, desk=desk),
        kind=RECEIPT if name in RECEIPTS else name if order.customer else f"{thread.STAFF}{order.what}",
        about=("ticket", ticket.number),
        number=ticket.number,
        automatic=not by_person,
        auto_submitted=_auto(order, by_person, answers=bool(earlier)),
        references=earlier,
        author=_author(order, desk) if by_person else "",
        language=language,
        attachments=attached,
        headers=lists.headers_for(order.what, order.role),
        entry=order.entry,
    )


def _auto(order: Order, by_person: bool, *, answers: bool) -> AutoSubmitted:
    """RFC 3834 §5: a reply names the letter it answers; who did not write it gets what is merely generated."""
    if by_person:
        return ""
    return "auto-replied" if order.letter in RECEIPTS and _answers_mail(order) and answers else "auto-generated"


def _answers_mail(order: Order) -> bool:
    return order.ticket.channel == "email"


def _by_staff(message: Message | None) -> bool:
    return message is not None and message.side == "staff"


def _by_person(order: Order) -> bool:
    """Whether a person wrote what the letter carries, and the letter is for the other side."""
    told = order.message
    if not order.customer or told is None or order.what in {"created", "reminded"}:
        return False
    return told.side in {"staff", "customer"} and told.author_kind == "human"


def _author(order: Order, desk: str) -> str:
    name = order.message.author_name if order.message else ""
    return _("%(name)s, %(desk)s") % {"name": name, "desk": desk} if name else ""


def _footer(order: Order, desk: str, phone: str) -> str:
    if not order.customer:
        return desk
    return _("%(desk)s, phone %(phone)s") % {"desk": desk, "phone": phone} if phone else desk


# -- values --------------------------------------------------------------------------------------------------------
def values_for(order: Order, desk: standing.Desk) -> dict[str, str]:
    """Every placeholder that is a word, rendered; what has nothing to say is empty."""
    ticket, zone = order.ticket, timezone.get_current_timezone()
    promised = promises.of(ticket)
    hidden = not order.customer and ticket.visibility == "restricted"
    found = {
        "ticket.number": str(ticket.number),
        "ticket.subject": _("A ticket with restricted access") if hidden else ticket.subject,
        "ticket.place": str(ticket.place) if ticket.place else "",
        "person.name": order.person.name,
        "agent.name": agent_name(ticket),
        "desk.name": desk.name or _("Otklik"),
        "desk.phone": desk.phone,
        "promise.reply": _deadline(promised.reply, zone),
        "promise.solution": _deadline(promised.solution, zone),
        "promise.word": _deadline(ticket.promised_until, zone),
        "opening": _opening(order, zone),
        "author.name": order.message.author_name if order.message else "",
        "former.number": str(order.facts.get("former") or ""),
        "other.number": str(order.facts.get("other") or ""),
        "until": _until(order, zone),
        "headline": "" if order.customer else _headline(order),
    }
    return {name: " ".join(value.split()) for name, value in found.items()}


def _headline(order: Order) -> str:
    return wording.line(order.what, order.facts, customer=False, reader=order.person.pk)


def agent_name(ticket: Ticket) -> str:
    """Who is on it, as the requester may know it: the assignee, else the team's alias, else somebody."""
    if ticket.assignee is not None:
        return ticket.assignee.name
    return (ticket.team.alias if ticket.team else "") or _("A specialist")


def _deadline(at: datetime | None, zone: tzinfo) -> str:
    return times.deadline(at, clock.now(), zone) if at is not None and at > clock.now() else ""


def _opening(order: Order, zone: tzinfo) -> str:
    """When we open, for the letter that says we have got it."""
    at = promises.opening(order.ticket) if order.what == "created" and order.customer else None
    return times.moment(at, clock.now(), zone) if at is not None else ""


def _until(order: Order, zone: tzinfo) -> str:
    """The day on which the ticket ends by itself."""
    ticket, reminds = order.ticket, order.what == "reminded"
    since = ticket.pending_since if reminds else ticket.resolved_at
    if since is None or (reminds and ticket.priority in {"P1", "P2"}):
        return ""
    days = current(TIMERS_NAME).data["no_response_bd" if reminds else "close_bd"]
    return times.day(add_days(working_calendar(ticket), since, days), clock.now(), zone)


# -- blocks --------------------------------------------------------------------------------------------------------
def _blocks(order: Order, name: str, language: str, linked: list[tuple[str, int, str]], house: standing.Desk) -> Blocks:
    if name == "stranger":
        return {}
    ticket = order.ticket
    number = order.facts.get("other") if name == "merged" else ticket.number
    path = f"/requests/{number}" if order.customer else f"/tickets/{ticket.number}"
    found: Blocks = {
        "link": blocks.Link(_("Open the request") if order.customer else _("Open the ticket"), house.base_url + path),
        "files": blocks.Files(linked) if linked else None,
    }
    if order.customer:
        return found | _for_customers(order, name, language)
    if added := parts.gathered(order.what, ticket, order.person, language):
        found["answers"] = blocks.Added(added)
    if ticket.visibility == "restricted":
        return found | {"files": None}
    found["understood"] = blocks.Rows(wording.facts_of(ticket))
    if order.message is not None:
        found["message"] = blocks.Said.for_staff(order.message)
    return found


def _for_customers(order: Order, name: str, language: str) -> Blocks:
    """Blocks of the customer side, from public messages alone: anything else raises (S-17)."""
    found: Blocks = {}
    row = order.message
    if order.what == "reminded" and row is None:
        row = blocks.last_public(order.person, order.ticket, "question")
    told = blocks.public_of(row) if row is not None else None
    if name in {"receipt", "follow_up", "split", "split_apart"}:
        found["understood"] = blocks.Rows(wording.understood(order.ticket, _short(told.text if told else "")))
    elif told is not None:
        found["message"] = blocks.Said.of_public(told)
        if told.advice.strip():
            found["instructions"] = blocks.Advice(told.advice.strip(), told.instructions)
    if added := parts.gathered(name, order.ticket, order.person, language):
        found["answers"] = blocks.Added(added)
    return found


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_UNDERSTOOD else text[:MAX_UNDERSTOOD].rstrip() + "…"
