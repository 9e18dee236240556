"""One request as its people see it (screens 03 and 03b), and what they may do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.channels.email.gratitude import is_gratitude
from otklik.feedback import complaints, surveys
from otklik.feedback.wording import mode_words, score_options
from otklik.notifications import bell
from otklik.people.models import Person
from otklik.tickets import access, desk, public
from otklik.tickets.attachments import MAX_FILES, StoreUnavailable, TooLarge, upload, uploaded
from otklik.tickets.models import Ticket, Upload
from otklik.tickets.refusal import Forbidden, Refused
from otklik.web import drafts, promises
from otklik.web.portal import progress
from otklik.web.portal.frame import show
from otklik.web.portal.reporting import as_uuid, fresh_key
from otklik.web.visit import actor, person, viewer

Act = Callable[[HttpRequest, Ticket], HttpResponse]


# -- the page --------------------------------------------------------------------------------------------------------
@require_safe
def request_page(request: HttpRequest, number: int) -> HttpResponse:
    """The request: step, person, next word, conversation, promises, who sees it."""
    ticket = access.ticket_for(viewer(request), number)
    bell.mark_seen(person(request), number=ticket.number)
    return page(request, ticket)


def page(
    request: HttpRequest, ticket: Ticket, *, typed: dict[str, Any] | None = None, errors: list[str] | None = None
) -> HttpResponse:
    """The page of a ticket; after a refusal with what was typed and why."""
    who, me = viewer(request), person(request)
    facts = public.told(ticket)
    names = public.names_in(facts)
    promised = promises.of(ticket)
    resolution = promised.of("resolution") if promised else None
    draft = drafts.kept(me, f"ticket:{ticket.number}:reply")
    survey = surveys.form_for(ticket, me)
    context = {
        "ticket": ticket,
        "me_id": me.pk,
        "lines": public.conversation(who, ticket, facts, names),
        "steps": progress.steps(ticket, facts, names, resolution.due if resolution else None),
        "headline": progress.head(ticket),
        "doing": ticket.public_status or (progress.head(ticket) if ticket.status == "pending" else ""),
        "line": progress.word(_next_word(ticket, promised)),
        "next_word": _next_word(ticket, promised),
        "needs_me": progress.needs_me(ticket),
        "importance": progress.importance(ticket),
        "promised": promised,
        "solution": _solution(ticket, who),
        "may": _buttons(who, ticket),
        "readers": _readers(ticket, me),
        "survey": survey,
        "survey_mode": mode_words(survey.mode) if survey else "",
        "rating_options": score_options(),
        "typed": typed or {},
        "draft": (draft.data.get("text", "") if draft else ""),
        "errors": errors or [],
        "key": fresh_key(),
        "merged_into": access.merged_numbers(who, [ticket]).get(ticket.pk),
        "links_to": [(one.kind, end) for one, end in access.links_for(who, ticket) if one.kind != "merged_into"],
    }
    return show(request, "web/portal/request.html", context, current="requests", status=422 if errors else 200)


def _next_word(ticket: Ticket, promised: promises.Promises | None) -> Any:
    running = [line for line in promised.lines if line.kept_at is None and not line.paused] if promised else []
    words = [line.due for line in running if line.metric != "resolution"] or [line.due for line in running]
    return promises.next_word(ticket, min(words, default=None))


def _solution(ticket: Ticket, who: access.Viewer) -> public.PublicMessage | None:
    if ticket.status not in {"resolved", "closed"}:
        return None
    return next((one for one in reversed(public.messages(who, ticket)) if one.kind == "solution"), None)


def _buttons(who: access.Viewer, ticket: Ticket) -> dict[str, bool]:
    status = ticket.status
    own = access.is_customer_side(who.person, ticket) if who.person else False
    return {
        "confirm": status in {"new", "open", "pending", "resolved"} and access.allowed(who, "confirm", ticket),
        "reopen": status == "resolved" and access.allowed(who, "reopen", ticket),
        "withdraw": status == "new" and access.allowed(who, "withdraw", ticket),
        "write": ticket.cancel_reason != "merged" and (own or access.allowed(who, "reply_customer", ticket)),
        "complain": status in {"new", "open", "pending"} and access.allowed(who, "reply_customer", ticket),
    }


def _readers(ticket: Ticket, me: Person) -> list[str]:
    """Who can see it: me first, then the others of the customer side."""
    others = Person.objects.filter(watches__ticket=ticket, watches__role="cc").values_list("pk", "name")
    known = dict(others)
    for one in (ticket.requester, ticket.affected_person):
        if one is not None:
            known[one.pk] = one.name
    mine = [_("you")] if me.pk in known else []
    return [*mine, *sorted(name for key, name in known.items() if key != me.pk), _("support")]


# -- acts ------------------------------------------------------------------------------------------------------------
def _act(act: Act) -> Callable[..., HttpResponse]:
    """A POST on a visible ticket: a refusal shows the page again with the words kept; a repeat does no harm."""

    @require_POST
    @wraps(act)
    def done(request: HttpRequest, number: int) -> HttpResponse:
        ticket = access.ticket_for(viewer(request), number)
        try:
            return act(request, ticket)
        except Refused as refused:
            typed: dict[str, Any] = {name: request.POST.get(name, "") for name in ("body", "comment", "score")}
            ticket.refresh_from_db()
            return page(request, ticket, typed=typed, errors=refused.texts)

    return done


def _back(ticket: Ticket, place: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:request", args=[ticket.number]) + place)


def _content(request: HttpRequest, field: str) -> desk.Content:
    """Text and files of a form; files without a script are kept on the way."""
    me = person(request)
    keys = request.POST.getlist("files")
    for file in request.FILES.getlist("files_plain")[:MAX_FILES]:
        try:
            kept = upload(file.chunks(), name=file.name or "", type=file.content_type or "", owner=me)
        except (TooLarge, StoreUnavailable):
            messages.error(
                request, _("“%(name)s” was not taken: over 25 MB, or the store is busy") % {"name": file.name}
            )
        else:
            keys.append(str(kept.pk))
    return desk.Content(text=request.POST.get(field, "").strip(), files=uploaded(_known(keys), owner=me))


def _known(keys: list[str]) -> list[str]:
    return [str(key) for key in map(as_uuid, keys) if key]


def _sent(request: HttpRequest, ticket: Ticket) -> None:
    me = person(request)
    drafts.drop(me, f"ticket:{ticket.number}:reply")
    Upload.objects.filter(pk__in=_known(request.POST.getlist("files")), owner=me).delete()


@_act
def message(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Write on the request. On a closed one this opens a new request that follows it."""
    content = _content(request, "body")
    heard = desk.hear(
        ticket,
        content,
        author=person(request),
        channel="portal",
        is_gratitude=is_gratitude(content.text, attachments=len(content.files)),
        key=request.POST.get("key", "")[:64],
        actor=actor(request),
    )
    _sent(request, ticket)
    if heard.ticket.pk != ticket.pk:
        words = _("No. %(old)s is closed, so we opened No. %(new)s, which follows it")
        messages.info(request, words % {"old": ticket.number, "new": heard.ticket.number})
    return _back(heard.ticket, "#latest")


@_act
def confirmation(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """«Да, решено»: at any time; a score given along is kept."""
    ticket = desk.confirm(ticket, actor=actor(request))
    _rated(request, ticket)
    messages.success(request, _("Closed. Thank you for telling"))
    return _back(ticket)


@_act
def reopening(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """«Не решено»: back to the same person, with what is still wrong."""
    content = _content(request, "comment")
    if not content.text and not content.files:
        ticket.refresh_from_db()
        words = _("Write what still does not work: then we need not ask")
        return page(request, ticket, typed={"score": request.POST.get("score", "")}, errors=[words])
    _rated(request, ticket)
    if ticket.status == "resolved":
        ticket = desk.reopen(ticket, cause="not_solved", content=content, actor=actor(request))
    else:
        ticket = desk.hear(
            ticket, content, author=person(request), channel="portal", objects=True, actor=actor(request)
        ).ticket
    _sent(request, ticket)
    messages.success(request, _("Back in work, with the same person and the same priority"))
    return _back(ticket)


@_act
def withdrawal(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Take back a request that nobody has taken into work."""
    ticket = desk.withdraw(ticket, actor=actor(request))
    messages.success(request, _("Withdrawn"))
    return _back(ticket)


@_act
def rating(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """One to five, with a comment, by whoever asked for help."""
    if person(request).pk not in {ticket.requester_id, ticket.affected_person_id}:
        raise Forbidden("rate")
    if not _rated(request, ticket):
        return page(request, ticket, typed={"comment": request.POST.get("comment", "")}, errors=[_("Choose a score")])
    messages.success(request, _("Thank you, your score is kept"))
    return _back(ticket)


def _rated(request: HttpRequest, ticket: Ticket) -> bool:
    score = request.POST.get("score", "")
    if score not in {"1", "2", "3", "4", "5"}:
        return False
    comment = request.POST.get("comment", "").strip()
    return surveys.rate_in_portal(ticket, person(request), score=int(score), comment=comment) is not None


@_act
def complaint(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Tell the support lead that it takes too long."""
    if not access.allowed(viewer(request), "reply_customer", ticket):
        raise Forbidden("reply_customer")
    complaints.complain(ticket, person(request), text=request.POST.get("comment", "").strip())
    messages.success(request, _("The support lead has been told"))
    return _back(ticket)
