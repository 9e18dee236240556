"""Pages behind mailed links: opening one changes nothing, every act is a button (domain.md §9.3, safety.md A10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.feedback import links, surveys
from otklik.feedback.models import MailedLink, Survey
from otklik.feedback.wording import mode_words, refusal, score_options
from otklik.people.access import as_actor
from otklik.people.models import Person
from otklik.tickets import access, desk, public
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Refused
from otklik.ui.doors import public as open_to_all

MAX_WORDS = 10_000
Page = Callable[..., HttpResponse]


def _private(page: Page) -> Page:
    """Kept by nobody, indexed by nobody, and the address is told to no other site.

    No cookie takes part: the secret in the address is the credential and cannot be known to a forger, so there is no
    CSRF token either (with ``no-referrer`` a browser sends ``Origin: null``, and mail programs often block cookies).
    """

    @wraps(page)
    def answer(request: HttpRequest, secret: str, *args: Any) -> HttpResponse:
        response = page(request, secret, *args)
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(answer)


def _say(
    request: HttpRequest, template: str, person: Person, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    with translation.override(person.language):
        return render(request, template, context, status=status, using="jinja2")


# -- the score -------------------------------------------------------------------------------------------------------
def _survey(secret: str) -> Survey:
    found = surveys.of_key(secret)
    if found is None or not found.person.is_active:
        raise Http404
    return found


@open_to_all
@_private
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, secret: str) -> HttpResponse:
    """The five scores with the one of the link selected; a gesture of a person or the button sends it."""
    found = _survey(secret)
    if request.method != "POST":
        return _survey_page(request, secret, found, chosen=_score(request.GET.get("score", "")))
    score = _score(request.POST.get("score", ""))
    by_gesture = request.POST.get("by") == "gesture"
    if score is None:
        return _survey_page(request, secret, found, error=_("Choose a score"), status=422)
    if by_gesture and surveys.only_the_button(found):
        return JsonResponse({"kept": False}, status=409)
    try:
        surveys.rate(found, score=score, comment=request.POST.get("comment", ""), channel="letter")
    except surveys.CannotRate as cannot:
        return _survey_page(request, secret, found, chosen=score, error=refusal(cannot.why), status=409)
    if by_gesture:
        return JsonResponse({"kept": True})
    return _survey_page(request, secret, _survey(secret), chosen=score, thanks=True)


def _score(text: str) -> int | None:
    return int(text) if text in {"1", "2", "3", "4", "5"} else None


def _survey_page(
    request: HttpRequest,
    secret: str,
    found: Survey,
    *,
    chosen: int | None = None,
    error: str = "",
    thanks: bool = False,
    status: int = 200,
) -> HttpResponse:
    last = None if found.mode == "anonymous" else surveys.last_score(found)
    score = chosen or (last.score if last else None)
    with translation.override(found.person.language):
        context = {
            "secret": secret,
            "number": found.ticket.number,
            "options": score_options(),
            "score": score,
            "comment": last.comment if last else "",
            "mode": mode_words(found.mode),
            "error": error,
            "thanks": thanks,
            "by_gesture": chosen is not None and found.mode != "anonymous" and last is None,
            "unsolved": thanks and score is not None and score <= surveys.LOW and found.mode != "anonymous",
        }
    return _say(request, "feedback/survey.html", found.person, context, status)


@open_to_all
@_private
@require_POST
def opening(request: HttpRequest, secret: str) -> HttpResponse:
    """A browser tells which score's link it opened, so that a machine that opens them all is known."""
    score = _score(request.POST.get("score", ""))
    if score is not None:
        surveys.note_opening(_survey(secret), score)
    return HttpResponse(status=204)


@open_to_all
@_private
@require_POST
def objection(request: HttpRequest, secret: str) -> HttpResponse:
    """«Проблема не решена» after a low score: the words go on the request, or on one that follows it."""
    found = _survey(secret)
    if found.mode == "anonymous":
        raise Http404
    words = request.POST.get("comment", "").strip()[:MAX_WORDS]
    if not words:
        return _survey_page(request, secret, found, thanks=True, error=_("Write what still does not work"), status=422)
    return _object(request, found.ticket, found.person, words)


def _object(request: HttpRequest, ticket: Ticket, person: Person, words: str) -> HttpResponse:
    content, actor = desk.Content(text=words), as_actor(person)
    try:
        if ticket.status == "resolved":
            now = desk.reopen(ticket, cause="not_solved", content=content, actor=actor)
        else:
            now = desk.hear(ticket, content, author=person, channel="email", objects=True, actor=actor).ticket
    except Refused as refused:
        return _done(request, person, title=_("It could not be done"), text=" ".join(refused.texts), status=409)
    if now.pk != ticket.pk:
        title = _("We opened request No. %(number)s, which follows the closed one") % {"number": now.number}
    else:
        title = _("Request No. %(number)s is back in work") % {"number": now.number}
    return _done(
        request, person, title=title, text=_("The same person goes on with it. You will hear from us by mail.")
    )


def _done(request: HttpRequest, person: Person, *, title: str, text: str, status: int = 200) -> HttpResponse:
    return _say(request, "feedback/done.html", person, {"title": title, "text": text}, status)


# -- the link to one request -----------------------------------------------------------------------------------------
def _link(secret: str) -> MailedLink:
    found = links.of_secret(secret)
    if found is None:
        raise Http404
    return found


@open_to_all
@_private
@require_safe
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Number and buttons; what is written on the request is shown only when asked for by a button."""
    return _link_page(request, secret, _link(secret))


@open_to_all
@_private
@require_POST
def reading(request: HttpRequest, secret: str) -> HttpResponse:
    """The public part of the request."""
    held = _link(secret)
    links.used(held)
    return _link_page(request, secret, held, shown=True)


def _link_page(
    request: HttpRequest, secret: str, held: MailedLink, *, shown: bool = False, error: str = "", status: int = 200
) -> HttpResponse:
    ticket, person = held.ticket, held.person
    with translation.override(person.language):
        facts = public.told(ticket) if shown else []
        context = {
            "secret": secret,
            "ticket": ticket,
            "shown": shown,
            "lines": public.conversation(access.viewer(person), ticket, facts, public.names_in(facts)) if shown else [],
            "me_id": person.pk,
            "confirmable": ticket.status in {"new", "open", "pending", "resolved"},
            "objectable": ticket.status in {"resolved", "closed"},
            "rating": surveys.form_for(ticket, person),
            "options": score_options(),
            "error": error,
        }
    return _say(request, "feedback/link.html", person, context, status)


@open_to_all
@_private
@require_POST
def confirmation(request: HttpRequest, secret: str) -> HttpResponse:
    """«Да, решено»."""
    held = _link(secret)
    links.used(held)
    try:
        ticket = desk.confirm(held.ticket, actor=as_actor(held.person))
    except Refused as refused:
        return _link_page(request, secret, held, error=" ".join(refused.texts), status=409)
    _rate(request, ticket, held.person)
    with translation.override(held.person.language):
        title = _("Closed. Thank you for telling")
        text = _("If it comes back within the next days, answer any of our letters.")
    return _done(request, held.person, title=title, text=text)


@open_to_all
@_private
@require_POST
def reopening(request: HttpRequest, secret: str) -> HttpResponse:
    """«Не решено», with words."""
    held = _link(secret)
    links.used(held)
    words = request.POST.get("comment", "").strip()[:MAX_WORDS]
    with translation.override(held.person.language):
        if not words:
            return _link_page(request, secret, held, error=_("Write what still does not work"), status=422)
        _rate(request, held.ticket, held.person)
        return _object(request, held.ticket, held.person, words)


@open_to_all
@_private
@require_POST
def rating(request: HttpRequest, secret: str) -> HttpResponse:
    """One to five by the link."""
    held = _link(secret)
    links.used(held)
    with translation.override(held.person.language):
        if not _rate(request, held.ticket, held.person):
            return _link_page(request, secret, held, error=_("Choose a score"), status=422)
        return _done(request, held.person, title=_("Thank you, your score is kept"), text="")


def _rate(request: HttpRequest, ticket: Ticket, person: Person) -> bool:
    score = _score(request.POST.get("score", ""))
    if score is None:
        return False
    surveys.rate_in_portal(ticket, person, score=score, comment=request.POST.get("rating_comment", ""))
    return True
