"""Addresses of promises: the settings of agreements."""

from __future__ import annotations

from django.urls import path

from otklik.sla.pages import agreements, servicehours

app_name = "sla"
urlpatterns = [
    path("settings/service-hours", servicehours.hours, name="hours"),
    path("settings/agreements", agreements.agreements, name="agreements"),
    path("settings/agreements/<slug:code>", agreements.agreement, name="agreement"),
    path("settings/agreements/<slug:code>/previews/<int:run>", agreements.preview, name="preview"),
    path("settings/agreements/<slug:code>/moving", agreements.moves, name="moving"),
]
