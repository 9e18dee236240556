"""Acts on a ticket: each a POST that names what it leaves behind, one command of the desk, and an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypedDict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from otklik import clock
from otklik.businesstime import NonexistentTime, from_wall
from otklik.catalogue.models import Service
from otklik.people.models import Person, Place, Team
from otklik.routing import hands
from otklik.tickets import access, desk
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused, Stale
from otklik.web.visit import actor, viewer
from otklik.web.workspace import search, talk, words
from otklik.web.workspace.frame import for_workers

Act = Callable[[HttpRequest, Ticket], HttpResponse | None]


class Reason(TypedDict):
    """Why a ticket is given on, as the forms name it."""

    reason_code: str
    text: str


def guarded(dialog: str = "") -> Callable[[Act], Callable[..., HttpResponse]]:
    """A POST on a ticket of one's own; a refusal opens the page again with its dialog, the words kept."""

    def wrap(act: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @for_workers
        @wraps(act)
        def posted(request: HttpRequest, number: int) -> HttpResponse:
            ticket = access.ticket_for(viewer(request), number)
            try:
                answer = act(request, ticket)
            except (Refused, Stale, Forbidden) as refused:
                return _refused(request, ticket, refused, dialog)
            return answer or back(request, ticket)

        return posted

    return wrap


def back(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """To where the act was asked for: the queue it came from, or the ticket."""
    target = request.POST.get("next", "")
    safe = target.startswith("/queue") and "//" not in target
    return HttpResponseRedirect(target if safe else reverse("workspace:ticket", args=[ticket.number]))


def _refused(request: HttpRequest, ticket: Ticket, refused: Exception, dialog: str) -> HttpResponse:
    from otklik.web.workspace import ticket as page

    fresh = Ticket.objects.select_related("requester", "assignee", "team", "service", "place").get(pk=ticket.pk)
    if isinstance(refused, Forbidden):
        return page.shown(request, fresh, errors=[_("This is not yours to do on this ticket.")], status=403)
    if isinstance(refused, Stale):
        text = _("The ticket has changed meanwhile. Nothing was saved: look at it and try again.")
        return page.shown(request, fresh, errors=[text], typed=request.POST.dict(), dialog=dialog, status=409)
    texts = refused.texts if isinstance(refused, Refused) else [str(refused)]
    return page.shown(request, fresh, errors=texts, typed=request.POST.dict(), dialog=dialog)


def done(request: HttpRequest, text: str, undo: str = "") -> None:
    """Say that it is done; ``undo`` is the address that takes it back."""
    messages.success(request, text, extra_tags=undo)


# -- who is on it --------------------------------------------------------------------------------------------------
@guarded("assign")
def take(request: HttpRequest, ticket: Ticket) -> None:
    """«Взять»; a ticket that somebody else is on is given with a reason."""
    before = ticket.assignee_id
    ticket = hands.take(ticket, **_reason(request), actor=actor(request))
    undo = _undo(ticket) if ticket.assignee_id != before else ""
    done(request, _("No. %(number)s is yours") % {"number": ticket.number}, undo)


def _reason(request: HttpRequest) -> Reason:
    return {"reason_code": request.POST.get("reason_code", ""), "text": request.POST.get("text", "")}


def _undo(ticket: Ticket) -> str:
    return reverse("workspace:assignment", args=[ticket.number]) + "?undo=1"


@guarded("assign")
def assignment(request: HttpRequest, ticket: Ticket) -> None:
    """Give it to somebody of the team, or hand it to another team; ``undo`` in the address takes that back."""
    if "undo" in request.GET:
        hands.take_back(ticket, actor=actor(request))
        return done(request, _("Given back"))
    team = Team.objects.filter(pk=_number(request.POST.get("team")), is_active=True).first()
    to = Person.objects.filter(pk=_number(request.POST.get("assignee"))).first()
    if team is None and to is None and request.POST.get("assignee") != "0":
        raise Refused(Missing("reason"))
    moves = team is not None and team.pk != ticket.team_id
    ticket = hands.give(ticket, to=None if moves else to, team=team, **_reason(request), actor=actor(request))
    if moves and team is not None:
        return done(request, _("Handed to %(team)s") % {"team": team.name})
    done(request, _("%(name)s is on it now") % {"name": to.name} if to else _("Nobody is on it now"), _undo(ticket))


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdigit() else 0


# -- hold and go on ------------------------------------------------------------------------------------------------
@guarded("hold")
def hold(request: HttpRequest, ticket: Ticket) -> None:
    """Put it on hold, with what the reason needs."""
    reason = request.POST.get("reason", "")
    question = desk.Content(text=request.POST.get("question", "").strip()) if reason == "requester" else None
    ticket = desk.hold(
        ticket,
        reason=reason,
        question=question,
        until=moment(request.POST.get("until", "")),
        asked_by=request.POST.get("asked_by", ""),
        supplier=request.POST.get("supplier", ""),
        reference=request.POST.get("reference", ""),
        follow_up_at=moment(request.POST.get("follow_up_at", "")),
        actor=actor(request),
    )
    undo = reverse("workspace:resume", args=[ticket.number]) if reason != "requester" else ""
    done(request, _("On hold: %(why)s") % {"why": words.pending(reason)}, undo)


def moment(text: str) -> datetime | None:
    """A local date and time of a form (``2026-11-24T16:30``) in the viewer's zone; a date alone is nine o'clock.

    None where there is no such time, as in the hour that is left out in spring; of an hour that comes twice, the first.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "T" not in text:
        at = at.replace(hour=9)
    if at.tzinfo:
        return at
    try:
        return from_wall(str(timezone.get_current_timezone()), at, strict=True)
    except NonexistentTime:
        return None


@guarded()
def resume(request: HttpRequest, ticket: Ticket) -> None:
    """Go on."""
    desk.resume(ticket, actor=actor(request))
    done(request, _("In work again"))


# -- the end -------------------------------------------------------------------------------------------------------
@guarded("solve")
def solution(request: HttpRequest, ticket: Ticket) -> None:
    """Propose the solution: what was done, what the person should do."""
    service = Service.objects.filter(pk=_number(request.POST.get("service")), is_active=True).first()
    if service is not None and service.pk != ticket.service_id:
        ticket = desk.edit(ticket, service=service, actor=actor(request))
    content = talk.content_of(request, "text", instructions=request.POST.get("instructions", "").strip())
    desk.resolve(
        ticket,
        code=request.POST.get("code", ""),
        content=content,
        cause_code=request.POST.get("cause_code", ""),
        internal_note=request.POST.get("internal_note", ""),
        actor=actor(request),
    )
    talk.forget_uploads(request)
    done(request, _("Proposed. The requester is asked to check"))


@guarded("reopen")
def reopening(request: HttpRequest, ticket: Ticket) -> None:
    """Back to work, with a reason."""
    desk.reopen(ticket, cause="agent", reason=request.POST.get("reason", "").strip(), actor=actor(request))
    done(request, _("Back in work"))


@guarded()
def reopening_undone(request: HttpRequest, ticket: Ticket) -> None:
    """The reopening was none: «спасибо», an autoresponder, another subject."""
    desk.void_reopen(ticket, reason=request.POST.get("reason", "gratitude"), actor=actor(request))
    done(request, _("The reopening is taken back"))


@guarded("cancel")
def cancellation(request: HttpRequest, ticket: Ticket) -> None:
    """Not to be worked on."""
    desk.cancel(
        ticket, reason=request.POST.get("reason", ""), text=request.POST.get("text", "").strip(), actor=actor(request)
    )
    done(request, _("Cancelled"))


@guarded("uncancel")
def cancellation_undone(request: HttpRequest, ticket: Ticket) -> None:
    """Back to where it was."""
    desk.uncancel(ticket, reason=request.POST.get("reason", "").strip(), actor=actor(request))
    done(request, _("Taken up again"))


# -- the record ----------------------------------------------------------------------------------------------------
@guarded()
def level(request: HttpRequest, ticket: Ticket) -> None:
    """Impact × urgency from the matrix; ``cell`` is "impact:urgency"."""
    impact, _sep, urgency = (request.POST.get("cell") or request.GET.get("cell", "")).partition(":")
    if impact not in {"1", "2", "3"} or urgency not in {"1", "2", "3"}:
        raise Refused(Missing("reason"))
    before = f"{ticket.impact}:{ticket.urgency}"
    ticket = desk.prioritise(ticket, impact=int(impact), urgency=int(urgency), actor=actor(request))
    undo = reverse("workspace:level", args=[ticket.number]) + f"?cell={before}"
    done(request, _("Priority %(number)s") % {"number": ticket.priority[1]}, undo if before else "")


@guarded("override")
def override(request: HttpRequest, ticket: Ticket) -> None:
    """A priority other than the matrix says, with the reason; an empty one follows the matrix again."""
    ticket = desk.prioritise(
        ticket,
        override=request.POST.get("priority", ""),
        reason_code=request.POST.get("reason_code", ""),
        text=request.POST.get("text", "").strip(),
        actor=actor(request),
    )
    done(request, _("Priority %(number)s") % {"number": ticket.priority[1]})


@guarded("edit")
def record(request: HttpRequest, ticket: Ticket) -> None:
    """Fields of the record; only those that the form holds are touched."""
    form = request.POST
    changes: dict[str, Any] = {}
    if "subject" in form:
        changes["subject"] = form["subject"]
    if "service" in form:
        changes["service"] = Service.objects.filter(pk=_number(form["service"])).first()
    if "place" in form:
        changes["place"] = Place.objects.filter(pk=_number(form["place"]), is_active=True).first()
    if "device" in form:
        changes["device"] = form["device"].strip()[:120]
    if "phone" in form:
        changes["contact"] = {"phone": form["phone"].strip()[:60], "room": form.get("room", "").strip()[:120]}
    if "visibility" in form and form["visibility"] in {"participants", "organisation", "restricted"}:
        changes["visibility"] = form["visibility"]
    desk.edit(ticket, actor=actor(request), **changes)
    if form.get("type") in Ticket.TYPES and form["type"] != ticket.type:
        desk.change_type(ticket, to=form["type"], actor=actor(request))
    done(request, _("Saved"))


@guarded("promise")
def promised(request: HttpRequest, ticket: Ticket) -> None:
    """«Напишем до …»; empty takes it back. ``status`` is the line for the requester."""
    until = moment(request.POST.get("until", ""))
    if "until" in request.POST:
        desk.promise(ticket, until=until, actor=actor(request))
    if "status" in request.POST:
        desk.set_public_status(ticket, text=request.POST["status"], actor=actor(request))
    done(request, _("The requester sees it"))


@guarded()
def restored(request: HttpRequest, ticket: Ticket) -> None:
    """«Услуга восстановлена»."""
    desk.restore_service(ticket, as_of=moment(request.POST.get("as_of", "")) or clock.now(), actor=actor(request))
    done(request, _("Noted: the service works again"))


@guarded()
def answer_not_needed(request: HttpRequest, ticket: Ticket) -> None:
    """The last word of the requester needs no answer."""
    desk.response_not_needed(ticket, reason=request.POST.get("reason", "").strip(), actor=actor(request))


@guarded("people")
def participants(request: HttpRequest, ticket: Ticket) -> None:
    """Add somebody in copy or following; ``remove`` takes them out."""
    role = request.POST.get("role", "cc")
    one = Person.objects.filter(pk=_number(request.POST.get("person")), is_active=True).first()
    if one is None or role not in {"cc", "watcher", "granted"}:
        raise Refused(Missing("requester"))
    act = desk.unwatch if request.POST.get("remove") else desk.watch
    act(ticket, one, role=role, actor=actor(request))
    done(request, _("Removed") if request.POST.get("remove") else _("Added"))


@guarded("link")
def links(request: HttpRequest, ticket: Ticket) -> None:
    """Link with another ticket by its number; ``remove`` takes the link back."""
    number = search.number_in(request.POST.get("other", ""))
    try:
        other = access.ticket_for(viewer(request), number or 0)
    except Http404 as missing:
        raise Refused(Missing("unknown_link")) from missing
    kind = request.POST.get("kind", "relates")
    act = desk.unlink if request.POST.get("remove") else desk.link
    act(ticket, other, kind=kind, actor=actor(request))
    done(request, _("Link removed") if request.POST.get("remove") else _("Linked"))


# -- many at once --------------------------------------------------------------------------------------------------
MAX_BULK = 100


@require_POST
@for_workers
def bulk(request: HttpRequest) -> HttpResponse:
    """The same act on the selected tickets, one transaction each; failures are listed, never skipped silently."""
    numbers = [int(one) for one in request.POST.get("numbers", "").split(",") if one.isdigit()][:MAX_BULK]
    done, failed = 0, []
    for number in numbers:
        try:
            _bulk_one(request, access.ticket_for(viewer(request), number))
            done += 1
        except (Refused, Stale, Forbidden, Http404) as refused:
            why = " ".join(refused.texts) if isinstance(refused, Refused) else _("no access")
            failed.append(f"{number}: {why}")
    if done:
        messages.success(request, _("Done: %(count)s") % {"count": done})
    for line in failed:
        messages.error(request, line)
    target = request.POST.get("next", "")
    safe = target.startswith("/queue") and "//" not in target
    return HttpResponseRedirect(target if safe else reverse("workspace:front"))


def _bulk_one(request: HttpRequest, ticket: Ticket) -> None:
    act = request.POST.get("act", "")
    if act == "take":
        hands.take(ticket, **_reason(request), actor=actor(request))
    elif act == "assign":
        to = Person.objects.filter(pk=_number(request.POST.get("assignee")), is_active=True).first()
        if to is None:
            raise Refused(Missing("assignee"))
        hands.give(ticket, to=to, **_reason(request), actor=actor(request))
    elif act == "resume":
        desk.resume(ticket, actor=actor(request))
    else:
        raise Refused(Missing("reason"))
