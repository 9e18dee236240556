"""Addresses for machines that watch the house."""

from __future__ import annotations

from django.urls import path

from otklik.ops import pages

urlpatterns = [path("readyz", pages.readyz, name="readyz")]
