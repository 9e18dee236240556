"""«Без присмотра»: for each ticket why nobody watches it, and where that is mended (domain.md §2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from otklik import clock
from otklik.people.access import may
from otklik.sla import due
from otklik.tickets.access import visible_to
from otklik.web.visit import viewer


@dataclass(frozen=True, slots=True)
class Cure:
    """A reason in words, and the page that takes it away."""

    words: str
    label: str
    url: str


def cures(request: HttpRequest, keys: Sequence[Any]) -> dict[Any, list[Cure]]:
    """By the key of each ticket; one question for any number of them."""
    who, now = viewer(request), clock.now()
    settles = may(who.rights, "settings.agreements")
    tickets = visible_to(who).filter(pk__in=keys).select_related("promise")
    return {
        one.pk: [_cure(name, words, one.number, settles=settles) for name, words in due.why_unwatched(one, now).items()]
        for one in tickets
    }


def _cure(name: str, words: str, number: int, *, settles: bool) -> Cure:
    if name == "agreement" and settles:
        return Cure(words, _("open the agreements"), reverse("sla:agreements"))
    label = {
        "service": _("name the service"),
        "agreement": _("correct service or priority"),
        "pause": _("go on or set a new date"),
    }[name]
    return Cure(words, label, reverse("workspace:ticket", args=[number]))
