"""The score on the agent's ticket page; found there by its name."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from otklik.feedback.models import Survey
from otklik.feedback.surveys import last_score
from otklik.tickets import access
from otklik.tickets.models import Ticket

ORDER = 80  # among the panels of the side pane


def panel(ticket: Ticket, who: access.Viewer, request: HttpRequest | None = None) -> SafeString | None:
    """Score and words of the last rated solution; a confidential one is for service managers only."""
    if access.level(who, ticket) != access.INTERNAL:
        return None
    rated = Survey.objects.filter(ticket=ticket, scores__isnull=False).order_by("-created_at").distinct()
    for survey in rated.select_related("person"):
        if survey.mode == "confidential" and "service_manager" not in who.rights.roles:
            continue
        context = {"survey": survey, "score": last_score(survey), "counts": survey.superseded_at is None}
        return render_to_string("feedback/panel.html", context, using="jinja2")
    return None
