"""The queues: which tickets each shows, how many they are, in which order and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from otklik import clock
from otklik.sla.due import is_unwatched
from otklik.tickets.access import Viewer, visible_to
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import TicketQuerySet
from otklik.web import promises

Condition = Callable[[Viewer], Q]
_LIVE = Q(status__in=sorted(LIVE))


@dataclass(frozen=True, slots=True)
class View:
    """One queue of the side bar."""

    name: str
    label: Promise
    icon: str
    condition: Condition
    empty: Promise


def _mine(who: Viewer) -> Q:
    return _LIVE & Q(assignee=who.pk)


def _unassigned(who: Viewer) -> Q:
    return _LIVE & Q(assignee=None)


def _at_risk(who: Viewer) -> Q:
    return _LIVE & promises.at_risk(clock.now())


def _waiting(who: Viewer) -> Q:
    return Q(status="pending", pending_reason="requester")


def _answered(who: Viewer) -> Q:
    return _LIVE & Q(customer_waiting_since__isnull=False)


def _to_check(who: Viewer) -> Q:
    return Q(status="resolved")


def _unwatched(who: Viewer) -> Q:
    return is_unwatched(clock.now())


def _all(who: Viewer) -> Q:
    return _LIVE


VIEWS = (
    View(
        "mine", _("My open tickets"), "circle-user", _mine, _("Nothing is assigned to you. Take one from “Unassigned”.")
    ),
    View("unassigned", _("Unassigned"), "circle-dashed", _unassigned, _("Everything has somebody who is on it.")),
    View("risk", _("Due soon"), "timer", _at_risk, _("No promise is in danger.")),
    View("waiting", _("Waiting on requester"), "pause", _waiting, _("We wait for nobody's answer.")),
    View("answered", _("Requester answered"), "message-circle-reply", _answered, _("Every message has an answer.")),
    View("check", _("Being checked"), "circle-check", _to_check, _("No solution waits for its requester.")),
    View(
        "unwatched",
        _("Unwatched tickets"),
        "alarm-clock-off",
        _unwatched,
        _("Every open ticket has a promise, a service and a date that will wake somebody."),
    ),
    View(
        "all",
        _("All open tickets"),
        "layers",
        _all,
        _("There are no open tickets. New ones appear here by themselves."),
    ),
)
BY_NAME = {view.name: view for view in VIEWS}


def offered(who: Viewer) -> list[View]:
    """The queues this person sees: those who resolve nothing (auditors) have no own ones."""
    return [view for view in VIEWS if view.name != "mine" or who.rights.works]


def first_of(who: Viewer) -> View:
    """Where the day begins."""
    return offered(who)[0] if who.rights.works else BY_NAME["all"]


def workable(who: Viewer) -> TicketQuerySet:
    """Tickets this person works on or oversees: own teams, or everything for those whose trade it is."""
    rows = visible_to(who)
    if who.rights.roles & {"service_manager", "dispatcher", "auditor"}:
        return rows
    return rows.filter(Q(team__in=who.rights.teams) | Q(assignee=who.pk))


def counts(who: Viewer) -> dict[str, int]:
    """How many tickets each queue holds, in one question."""
    questions = {view.name: Count("pk", filter=view.condition(who), distinct=True) for view in VIEWS}
    rows = workable(who).filter(Q(status__in=[*sorted(LIVE), "resolved"]))
    return rows.aggregate(**questions)
