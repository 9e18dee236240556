"""My settings: language, time zone, theme, letter keys, password, second factor."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def mine(request: HttpRequest) -> HttpResponse:
    """What a person settles for oneself."""
    from otklik.people.pages.coming import show

    return show(request, "link_ended", purpose="reset")
