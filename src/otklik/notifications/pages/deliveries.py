"""What became of our letters: found by state, address or number, and cured with one click."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from otklik.notifications import suppression
from otklik.notifications.models import Suppressed
from otklik.outbox import posting
from otklik.outbox.models import OPEN, Delivery, State
from otklik.people.doors import allowed, needs, own_path
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.ui import sidebar

A_PAGE = 50
VIEWS = ("attention", "open", "sent", "trapped", "all")


@needs("mail.see")
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The letters of one view, newest first; contents are not shown here, they belong to their tickets."""
    view = request.GET.get("view", "attention")
    if view not in VIEWS:
        raise Http404
    words = request.GET.get("q", "").strip()[:100]
    rows = _found(_of_view(view), words)
    if (before := request.GET.get("before", "")).isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    page = list(rows.order_by("-pk")[: A_PAGE + 1])
    context = sidebar.frame(request) | {
        "rows": [_row(one) for one in page[:A_PAGE]],
        "older": page[A_PAGE - 1].pk if len(page) > A_PAGE else None,
        "view": view,
        "words": words,
        "views": [(name, label, _count(name)) for name, label in _labels().items()],
        "suppressed": list(Suppressed.objects.filter(lifted_at=None).order_by("-since")[:A_PAGE]),
    }
    return render(request, "notifications/deliveries.html", context, using="jinja2")


def _labels() -> dict[str, str]:
    return {
        "attention": _("Need a person"),
        "open": _("On their way"),
        "sent": _("Sent"),
        "trapped": _("Kept here"),
        "all": _("All"),
    }


def _of_view(view: str) -> QuerySet[Delivery]:
    rows = Delivery.objects.defer("text", "html")
    if view == "attention":
        return rows.filter(state__in=(State.FAILED, State.UNKNOWN), acknowledged_at=None)
    if view == "open":
        return rows.filter(state__in=OPEN)
    return rows if view == "all" else rows.filter(state=view)


def _found(rows: QuerySet[Delivery], words: str) -> QuerySet[Delivery]:
    number = words.lstrip("#№ ")
    if number.isdigit() and len(number) <= 18:
        return rows.filter(subject_kind="ticket", subject_id=int(number))
    return rows.filter(recipient__icontains=words) if words else rows


def _count(view: str) -> int | None:
    return _of_view(view).count() if view in {"attention", "open"} else None


def _row(one: Delivery) -> dict[str, Any]:
    cures = one.state in (State.FAILED, State.UNKNOWN, State.TRAPPED)
    return {
        "one": one,
        "state": in_words(one.state),
        "may_send": cures,
        "may_leave": one.state in (State.FAILED, State.UNKNOWN) and one.acknowledged_at is None,
    }


def in_words(state: str) -> str:
    """The state of a letter, for people."""
    return {
        State.QUEUED: _("waits"),
        State.SENDING: _("is being sent"),
        State.SENT: _("sent"),
        State.FAILED: _("not delivered"),
        State.UNKNOWN: _("may not have arrived"),
        State.TRAPPED: _("kept here"),
    }.get(State(state), state)


def _mine_to_cure(request: HttpRequest, key: int) -> Delivery:
    """A letter that this person may cure: mail is theirs, or they work on its ticket."""
    delivery = Delivery.objects.filter(pk=key).first()
    if delivery is None:
        raise Http404
    if allowed(request, "mail.see"):
        return delivery
    person = request.user
    ticket = Ticket.objects.filter(number=delivery.subject_id or 0).first()
    if delivery.subject_kind != "ticket" or ticket is None or not isinstance(person, Person):
        raise Http404
    who = access.viewer(person)
    if access.level(who, ticket) != access.INTERNAL or not access.allowed(who, "note", ticket):
        raise Http404
    return delivery


@require_POST
def send_again(request: HttpRequest, key: int) -> HttpResponse:
    """Send it once more, under the same identity."""
    delivery = _mine_to_cure(request, key)
    try:
        posting.send_again(delivery.pk)
    except ValueError:
        messages.error(request, _("This letter cannot be sent again now"))
    else:
        messages.success(request, _("The letter to %(address)s is on its way") % {"address": delivery.recipient})
    return _back(request)


@require_POST
def leave_it(request: HttpRequest, key: int) -> HttpResponse:
    """Somebody has seen it and leaves it at that."""
    delivery = _mine_to_cure(request, key)
    posting.acknowledge(delivery.pk)
    messages.success(request, _("Left at that"))
    return _back(request)


@needs("mail.see")
@require_POST
def write_again(request: HttpRequest, key: int) -> HttpResponse:
    """Write to an address again that letters came back from."""
    row = Suppressed.objects.filter(pk=key).first()
    if row is None:
        raise Http404
    suppression.lift(row.address)
    messages.success(request, _("We write to %(address)s again") % {"address": row.address})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(own_path(request.POST.get("next", ""), "/settings/deliveries"), status=303)


sidebar.add_page(
    "contact",
    gettext_lazy("Deliveries"),
    "mail-check",
    "notifications:deliveries",
    "mail.see",
    35,
    count=lambda: Delivery.objects.needing_a_person().count() or None,
)
