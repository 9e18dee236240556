"""Acts on a ticket that follow a choice: accept, give back, hand on, answer a call; each one command and an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from otklik.people.doors import needs, own_path
from otklik.people.models import Person, Team
from otklik.routing import absences, hands, paging
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused, Stale

Act = Callable[[HttpRequest, Ticket], str]


def viewer(request: HttpRequest) -> access.Viewer:
    """The person of this request and what they may see."""
    return access.Viewer(request.person, request.rights)  # type: ignore[attr-defined]  # set by people.middleware.Visit


def _act(act: Act) -> Callable[..., HttpResponse]:
    """A POST on a visible ticket that ends where it came from, with a word of what was done or why not."""

    @needs("queue.see")
    @require_POST
    @wraps(act)
    def done(request: HttpRequest, number: int) -> HttpResponse:
        ticket = access.ticket_for(viewer(request), number)
        try:
            messages.success(request, act(request, ticket))
        except Forbidden:
            messages.error(request, _("This is not yours to do on this ticket."))
            return HttpResponse(_("This is not yours to do on this ticket."), status=403)
        except Refused as refused:
            for text in refused.texts:
                messages.error(request, text)
        except Stale:
            messages.error(request, _("The ticket has changed meanwhile. Nothing was saved: look at it and try again."))
        return HttpResponseRedirect(back(request, ticket.number), status=303)

    return done


def back(request: HttpRequest, number: int) -> str:
    """The page that the form names as ``next``, else the ticket."""
    return own_path(request.POST.get("next", "") or " ", reverse("workspace:ticket", args=[number]))


def _person(request: HttpRequest, name: str) -> Person | None:
    key = request.POST.get(name, "")
    if not key.isdigit() or key == "0":
        return None
    found = Person.objects.filter(pk=int(key), is_active=True).first()
    if found is None:
        raise Http404
    return found


@_act
def proposal(request: HttpRequest, ticket: Ticket) -> str:
    """Accept the proposal; ``person`` names another of the first three."""
    ticket = hands.accepted(ticket, person=_person(request, "person"), actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    return _("%(name)s is on it now") % {"name": ticket.assignee.name if ticket.assignee else ""}


@_act
def refusal(request: HttpRequest, ticket: Ticket) -> str:
    """Give it back within thirty minutes."""
    hands.decline(ticket, reason=request.POST.get("reason", ""), actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    return _("Given back; somebody else is being looked for")


@_act
def hand_on(request: HttpRequest, ticket: Ticket) -> str:
    """To somebody else of the team, to the queue, or to another team, with a reason."""
    form: Any = request.POST
    team = Team.objects.filter(pk=int(form["team"]), is_active=True).first() if form.get("team", "").isdigit() else None
    to = _person(request, "assignee")
    hands.reassign(
        ticket,
        to=to if team is None or team.pk == ticket.team_id else None,
        team=team,
        reason_code=form.get("reason_code", ""),
        text=form.get("text", ""),
        actor=request.actor,  # type: ignore[attr-defined]  # set by the middleware
    )
    if team is not None and team.pk != ticket.team_id:
        return _("Handed to %(team)s") % {"team": team.name}
    return _("%(name)s is on it now") % {"name": to.name} if to else _("Nobody is on it now")


@_act
def call_answered(request: HttpRequest, ticket: Ticket) -> str:
    """«Принял»: the calls stop."""
    paging.acknowledge(ticket, actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    return _("Noted: you answered the call")


@needs("tickets.work")
@require_POST
def hand_over(request: HttpRequest, key: int) -> HttpResponse:
    """Every ticket proposed of somebody who is away goes to the deputy or to the queue."""
    person = Person.objects.filter(pk=key).first()
    if person is None or not absences.concerns(person, request.person):  # type: ignore[attr-defined]  # set by the middleware
        raise Http404
    done, failed = absences.hand_over(person, actor=request.actor, decider=request.person)  # type: ignore[attr-defined]  # set by the middleware
    told = ngettext("%(count)s ticket handed over", "%(count)s tickets handed over", done)
    messages.success(request, told % {"count": done})
    for line in failed:
        messages.error(request, line)
    return HttpResponseRedirect(own_path(request.POST.get("next", "") or " ", reverse("workspace:front")), status=303)
