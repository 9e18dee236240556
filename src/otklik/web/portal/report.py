"""Reporting a problem: the form, its suggestions and promise, sending, and what is said at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik import clock
from otklik.people.models import Person, Place
from otklik.sla.beforehand import opening_for
from otklik.tickets import access, desk
from otklik.tickets.attachments import MAX_FILES, StoreUnavailable, TooLarge, upload
from otklik.tickets.desk.opening import judged
from otklik.tickets.models import Ticket, Upload
from otklik.tickets.priority import EFFECTS, SCOPES
from otklik.tickets.refusal import Refused
from otklik.web import drafts, promises
from otklik.web.portal.frame import show
from otklik.web.portal.progress import because
from otklik.web.portal.reporting import (
    CHECKLIST,
    ReportForm,
    blank,
    found_colleagues,
    found_places,
)
from otklik.web.visit import actor, person, viewer

SLOT = "report"


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The report form; posting it makes exactly one ticket and tells its number."""
    me = person(request)
    if request.method != "POST":
        draft = drafts.kept(me, SLOT)
        saved = draft.data if draft else None
        form = ReportForm(me=me, initial=blank(me, service=request.GET.get("service", ""), saved=saved))
        return _page(request, form, saved_at=draft.saved_at if draft else None)
    form = _bound(request, me)
    if form.is_valid():
        try:
            ticket = _open(form, request)
        except Refused as refused:
            form.add_error(None, " ".join(refused.texts))
        else:
            drafts.drop(me, SLOT)
            Upload.objects.filter(pk__in=[one.pk for one in form.uploads()], owner=me).delete()
            return HttpResponseRedirect(reverse("portal:sent", args=[ticket.number]))
    return _page(request, form, status=422)


def _bound(request: HttpRequest, me: Person) -> ReportForm:
    """The form with what was typed; files that came along without a script are kept first, so that none is lost."""
    data = request.POST.copy()
    trouble = []
    for file in request.FILES.getlist("files_plain")[:MAX_FILES]:
        try:
            kept = upload(file.chunks(), name=file.name or "", type=file.content_type or "", owner=me)
        except TooLarge:
            trouble.append(_("“%(name)s” is too large. Send a screenshot instead") % {"name": file.name})
        except StoreUnavailable:
            trouble.append(_("Files cannot be stored right now. Try again in a minute."))
        else:
            data.appendlist("files", str(kept.pk))
    return ReportForm(data, me=me, trouble=trouble)


def _open(form: ReportForm, request: HttpRequest) -> Ticket:
    data = form.cleaned_data
    place: Place | None = data["where"]
    contact = {"phone": data["phone"], "room": data["place_text"] if place is None else str(place)}
    return desk.open_ticket(
        subject=data["subject"],
        content=desk.Content(text=data["description"], error_text=data["error_text"], files=form.content_files()),
        requester=form.me,
        channel="portal",
        type=data["type"],
        impact=data["impact"],
        urgency=data["urgency"],
        service=form.chosen_service(),
        place=place,
        device=data["device"],
        contact=contact,
        cc=form.everybody(),
        deadline_text=data["deadline_text"],
        key=data["key"],
        actor=actor(request),
    )


def _page(request: HttpRequest, form: ReportForm, *, saved_at: Any = None, status: int = 200) -> HttpResponse:
    values = {name: form[name].value() or "" for name in ("effect", "scope", "place", "service")}
    context = {
        "form": form,
        "service": form.chosen_service(),
        "uploads": [_thumb(one) for one in form.uploads()],
        "people": form.people(),
        "has_colleagues": form.me.organisation_id is not None,
        "checklist": [
            {"text": _("what you did"), "words": CHECKLIST["did"]},
            {"text": _("what you saw"), "words": CHECKLIST["saw"]},
            {"text": _("when it last worked"), "words": CHECKLIST["when"]},
        ],
        "saved_at": saved_at,
        **_promised(form.me, values),
    }
    return show(request, "web/portal/report.html", context, current="", status=status)


def _thumb(one: Upload) -> dict[str, str]:
    picture = reverse("files:upload_preview", args=[one.pk]) if one.type.startswith("image/") else ""
    return {"id": str(one.pk), "name": one.name, "thumb_url": picture}


# -- the promise before sending --------------------------------------------------------------------------------------
@require_safe
def promise(request: HttpRequest) -> HttpResponse:
    """The card «Когда ответим», drawn anew when an answer of the form changes."""
    context = _promised(person(request), request.GET)
    return render(request, "web/portal/_promise.html", context | {"swapped": True}, using="jinja2")


def _promised(me: Person, values: Any) -> dict[str, Any]:
    effect, scope = str(values.get("effect", "")), str(values.get("scope", ""))
    if effect not in EFFECTS or scope not in SCOPES:
        return {"promised": None, "importance": ""}
    ticket_type, urgency = EFFECTS[effect]
    key, code = str(values.get("place", "")), str(values.get("service", ""))
    place = Place.objects.filter(pk=int(key)).first() if key.isdigit() and len(key) < 12 else me.place
    service = ReportForm(me=me, initial={"service": code}).chosen_service()
    step, level = judged(
        ticket_type=ticket_type, impact=SCOPES[scope], urgency=urgency, requester=me, place=place, service=service
    )
    told = promises.beforehand(
        type=ticket_type, priority=level, service=service, organisation=me.organisation, place=place
    )
    return {"promised": told, "importance": _importance(level, effect, scope, step.reasons)}


def _importance(level: str, effect: str, scope: str, reasons: tuple[str, ...]) -> dict[str, str]:
    word = {"P1": _("critical"), "P2": _("high"), "P3": _("medium"), "P4": _("normal")}[level]
    why = [
        {"me": _("it hits you"), "department": _("it hits a department"), "many": _("it hits many")}[scope],
        {
            "stopped": _("work has stopped"),
            "hard": _("work is difficult"),
            "workaround": _("there is a way round"),
            "none": _("it does not hinder work"),
        }[effect],
        *because(reasons),
    ]
    return {"word": word, "why": ", ".join(why)}


# -- found while typing ----------------------------------------------------------------------------------------------
@require_safe
def colleagues(request: HttpRequest) -> HttpResponse:
    """Options for «also tell»: colleagues of the same organisation only."""
    found = found_colleagues(person(request), request.GET.get("q", "")[:100])
    options = [{"value": one.pk, "text": one.name, "line": one.job_title} for one in found]
    return render(request, "web/portal/_options.html", {"options": options, "kind": "person"}, using="jinja2")


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Options for the place, by words of its path in the tree."""
    found = found_places(request.GET.get("q", "")[:100])
    options = [{"value": one.pk, "text": str(one), "line": ""} for one in found]
    return render(request, "web/portal/_options.html", {"options": options, "kind": "place"}, using="jinja2")


# -- sent ------------------------------------------------------------------------------------------------------------
@require_safe
def sent(request: HttpRequest, number: int) -> HttpResponse:
    """Number and promise, at once."""
    ticket = access.ticket_for(viewer(request), number)
    context = {
        "ticket": ticket,
        "promised": promises.of(ticket),
        "opens_at": opening_for(ticket, clock.now()),
        "me_id": person(request).pk,
        "me_has_mail": bool(person(request).email),
    }
    return show(request, "web/portal/sent.html", context)
