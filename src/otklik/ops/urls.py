"""Addresses for machines that watch the house, and the demo's pages, which answer in the demo alone."""

from __future__ import annotations

from django.urls import path

from otklik.ops import metrics, pages
from otklik.ops.demo import pages as demo
from otklik.ops.demo import trap

urlpatterns = [
    path("readyz", pages.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("demo", demo.who, name="demo"),
    path("demo/progress", demo.progress, name="demo-progress"),
    path("demo/mail", trap.mail, name="demo-mail"),
    path("demo/mail/new", trap.write, name="demo-write"),
    path("demo/mail/<int:key>/body", trap.body, name="demo-letter"),
    path("demo/mail/<int:key>/answer", trap.answer, name="demo-answer"),
]
