"""Acts on a ticket that follow a choice: accept, give back, hand on, answer a call; each one command and an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from otklik.people.doors import needs, own_path
from otklik.people.models import Person, Team
from otklik.routing import absences, board, hands, paging
from otklik.routing.waiting import looking
from otklik.tickets import access
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused, Stale

ASKS = ("asks", "to")  # questions of a page's address that a form answers
Act = Callable[[HttpRequest, Ticket], str | tuple[str, str]]  # a word of what was done, and where it is undone


def viewer(request: HttpRequest) -> access.Viewer:
    """The person of this request and what they may see."""
    return access.Viewer(request.person, request.rights)  # type: ignore[attr-defined]  # set by people.middleware.Visit


def _act(act: Act) -> Callable[..., HttpResponse]:
    """A POST on a visible ticket that ends where it came from, with a word of what was done or why not."""

    @needs("queue.see")
    @require_POST
    @wraps(act)
    def answer(request: HttpRequest, number: int) -> HttpResponse:
        ticket = access.ticket_for(viewer(request), number)
        try:
            done = act(request, ticket)
            text, undo = (done, "") if isinstance(done, str) else done
            messages.success(request, text, extra_tags=undo)
        except Forbidden:
            messages.error(request, _("This is not yours to do on this ticket."))
            return HttpResponse(_("This is not yours to do on this ticket."), status=403)
        except Refused as refused:
            for text in refused.texts:
                messages.error(request, text)
            if isinstance(refused, hands.AsksWhy):
                return HttpResponseRedirect(asking(request, ticket.number), status=303)
        except Stale:
            messages.error(request, _("The ticket has changed meanwhile. Nothing was saved: look at it and try again."))
        return HttpResponseRedirect(back(request, ticket.number), status=303)

    return answer


def back(request: HttpRequest, number: int) -> str:
    """The page that the form names as ``next``, else the ticket; it asks nothing any more."""
    path = own_path(request.POST.get("next", "") or " ", reverse("workspace:ticket", args=[number]))
    bare, _question, query = path.partition("?")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in ASKS]
    return bare + ("?" + urlencode(kept) if kept else "")


def asking(request: HttpRequest, number: int) -> str:
    """The same page, that now asks for the reason: ``asks`` is the ticket, ``to`` the person chosen for it."""
    path = back(request, number)
    query = urlencode({"asks": number, "to": request.POST.get("person") or request.POST.get("assignee", "")})
    return f"{path}{'&' if '?' in path else '?'}{query}"


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
def placement(request: HttpRequest, ticket: Ticket) -> tuple[str, str]:
    """From the team's board: ``person`` gets a ticket that nobody is on; it can be undone."""
    if not access.may(request.actor, "assign", ticket):  # type: ignore[attr-defined]  # set by the middleware
        raise Forbidden("assign")
    to = _person(request, "person")
    if to is None:
        raise Refused(Missing("assignee"))
    ticket, why = hands.placed(
        ticket,
        to=to,
        reason_code=request.POST.get("reason_code", ""),
        text=request.POST.get("text", ""),
        actor=request.actor,  # type: ignore[attr-defined]  # set by the middleware
    )
    undo = reverse("workspace:assignment", args=[ticket.number]) + "?undo=1"
    said = {"number": ticket.number, "name": to.name, "why": why}
    if why:
        return _("No. %(number)s: %(name)s is on it now, although: %(why)s") % said, undo
    return _("No. %(number)s: %(name)s is on it now") % said, undo


@needs("queue.see")
@require_POST
def proposals(request: HttpRequest, team: int) -> HttpResponse:
    """Accept every proposal of a team's board; each is asked again, and one that came too late is told by number."""
    who = viewer(request)
    if not board.may_see(team, who):
        raise Http404
    waiting = looking().filter(team=team, pk__in=access.visible_to(who).values("pk"), decisions__state="proposed")
    tickets = [
        one for one in waiting.order_by("priority", "number")[: board.MOST] if access.allowed(who, "assign", one)
    ]
    if not tickets and not (who.rights.works or "dispatcher" in who.rights.roles):
        return HttpResponse(_("This is not yours to do on this ticket."), status=403)
    done = 0
    for ticket in tickets:
        try:
            hands.accepted(ticket, actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
            done += 1
        except (Refused, Stale, Forbidden) as refused:
            why = " ".join(refused.texts) if isinstance(refused, Refused) else _("no access")
            messages.error(request, f"{ticket.number}: {why}")
    told = ngettext("%(count)s proposal accepted", "%(count)s proposals accepted", done)
    messages.success(request, told % {"count": done})
    return HttpResponseRedirect(own_path(request.POST.get("next", "") or " ", reverse("workspace:front")), status=303)


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
    hands.give(
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
