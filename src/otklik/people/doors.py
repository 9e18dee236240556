"""Who may open a page: public pages, and pages for those whose roles allow an act."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from otklik.people import access
from otklik.ui.doors import is_public, public

__all__ = ["allowed", "is_public", "needs", "own_path", "public"]

Page = Callable[..., HttpResponse]


def allowed(request: HttpRequest, act: str) -> bool:
    """True where the person who looks may do the act of `access.ACTS`."""
    return access.may(request.rights, act)  # type: ignore[attr-defined]  # set by the middleware


def needs(act: str) -> Callable[[Page], Page]:
    """Only for people who may do the act; to others there is no such page."""
    if act not in access.ACTS:
        raise KeyError(act)

    def wrap(page: Page) -> Page:
        @wraps(page)
        def opened(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
            if not allowed(request, act):
                raise Http404
            return page(request, *args, **keywords)

        opened.act = act  # type: ignore[attr-defined]  # read by the test that walks every address
        return opened

    return wrap


def own_path(target: str, fallback: str = "/") -> str:
    """The target if it is a path of this site, else the fallback: never another host (safety.md A14)."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    safe = plain and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if safe else fallback
