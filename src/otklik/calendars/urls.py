"""Addresses of calendars: their settings pages."""

from __future__ import annotations

from django.urls import path

from otklik.calendars import pages

app_name = "calendars"
urlpatterns = [
    path("settings/calendars", pages.calendars, name="calendars"),
    path("settings/calendars/holidays", pages.holidays, name="holidays"),
    path("settings/calendars/holidays/<int:key>/confirmation", pages.confirmation, name="confirmation"),
    path("settings/calendars/<slug:code>", pages.calendar, name="calendar"),
    path("settings/calendars/<slug:code>/week", pages.week, name="week"),
    path("settings/calendars/<slug:code>/exceptions", pages.exception, name="exception"),
]
