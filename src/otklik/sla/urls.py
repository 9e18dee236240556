"""Addresses of promises: the settings of agreements."""

from __future__ import annotations

from django.urls import path

from otklik.sla.pages import agreements

app_name = "sla"
urlpatterns = [
    path("settings/agreements", agreements.agreements, name="agreements"),
    path("settings/agreements/<slug:code>", agreements.agreement, name="agreement"),
]
