"""Pages that belong to no room: the choice of language and theme, and what is said when something went wrong."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from otklik.ui.doors import public

YEAR = 365 * 24 * 3600  # seconds that a choice is remembered in the browser
THEMES = ("light", "dark")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back to where the person was."""
    response = _back(request)
    if (chosen := request.POST.get("language", "")) in dict(settings.LANGUAGES):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie; empty follows the system again."""
    response = _back(request)
    if (chosen := request.POST.get("theme", "")) in THEMES:
        _remember(response, "theme", chosen)
    else:
        response.delete_cookie("theme")
    return response


@require_GET
def mark(request: HttpRequest) -> HttpResponse:
    """The product's mark, for browsers that ask for it at the old place."""
    return HttpResponseRedirect(static("ui/mark.svg"))


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


# -- errors --------------------------------------------------------------------------------------------------------
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page and no access read the same, so that a stranger learns nothing."""
    return say(
        request,
        404,
        face="lock",
        title=_("Page not found, or you have no access"),
        text=_("If a link brought you here, ask the person who sent it to add you."),
    )


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same words as `not_found`, with the code of a refusal."""
    response = not_found(request)
    response.status_code = 403
    return response


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was opened too long ago, or in another browser (a failed CSRF check)."""
    return say(
        request,
        403,
        face="rotate-cw",
        title=_("The page has grown old"),
        text=_("Go back, refresh the page and send once more. A draft is kept where there was one."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The address or the form cannot be read."""
    return say(
        request,
        400,
        face="circle-alert",
        title=_("We could not read this request"),
        text=_("Go back and try once more. If it happens again, write to support."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Our own fault."""
    return say(
        request,
        500,
        face="circle-alert",
        title=_("Something broke on our side"),
        text=_("We have noted it. Go back and try once more; what you typed is kept as a draft."),
    )


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A limit of attempts was reached."""
    return say(
        request,
        429,
        face="clock",
        title=_("Too many attempts"),
        text=_("Wait a few minutes and try once more."),
    )


def resting(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The desk is being updated or its database does not answer."""
    return say(
        request,
        503,
        face="wifi-off",
        title=_("The desk will be back in a moment"),
        text=_("Nothing is lost. Refresh the page in a minute."),
    )


def say(request: HttpRequest, status: int, *, face: str, title: str, text: str, link: str = "/") -> HttpResponse:
    """The plain page of an outcome: an icon, one sentence, what to do next."""
    context = {"face": face, "title": title, "text": text, "link": link, "link_text": _("To the start page")}
    return render(request, "ui/error.html", context, status=status, using="jinja2")
