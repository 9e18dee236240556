"""Addresses of the page kit itself: the language and the theme of whoever is looking."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from otklik.ui import pages

app_name = "ui"
urlpatterns = [
    path("language", pages.language, name="language"),
    path("favicon.ico", RedirectView.as_view(url=static("ui/mark.svg")), name="mark"),
    path("theme", pages.theme, name="theme"),
]
