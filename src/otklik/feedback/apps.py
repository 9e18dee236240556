"""The room's registration."""

from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Surveys, mailed links, complaints."""

    name = "otklik.feedback"
    label = "feedback"
