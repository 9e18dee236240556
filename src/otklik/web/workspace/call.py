"""A phone call or a visit: who, what, join or new or solved on the spot, in half a minute by keyboard (screen 13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from otklik import clock
from otklik.catalogue.models import Service
from otklik.people import roster
from otklik.people.access import may
from otklik.people.models import Person, Place
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.web import drafts, promises
from otklik.web.portal.reporting import fresh_key
from otklik.web.visit import actor, person, viewer
from otklik.web.workspace import search, talk, views, words
from otklik.web.workspace.frame import for_workers, show

SLOT = "call"
FIELDS = (
    *(
        "person",
        "person_text",
        "new_name",
        "new_phone",
        "what",
        "outcome",
        "join",
        "news",
        "solution",
        "instructions",
        "code",
    ),
    *("service", "impact", "urgency", "place", "device", "channel", "started", "set_back_reason"),
)


@require_http_methods(["GET", "POST"])
@for_workers
def call(request: HttpRequest) -> HttpResponse:
    """The call; posting it ends with a ticket joined, opened or solved."""
    if not may(viewer(request).rights, "tickets.create_for_others"):
        raise Forbidden("tickets.create_for_others")
    if request.method == "GET":
        draft = drafts.kept(person(request), SLOT)
        typed = {name: str(draft.data.get(name, "")) for name in FIELDS} if draft else {}
        if request.GET.get("person", "").isdigit():
            typed["person"] = request.GET["person"]
        return _page(request, typed, drafted_at=draft.saved_at if draft else None)
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    try:
        ticket = _finish(request, typed)
    except Refused as refused:
        return _page(request, typed, errors=refused.texts)
    drafts.drop(person(request), SLOT)
    messages.success(request, _said_aloud(ticket, typed["outcome"]))
    return HttpResponseRedirect(reverse("workspace:ticket", args=[ticket.number]) + "?called")


def _page(
    request: HttpRequest, typed: dict[str, str], errors: list[str] | None = None, drafted_at: datetime | None = None
) -> HttpResponse:
    caller = _caller(typed)
    context = {
        "typed": typed,
        "errors": errors or [],
        "client": caller,
        "me_id": person(request).pk,
        "saved_at": drafted_at,
        "services": Service.objects.filter(is_active=True),
        "resolutions": words.resolution_choices(),
        "impacts": [(str(n), words.impact(n)) for n in (3, 2, 1)],
        "urgencies": [(str(n), words.urgency(n)) for n in (2, 1, 3)],
        "key": request.POST.get("key") or fresh_key(),
        "started": typed.get("started") or clock.now().isoformat(),
        **_known(request, caller),
    }
    return show(request, "web/workspace/call.html", context, current="call", status=422 if errors else 200)


def _caller(typed: dict[str, str]) -> Person | None:
    key = typed.get("person", "")
    rows = Person.objects.filter(is_active=True).select_related("place", "organisation")
    return rows.filter(pk=int(key)).first() if key.isdigit() else None


# -- the caller ----------------------------------------------------------------------------------------------------
@require_GET
@for_workers
def callers(request: HttpRequest) -> HttpResponse:
    """People found while typing: name, phone, room or device; a match of the phone stands first."""
    text = request.GET.get("q", "")
    found = search.people(text)
    live = _open_counts(found)
    options: list[dict[str, Any]] = [
        {
            "value": one.pk,
            "text": one.name,
            "line": ", ".join(filter(None, [one.job_title, str(one.place) if one.place else "", one.phone])),
            "side": _("the number fits") if search.phone_fits(one, text) else _open(live.get(one.pk, 0)),
        }
        for one in found
    ]
    if text.strip():
        options.append({"value": f"new:{text.strip()}", "text": text.strip(), "line": _("New person"), "side": ""})
    return render(request, "web/workspace/_people.html", {"options": options}, using="jinja2")


def _open(count: int) -> str:
    from django.utils.translation import ngettext

    return ngettext("%(count)s open", "%(count)s open", count) % {"count": count} if count else ""


def _open_counts(found: list[Person]) -> dict[int, int]:
    from django.db.models import Count

    rows = Ticket.objects.filter(requester__in=found, status__in=["new", "open", "pending"])
    return dict(rows.values_list("requester").annotate(count=Count("pk")))


@require_GET
@for_workers
def caller(request: HttpRequest) -> HttpResponse:
    """The side pane for the chosen person: facts, open tickets, known trouble at the place, what to say aloud."""
    typed = {name: request.GET.get(name, "").strip() for name in FIELDS}
    chosen = _caller(typed)
    context = {"client": chosen, "typed": typed, **_known(request, chosen)}
    return render(request, "web/workspace/_caller.html", context, using="jinja2")


def _known(request: HttpRequest, caller: Person | None) -> dict[str, Any]:
    """The caller's open tickets and what is known at their place in the last day."""
    if caller is None:
        return {"own": [], "known": [], "aloud": "", "guess": None}
    who = viewer(request)
    own = list(
        views.workable(who).live().filter(requester=caller).select_related("assignee").order_by("-opened_at")[:6]
    )
    known: list[Ticket] = []
    if caller.place_id:
        near = [caller.place_id, caller.place.parent_id if caller.place else None]
        rows = views.workable(who).live().filter(place__in=[key for key in near if key])
        known = list(rows.exclude(requester=caller).filter(opened_at__gt=clock.now() - timedelta(days=1))[:5])
    return {"own": own, "known": known, "aloud": _aloud(caller, known), "guess": known[0] if known else None}


def _aloud(caller: Person, known: list[Ticket]) -> str:
    first = caller.name.split()[0]
    if known:
        text = _("“%(name)s, we know about “%(subject)s” already, number %(number)s.”")
        return text % {"name": first, "subject": known[0].subject, "number": known[0].number}
    return _("“%(name)s, I am writing it down. You will have a number in a moment.”") % {"name": first}


# -- the end of the call -------------------------------------------------------------------------------------------
@transaction.atomic
def _finish(request: HttpRequest, typed: dict[str, str]) -> Ticket:
    who = _caller(typed) or _new_person(request, typed)
    if typed["outcome"] == "join":
        return _join(request, typed, who)
    ticket = _open_ticket(request, typed, who)
    if typed["outcome"] == "solved":
        content = desk.Content(text=typed["solution"], instructions=typed["instructions"])
        ticket = desk.resolve(ticket, code=typed["code"] or "answered", content=content, actor=actor(request))
    return ticket


def _new_person(request: HttpRequest, typed: dict[str, str]) -> Person:
    """Name and phone are enough; people without an e-mail address are people too."""
    name = typed["new_name"] or typed["person_text"]
    if not name:
        raise Refused(Missing("requester"))
    return roster.add_person(name=name[:150], phone=typed["new_phone"][:60], actor=actor(request))


def _open_ticket(request: HttpRequest, typed: dict[str, str], who: Person) -> Ticket:
    def number(name: str) -> int:
        return int(typed[name]) if typed[name].isdigit() else 0

    started = talk.moment_of(typed["started"])
    opened = started if started and started < clock.now() else None
    return desk.open_ticket(
        subject=typed["what"],
        content=desk.Content(text=typed["what"]),
        requester=who,
        channel=typed["channel"] if typed["channel"] in {"phone", "walk_in"} else "phone",
        impact=number("impact") or 3,
        urgency=number("urgency") or 2,
        service=Service.objects.filter(pk=number("service"), is_active=True).first(),
        place=Place.objects.filter(pk=number("place"), is_active=True).first(),
        device=typed["device"],
        opened_at=opened,
        set_back_reason=typed["set_back_reason"] or _("start of the call"),
        live_contact=True,
        key=request.POST.get("key", "")[:64],
        actor=actor(request),
    )


def _join(request: HttpRequest, typed: dict[str, str], who: Person) -> Ticket:
    """One more person for a ticket that is known: in copy from now on, with what is new."""
    number = search.number_in(typed["join"])
    if number is None:
        raise Refused(Missing("unknown_link"))
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    if who.pk not in {ticket.requester_id, ticket.affected_person_id}:
        ticket = desk.watch(ticket, who, role="cc", source="phone", actor=actor(request))
    text = "\n".join(filter(None, [typed["what"], typed["news"]]))
    if text:
        words_ = _("%(name)s called: %(text)s") % {"name": who.name, "text": text}
        desk.note(ticket, desk.Content(text=words_), channel="phone", actor=actor(request))
    return ticket


def _said_aloud(ticket: Ticket, outcome: str) -> str:
    promised = promises.of(ticket)
    due = promised.of("resolution") if promised else None
    if outcome == "solved":
        return _("Solved on the spot: No. %(number)s") % {"number": ticket.number}
    if due is not None:
        text = _("Say the number: %(number)s. We promise to solve it by %(time)s")
        return text % {"number": ticket.number, "time": words.by(due.due)}
    return _("Say the number: %(number)s") % {"number": ticket.number}
