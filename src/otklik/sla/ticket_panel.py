"""«Как считаем» on the agent's ticket page: each clock added up in words; found there by its name."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from otklik.sla import explain
from otklik.tickets import access
from otklik.tickets.models import Ticket

ORDER = 20  # among the panels of the side pane


def panel(ticket: Ticket, who: access.Viewer) -> SafeString | None:
    """How every clock of the ticket is counted."""
    if access.level(who, ticket) != access.INTERNAL:
        return None
    told = explain.of(ticket)
    if not told:
        return None
    return SafeString(render_to_string("sla/panel.html", {"clocks": told}, using="jinja2"))
