"""«Почему он» on the agent's ticket page; found there by its name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from otklik.people.models import Membership
from otklik.routing import hands, reasons, wording
from otklik.routing.models import HandOver, Page
from otklik.tickets import access
from otklik.tickets.models import Ticket

ORDER = 20  # among the panels of the side pane: next to who is on it


def panel(ticket: Ticket, who: access.Viewer, request: HttpRequest | None = None) -> SafeString | None:
    """Why this person, or who is proposed, or why nobody; and what this viewer may do about it."""
    if access.level(who, ticket) != access.INTERNAL or who.person is None:
        return None
    told = reasons.why(ticket, who)
    call = Page.objects.filter(ticket=ticket, ended_at=None).select_related("person").order_by("-order").first()
    away = HandOver.objects.filter(ticket=ticket, state="proposed").select_related("person", "deputy").first()
    if told.decision is None and call is None and away is None and not told.path:
        return None
    context: dict[str, Any] = {
        "ticket": ticket,
        "why": told,
        "columns": [label for _name, label in wording.components()],
        "may_assign": access.allowed(who, "assign", ticket),
        "may_decline": hands.may_decline(ticket, who.person),
        "call": call,
        "my_call": call is not None and Page.objects.filter(ticket=ticket, person=who.person).exists(),
        "away": away,
        "my_away": away is not None
        and (who.pk in (away.deputy_id, away.person_id) or ticket.team_id in who.rights.leads),
        "reasons": wording.reason_codes(),
        "team": Membership.objects.filter(team=ticket.team, person__is_active=True).select_related("person"),
    }
    return render_to_string("routing/panel.html", context, request=request, using="jinja2")
