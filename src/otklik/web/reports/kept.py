"""A month that was kept: the act of keeping it, and what differs from it today in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from otklik.catalogue.models import Service
from otklik.people.doors import needs
from otklik.people.models import Organisation
from otklik.reports import keeping, monthly, restating
from otklik.reports.figures import Month
from otklik.reports.models import Snapshot
from otklik.sla import phrases
from otklik.tickets.access import Viewer
from otklik.web.visit import actor, person

MOST = 200  # differences on one page


@needs("reports.keep")
@require_POST
def keep(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the figures of a month that is over; a second press changes nothing."""
    try:
        month = Month.named(name, timezone.get_current_timezone())
    except ValueError as error:
        raise Http404 from error
    try:
        keeping.keep(month, person=person(request), actor=actor(request))
    except keeping.NotOver:
        messages.error(request, _("The month is not over yet: its figures still change."))
    else:
        messages.success(request, _("The figures of the month are kept."))
    return HttpResponseRedirect(reverse("reports:month", args=[month.name]), status=303)


def shown(kept: Snapshot, who: Viewer, now: datetime) -> dict[str, Any]:
    """What the page says of a kept month."""
    found = restating.restated(kept, who, now)
    shelf = _Names(found)
    rows = [
        {
            "number": one.ticket.number,
            "subject": one.ticket.subject,
            "what": _what(one.what),
            "was": shelf.words(one, one.was),
            "now": shelf.words(one, one.now),
            "why": why(one.why),
        }
        for one in found[:MOST]
    ]
    is_whole = keeping.is_whole(kept)
    return {"row": kept, "rows": rows, "further": max(0, len(found) - MOST), "is_whole": is_whole, "by": _by(kept)}


def _by(kept: Snapshot) -> str:
    agreements = kept.versions.get("agreements", {})
    if not agreements:
        return ""
    named = ", ".join(f"{code} {number}" for code, number in sorted(agreements.items()))
    return _("Counted by the agreements: %(versions)s.") % {"versions": named}


def _what(what: str) -> str:
    if what == "cell":
        return _("Row of the table")
    return monthly.part_name(what) if what in {"opened", "solved"} else phrases.metric_name(what)


class _Names:
    """Names of the services and organisations that the differences speak of."""

    def __init__(self, found: list[restating.Restated]) -> None:
        cells = [cell for one in found if one.what == "cell" for cell in (one.was, one.now)]
        self.services = Service.objects.in_bulk([cell[0] for cell in cells])
        self.organisations = Organisation.objects.in_bulk([cell[1] for cell in cells])

    def words(self, one: restating.Restated, values: tuple[Any, ...]) -> str:
        """One side of a difference: the parts of a row that differ, or the figures that count it."""
        if one.what != "cell":
            return ", ".join(monthly.part_name(part) for part in values) or pgettext("figure", "not counted")
        service, organisation, priority = values
        parts = []
        if one.was[0] != one.now[0]:
            parts.append(self.services[service].name if service else _("No service"))
        if one.was[1] != one.now[1]:
            parts.append(self.organisations[organisation].name if organisation else _("No organisation"))
        if one.was[2] != one.now[2]:
            parts.append(_("priority %(number)s") % {"number": priority[1]})
        return ", ".join(parts)


def why(reason: restating.Why) -> str:
    """Why a figure differs."""
    return {
        "cancelled": _("cancelled afterwards"),
        "added": _("entered afterwards"),
        "waived": _("waived afterwards"),
        "unwaived": _("the waiver was withdrawn afterwards"),
        "reclassified": _("a shorter target came when more time had already passed"),
        "merge": _("only by the merge with an older request"),
        "dependency": _("only by the supplier's delay"),
        "calendar": _("counted by another version of the calendar"),
        "agreement": _("counted by another version of the agreement"),
        "reopened": _("reopened afterwards"),
        "service": _("another service"),
        "organisation": _("another organisation"),
        "priority": _("another priority"),
        "anew": _("the record of the ticket was changed afterwards"),
    }[reason]
