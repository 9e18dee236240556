"""Addresses of the page kit itself: the language and the theme of whoever is looking."""

from __future__ import annotations

from django.urls import path

from otklik.ui import pages

app_name = "ui"
urlpatterns = [
    path("language", pages.language, name="language"),
    path("favicon.ico", pages.mark, name="mark"),
    path("theme", pages.theme, name="theme"),
]
