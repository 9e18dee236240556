"""A target in one line: what is promised, and for which tickets."""

from __future__ import annotations

from django.utils.translation import gettext as _

from otklik.sla import phrases
from otklik.sla.models import Target


def scope_words(target: Target) -> list[str]:
    """For what a target holds, the broadest first; empty where it holds for everything."""
    types = {"incident": _("incidents"), "service_request": _("service requests"), "question": _("questions")}
    found = [str(target.organisation)] if target.organisation_id else []
    found += [str(target.service)] if target.service_id else []
    found += [types[target.type]] if target.type else []
    found += [_("priority %(number)s") % {"number": target.priority[1]}] if target.priority else []
    found += [str(target.place)] if target.place_id else []
    return found + ([str(target.team)] if target.team_id else [])


def named(target: Target) -> str:
    """The whole line: "Solution 4 h: Bereg Clinic, priority 1"."""
    scope = ", ".join(scope_words(target)) or _("everything")
    return f"{phrases.metric_name(target.metric)} {phrases.amount(target.value, target.unit)}: {scope}"
