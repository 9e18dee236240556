"""What surrounds every page: headers that keep answers private, and the visit: who looks, with what rights, how."""

from __future__ import annotations

import hashlib
import zoneinfo
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import Actor
from otklik.people import access, audit, limits, standing
from otklik.people.doors import is_public
from otklik.people.models import Person

Answer = Callable[[HttpRequest], HttpResponse]

STAFF_LIFE = timedelta(hours=12)  # from signing in, however busy; requesters: SESSION_COOKIE_AGE
OWN_CHECK = "/api/"  # rooms that admit their callers themselves, by token or session
STRANGER = Actor(kind="stranger")
PRIVATE = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def guarded(answer: Answer) -> Answer:
    """Every answer but a static file: kept by nobody, framed by nobody, unless its page says otherwise."""

    def respond(request: HttpRequest) -> HttpResponse:
        standing.admit_own_host()
        response = answer(request)
        for name, value in PRIVATE.items():
            response.headers.setdefault(name, value)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return respond


class Visit:
    """Sets ``request.rights`` and ``request.actor``, language, zone and theme; sends strangers to sign in.

    Person and rights are read anew for each request, so that whoever is disabled or demoted loses them at once.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = _person(request)
        rights = access.rights_of(person)
        if person is not None and _over(request, rights):
            logout(request)
            person, rights = None, access.NOBODY
        request.rights, request.person = rights, person  # type: ignore[attr-defined]  # what pages read
        request.actor = access.as_actor(person) if person else STRANGER  # type: ignore[attr-defined]
        request.may = partial(access.may, rights)  # type: ignore[attr-defined]
        if person is not None:
            _turn(request, rights)
        tokens = audit.acting.set(request.actor), audit.network.set(limits.network_of(request))  # type: ignore[attr-defined]
        try:
            with translation.override(_language(request, person)), timezone.override(_zone(person)):
                _theme(request, person)
                request.me = menu_of(person, rights) if person else None  # type: ignore[attr-defined]
                response = self.answer(request)
                response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
                return _remember(request, response, person)
        finally:
            audit.acting.reset(tokens[0])
            audit.network.reset(tokens[1])

    def process_view(self, request: HttpRequest, view: Any, args: Any, keywords: Any) -> HttpResponse | None:
        """Ask a stranger to sign in, and staff for their second factor where the desk demands one."""
        if not request.path.startswith(OWN_CHECK) and any(
            "\0" in word for words in request.GET.lists() for word in (words[0], *words[1])
        ):
            raise BadRequest("NUL in the address")  # the database would fail on it, page by page
        if is_public(view) or request.path.startswith(OWN_CHECK):
            return None
        if request.person is None:  # type: ignore[attr-defined]
            return _ask(request)
        return _demand(request)


DOTS = {"available": "on", "busy": "away", "away": "off"}  # presence as the page kit's avatar shows it


def menu_of(person: Person, rights: access.Rights) -> dict[str, Any]:
    """What the page kit needs for the menu of the person who looks (``me`` of the base templates)."""
    links: list[dict[str, Any]] = [{"label": _("My settings"), "url": "/me", "icon": "user"}]
    if access.may(rights, "roster.own"):
        links.append({"label": _("My time"), "url": "/me/time", "icon": "calendar-days"})
    if access.may(rights, "settings.see"):
        links.append({"label": _("Settings"), "url": "/settings", "icon": "settings"})
    links.append({"label": _("My notifications"), "url": "/me/notifications", "icon": "bell"})  # the room is above
    line = person.job_title or person.email or ""
    told = {"id": person.pk, "name": person.name, "line": line, "links": links, "signout_url": "/sign-out"}
    if rights.teams:
        states = [(value, label, value == person.presence) for value, label in Person.PRESENCES]
        told |= {"presence": DOTS[person.presence], "states": states, "state_url": "/me/presence"}
    return told


def _person(request: HttpRequest) -> Person | None:
    user = get_user(request)
    return user if isinstance(user, Person) and user.is_active else None


def _over(request: HttpRequest, rights: access.Rights) -> bool:
    if not rights.staff:
        return False
    since = request.session.get("signed_in_at")
    return since is None or clock.now() - datetime.fromisoformat(since) > STAFF_LIFE


def _turn(request: HttpRequest, rights: access.Rights) -> None:
    """A new session key whenever the roles changed since the last page (safety.md A9)."""
    held = hashlib.sha256(" ".join(sorted(rights.roles)).encode()).hexdigest()[:16]
    if request.session.get("held") != held:
        if "held" in request.session:
            request.session.cycle_key()
        request.session["held"] = held


def _language(request: HttpRequest, person: Person | None) -> str:
    if person is not None:
        return person.language
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES or "HTTP_ACCEPT_LANGUAGE" in request.META:
        return translation.get_language_from_request(request)
    return standing.desk().language


def _zone(person: Person | None) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(person.timezone if person else standing.desk().timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _theme(request: HttpRequest, person: Person | None) -> None:
    if person is not None:
        request.COOKIES["theme"] = person.theme


def _remember(request: HttpRequest, response: HttpResponse, person: Person | None) -> HttpResponse:
    """What a signed-in person picks in the menu (language, theme) is kept with the person, too."""
    if person is not None and request.method == "POST" and response.status_code == 302:
        match = request.resolver_match
        if match is not None and match.view_name in {"ui:language", "ui:theme"}:
            field, value = match.view_name.removeprefix("ui:"), request.POST.get(match.view_name[3:], "")
            known = dict(settings.LANGUAGES) if field == "language" else {"": "", "light": "", "dark": ""}
            if value in known and getattr(person, field) != value:
                Person.objects.filter(pk=person.pk).update(**{field: value})
    return response


def _ask(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"detail": "sign in"}, status=401)
    target = request.get_full_path() if request.method == "GET" else "/"
    query = f"?{urlencode({'next': target})}" if target != "/" else ""
    return HttpResponseRedirect(settings.LOGIN_URL + query, status=302 if request.method == "GET" else 303)


def _demand(request: HttpRequest) -> HttpResponse | None:
    rights: access.Rights = request.rights  # type: ignore[attr-defined]
    if not rights.staff or not standing.desk().second_factor_for_staff:
        return None
    free = request.path.startswith("/me/second-factor") or request.path == "/sign-out"
    if free or request.session.get("second_factor") or settings.DEMO:
        return None
    return HttpResponseRedirect("/me/second-factor")
