"""My requests: on the home page the few that matter, on their own page all of them, those that need me first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from otklik.catalogue.models import Service
from otklik.people.access import may
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.web import promises
from otklik.web.doors import door
from otklik.web.portal.frame import show
from otklik.web.portal.progress import Standing, standing
from otklik.web.visit import person, viewer

PAGE = 25
ON_HOME = 5
MAX_SERVICES = 23

_NEEDS_ME = Q(status="resolved") | Q(status="pending", pending_reason="requester")
_RANK = Case(
    When(_NEEDS_ME, then=Value(0)),
    When(status__in=["new", "open", "pending"], then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list."""

    ticket: Ticket
    standing: Standing


def mine(who: access.Viewer) -> Any:
    """The viewer's own requests, those that wait for them first, then what goes on, then what is over; newest first."""
    found = access.visible_to(who).involving(who.person).annotate(rank=_RANK)
    return found.select_related("assignee").order_by("rank", "-opened_at", "-number")


def _organisations(who: access.Viewer) -> Any:
    """All requests of the organisations that the viewer represents, in the same order."""
    found = access.visible_to(who).filter(organisation__in=who.rights.organisations).annotate(rank=_RANK)
    return found.select_related("assignee").order_by("rank", "-opened_at", "-number")


def rows(tickets: list[Ticket]) -> list[Row]:
    """How each of them stands, with one more question for all promises."""
    running = promises.nearest(tickets)
    return [Row(one, standing(one, promises.next_word(one, running.get(one.pk)))) for one in tickets]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a requester begins. Staff begin at the queue."""
    if request.path == "/" and may(viewer(request).rights, "queue.see") and door("/queue"):
        return HttpResponseRedirect("/queue")
    me = person(request)
    everything = mine(viewer(request))
    shown = rows(list(everything.filter(rank__lt=2)[:ON_HOME]))
    services = Service.objects.filter(is_active=True)[:MAX_SERVICES]
    context: dict[str, Any] = {
        "first_name": _first_name(me.name),
        "rows": shown,
        "count": everything.count(),
        "services": services,
        "subjects": " ".join(f"ticket:{row.ticket.pk}" for row in shown),
    }
    return show(request, "web/portal/home.html", context, current="home")


def _first_name(name: str) -> str:
    """How to greet: the first word of «Екатерина Власова»."""
    return name.split()[0] if name.split() else name


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """All my requests, paged by the place of the last one shown."""
    who = viewer(request)
    represents = "org_manager" in who.rights.roles
    of_all = represents and request.GET.get("of") == "organisation"
    found = _organisations(who) if of_all else mine(who)
    after = _cursor(request.GET.get("after", ""))
    if after is not None:
        rank, at, number = after
        found = found.filter(
            Q(rank__gt=rank) | Q(rank=rank, opened_at__lt=at) | Q(rank=rank, opened_at=at, number__lt=number)
        )
    tickets = list(found[: PAGE + 1])
    further = _place(tickets[PAGE - 1]) if len(tickets) > PAGE else ""
    context = {"rows": rows(tickets[:PAGE]), "further": further, "from_start": after is None}
    context |= {"represents": represents, "of_all": of_all}
    return show(request, "web/portal/requests.html", context, current="requests")


def _place(ticket: Any) -> str:
    return f"{ticket.rank}.{ticket.opened_at.isoformat()}.{ticket.number}"


def _cursor(text: str) -> tuple[int, datetime, int] | None:
    rank, _, rest = text.partition(".")
    at, _, number = rest.rpartition(".")
    try:
        moment = datetime.fromisoformat(at)
        return (int(rank), moment, int(number)) if moment.tzinfo else None
    except ValueError:
        return None
