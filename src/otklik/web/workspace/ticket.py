"""One ticket as the people who resolve it see it (screen 05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markupsafe import Markup

from otklik import clock
from otklik.catalogue.models import Service
from otklik.journal.config import current
from otklik.journal.record import Recorded
from otklik.notifications import bell
from otklik.outbox.models import Delivery
from otklik.people.models import Person, Team
from otklik.tickets import access, desk
from otklik.tickets.attachments import IMAGES
from otklik.tickets.models import Attachment, Message, Ticket
from otklik.tickets.policy import MATRIX_NAME
from otklik.tickets.sanitise import linkified
from otklik.web import presence, promises
from otklik.web.portal.reporting import fresh_key
from otklik.web.visit import person, viewer
from otklik.web.workspace import facts, merging, queue, splitting, talk, views, words
from otklik.web.workspace.frame import for_workers, show
from otklik.web.workspace.letters import may_read_letters

STATUS = {"new": "new", "open": "work", "pending": "wait", "resolved": "check", "closed": "done", "cancelled": "closed"}
SHOWN = 30  # lines of a conversation that are open; older ones are folded
WALKED = 500  # tickets of a queue that can be walked from page to page
DELIVERED = {"sent": "sent", "trapped": "sent", "queued": "waiting", "sending": "waiting"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bubble:
    """A message on the page; ``kind`` is '' (customer), 'us', 'note' or 'wait' (to be confirmed)."""

    at: datetime
    id: str
    kind: str
    author_id: int
    author: str
    role: str
    body: Markup
    quoted: Markup
    instructions: Markup
    error_text: str
    solution: bool
    has_html: bool
    mail: int | None
    files: list[Attachment]
    origin: int = 0  # number of the merged ticket that it was written in
    delivery: str = ""
    delivery_state: str = ""
    is_event: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A sentence between messages."""

    at: datetime
    who: str
    text: str
    changes: list[dict[str, str]] = field(default_factory=list)
    is_event: bool = True


@require_GET
@for_workers
def page(request: HttpRequest, number: int) -> HttpResponse:
    """The whole ticket; a reader of the public part alone sees it as the portal shows it."""
    ticket = access.ticket_for(viewer(request), number)
    if access.level(viewer(request), ticket) != access.INTERNAL:
        from otklik.web.portal.request import page as public_page

        return public_page(request, ticket)
    bell.mark_seen(person(request), number=ticket.number)
    return shown(request, ticket, dialog="split" if request.GET.get("split") else "")


def shown(
    request: HttpRequest,
    ticket: Ticket,
    *,
    errors: list[str] | None = None,
    typed: dict[str, Any] | None = None,
    dialog: str = "",
    collision: list[Bubble] | None = None,
    merge_with: Ticket | None = None,
    split_as: desk.Proposal | None = None,
    status: int = 0,
) -> HttpResponse:
    """The page; after a refusal with what was typed, why it was refused, and the dialog open again."""
    who, me = viewer(request), person(request)
    told = facts.told(ticket)
    names = facts.names_in(told, ticket)
    bubbles = conversation(who, ticket, told)
    watchers = list(ticket.watches.select_related("person").order_by("person__name"))
    mine = talk.drafts_of(me, ticket)
    lines = facts.history(told, names, conversation=True)
    events = [Event(at=one.at, who=one.who, text=one.text, changes=one.changes) for one in lines]
    older, newer = folded(_in_order(bubbles, events))
    context = summary_of(request, ticket, told) | {
        "ticket": ticket,
        "me_id": me.pk,
        "older": older,
        "lines": newer,
        "neighbours": neighbours(who, ticket, request.GET.get("queue", "")),
        "history": list(reversed(facts.history(told, names))),
        "may": buttons(who, ticket),
        "composer": talk.composer(mine, ticket, typed or {}, watchers),
        "mode": "note" if (typed or {}).get("mode") == "note" else "reply",
        "sending": talk.sending(mine),
        "collision": collision or [],
        "merge_with": merge_with,
        "split_as": split_as,
        "merged_into": access.merged_numbers(who, [ticket]).get(ticket.pk),
        "errors": errors or [],
        "typed": typed or {},
        "open_dialog": dialog,
        "here": presence.at(ticket, except_for=me.pk),
        "watchers": watchers,
        "seen": next((one.id for one in reversed(bubbles) if one.kind in {"", "us"}), ""),
        "called": "called" in request.GET,
    }
    code = status or (422 if errors else 200)
    return show(
        request,
        "web/workspace/ticket.html",
        context | _beside(request, who, ticket, told),
        current="queue:",
        status=code,
    )


def _beside(request: HttpRequest, who: access.Viewer, ticket: Ticket, told: Sequence[Recorded]) -> dict[str, Any]:
    """What stands beside the conversation and in the dialogs."""
    links = access.links_for(who, ticket)
    return splitting.shown_with(request, ticket, told, links) | {
        "matrix": matrix(ticket),
        "team": members(ticket),
        "teams": Team.objects.filter(is_active=True).exclude(pk=ticket.team_id or 0).order_by("pk"),
        "services": Service.objects.filter(is_active=True),
        "links_to": links,
        "same_place": same_place(who, ticket),
        "others": others(who, ticket),
        "panels": panels(ticket, who, request),
        "words": words,
        "fresh": fresh_key(),
        "now_plus": _suggested_times(),
        "letters": may_read_letters(who),
    }


def _in_order(bubbles: Sequence[Bubble], events: Sequence[Event]) -> list[Bubble | Event]:
    lines: list[Bubble | Event] = [*bubbles, *events]
    return sorted(lines, key=lambda line: (line.at, line.is_event))


def folded(lines: Sequence[Bubble | Event]) -> tuple[list[Bubble | Event], list[Bubble | Event]]:
    """The older part of a long conversation, which stays folded, and the newest ``SHOWN`` lines."""
    return (list(lines[:-SHOWN]), list(lines[-SHOWN:])) if len(lines) > SHOWN else ([], list(lines))


def neighbours(who: access.Viewer, ticket: Ticket, name: str) -> dict[str, Any] | None:
    """The place of the ticket in its queue with the numbers before and after it; None where it is not in the queue."""
    view = views.BY_NAME.get(name) or views.first_of(who)
    rows = promises.by_nearest(views.workable(who).filter(view.condition(who)), "")
    numbers = list(rows.values_list("number", flat=True)[:WALKED])
    if ticket.number not in numbers:
        return None
    at = numbers.index(ticket.number)
    return {
        "queue": view,
        "place": at + 1,
        "total": len(numbers),
        "before": numbers[at - 1] if at else None,
        "after": numbers[at + 1] if at + 1 < len(numbers) else None,
    }


def summary(request: HttpRequest, ticket: Ticket, *, last: int) -> dict[str, Any]:
    """What the preview beside the queue shows: promises, facts, the last messages."""
    who = viewer(request)
    level = access.level(who, ticket)
    bubbles = conversation(who, ticket) if level == access.INTERNAL else []
    return summary_of(request, ticket, None) | {"bubbles": bubbles[-last:], "internal": level == access.INTERNAL}


def summary_of(request: HttpRequest, ticket: Ticket, told: Sequence[Recorded] | None) -> dict[str, Any]:
    """Facts of a ticket that page and preview share; ``told``: its journal where it is at hand."""
    promised = promises.of(ticket, told)
    return {
        "status_kind": STATUS[ticket.status],
        "status_text": status_text(ticket),
        "priority_name": queue.priority_name(int(ticket.priority[1])),
        "promised": promised,
        "raised": [words.raised(code) for code in ticket.raised_by],
        "importance": f"{words.impact(ticket.impact)} × {words.urgency(ticket.urgency).lower()}",
    }


def status_text(ticket: Ticket) -> str:
    """Status with the reason of a hold."""
    if ticket.status == "pending":
        return words.pending(ticket.pending_reason)[:1].upper() + words.pending(ticket.pending_reason)[1:]
    names = {"new": _("New"), "open": _("In work"), "resolved": _("Being checked"), "closed": _("Closed")}
    return names.get(ticket.status, _("Cancelled"))


# -- conversation --------------------------------------------------------------------------------------------------
def conversation(who: access.Viewer, ticket: Ticket, told: Sequence[Recorded] = ()) -> list[Bubble]:
    """Every message this viewer may read, oldest first, with what became of its letters where ``told`` is given."""
    rows = access.messages_for(who, ticket).annotate(home=F("ticket__number")).prefetch_related("attachments")
    sent = _deliveries(told) if told else {}
    return [_bubble(row, sent.get(str(row.pk)), 0 if row.home == ticket.number else row.home) for row in rows]


def _bubble(row: Message, delivery: tuple[str, str] | None, origin: int = 0) -> Bubble:
    kind = {"internal": "note", "restricted": "note", "waiting": "wait"}.get(
        row.audience, "" if row.side == "customer" else "us"
    )
    return Bubble(
        at=row.created_at,
        id=str(row.pk),
        kind=kind,
        author_id=row.author_id or 0,
        author=row.author_name or row.author_address or _("Support"),
        role=_role(row),
        body=linkified(row.text),
        quoted=linkified(row.quoted),
        instructions=linkified(row.instructions),
        error_text=row.error_text,
        solution=row.kind == "solution",
        has_html=bool(row.html.strip()),
        mail=row.mail,
        files=sorted(row.attachments.all(), key=lambda one: one.position),
        origin=origin,
        delivery=delivery[0] if delivery else "",
        delivery_state=delivery[1] if delivery else "",
    )


def _role(row: Message) -> str:
    if row.author_kind == "auto":
        return _("automatic")
    if row.side != "customer":
        return ""
    return words.channel(row.channel)


def _deliveries(told: Sequence[Recorded]) -> dict[str, tuple[str, str]]:
    """What became of the letters about each message: words and state ('sent', 'waiting', 'failed')."""
    by_entry = {one.entry: message for one in told if (message := getattr(one.fact, "message", ""))}
    rank = {"sent": 0, "waiting": 1, "failed": 2}
    worst: dict[str, str] = {}
    for entry, state in Delivery.objects.filter(entry__in=by_entry).values_list("entry", "state"):
        message, here = by_entry[entry or 0], DELIVERED.get(str(state), "failed")
        known = worst.get(message)
        worst[message] = here if known is None or rank[here] > rank[known] else known
    texts = {"sent": _("delivered"), "waiting": _("on its way"), "failed": _("not delivered")}
    return {message: (texts[state], state) for message, state in worst.items()}


# -- side pane -----------------------------------------------------------------------------------------------------
def buttons(who: access.Viewer, ticket: Ticket) -> dict[str, bool]:
    """Which acts stand on the page: allowed to this person and possible in this state."""
    status = ticket.status
    works = access.allowed(who, "take", ticket)
    live, gone = ticket.is_live, ticket.cancel_reason == "merged"
    return {
        "work": works,
        "take": works and live and (ticket.assignee_id != who.pk or status == "new"),
        "hold": works and live,
        "resume": works and status == "pending",
        "solve": works and live,
        "cancel": works and live,
        "reopen": status == "resolved" and access.allowed(who, "reopen", ticket),
        "undo_reopen": works and status == "open" and ticket.reopen_count > 0,
        "uncancel": status == "cancelled" and not gone and access.allowed(who, "uncancel", ticket),
        "merge": works and live and access.allowed(who, "merge", ticket),
        "split": splitting.may_split(who, ticket),
        "unmerge": merging.may_unmerge(who, ticket),
        "reopen_closed": status == "closed" and access.allowed(who, "reopen_closed", ticket),
        "assign": access.allowed(who, "assign", ticket) and status not in {"closed", "cancelled"},
        "across": access.allowed(who, "assign_across", ticket),
        "edit": works,
        "write": works and status not in {"closed", "cancelled"},
        "note": works and not gone,
        "override": works,
        "restored": works and ticket.type == "incident" and ticket.service_restored_at is None and live,
    }


def matrix(ticket: Ticket) -> dict[str, Any]:
    """Impact × urgency with the priority in each cell, by the matrix in force."""
    table = current(MATRIX_NAME).data["matrix"]
    cells = {
        str(row): {
            str(column): {
                "number": int(table[str(row)][str(column)][1]),
                "name": queue.priority_name(int(table[str(row)][str(column)][1])),
            }
            for column in (1, 2, 3)
        }
        for row in (1, 2, 3)
    }
    return {
        "rows": [(str(level), words.impact(level)) for level in (1, 2, 3)],
        "columns": [(str(level), words.urgency(level)) for level in (1, 2, 3)],
        "cells": cells,
        "row": str(ticket.impact),
        "column": str(ticket.urgency),
    }


def members(ticket: Ticket) -> list[dict[str, Any]]:
    """The team's people with how many open tickets each has, in one question."""
    if ticket.team_id is None:
        return []
    live = Count("assigned", filter=Q(assigned__status__in=["new", "open", "pending"]))
    rows = Person.objects.filter(memberships__team=ticket.team_id, is_active=True).annotate(load=live).order_by("name")
    return [{"id": one.pk, "name": one.name, "load": one.load} for one in rows]


def same_place(who: access.Viewer, ticket: Ticket) -> list[Ticket]:
    """Open tickets from the same place or about the same service in the last day: perhaps the same trouble."""
    near = Q()
    if ticket.place_id:
        near |= Q(place=ticket.place_id)
    if ticket.service_id:
        near |= Q(service=ticket.service_id, opened_at__gt=clock.now() - timedelta(hours=24))
    if not near:
        return []
    rows = views.workable(who).live().filter(near).exclude(pk=ticket.pk)
    return list(rows.select_related("service").order_by("-opened_at")[:4])


def others(who: access.Viewer, ticket: Ticket) -> list[Ticket]:
    """Other open tickets of the same requester."""
    if ticket.requester_id is None:
        return []
    rows = views.workable(who).live().filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return list(rows.order_by("-opened_at")[:4])


def panels(ticket: Ticket, who: access.Viewer, request: HttpRequest) -> list[Any]:
    """What other rooms add to the side pane: each room's ``ticket_panel.py`` is found by its name."""
    found = []
    for module in _panel_makers():
        found.append((getattr(module, "ORDER", 50), module.panel(ticket, who, request)))
    return [made for _order, made in sorted(found, key=lambda one: one[0]) if made]


@cache
def _panel_makers() -> list[Any]:
    """The rooms' modules, looked for once in the life of the process."""
    names = [f"{room.name}.ticket_panel" for room in apps.get_app_configs() if room.name.startswith("otklik.")]
    return [import_module(name) for name in names if find_spec(name)]


def _suggested_times() -> list[tuple[str, str]]:
    """Times to promise the next word by: in half an hour, an hour, two, four, tomorrow morning."""
    zone = timezone.get_current_timezone()
    now = clock.now().astimezone(zone).replace(second=0, microsecond=0)
    rounded = now + timedelta(minutes=(-now.minute) % 15)
    steps = [rounded + timedelta(minutes=30), *(rounded + timedelta(hours=hours) for hours in (1, 2, 4))]
    tomorrow = (now + timedelta(days=1)).replace(hour=10, minute=0)
    return [(step.isoformat(), words.by(step)) for step in [*steps, tomorrow]]


def is_image(file: Attachment) -> bool:
    """Whether a preview of the file can be shown."""
    return file.type in IMAGES
