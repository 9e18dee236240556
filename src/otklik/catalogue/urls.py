"""Addresses of the catalogue: the settings page of services."""

from __future__ import annotations

from otklik.catalogue.pages import SERVICES

app_name = "catalogue"
urlpatterns = [*SERVICES.urls()]
