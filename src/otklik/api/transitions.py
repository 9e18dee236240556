"""Steps of a ticket: who is on it, hold, solution, confirmation, cancellation, priority, promises.

Each address names the thing the act leaves behind; DELETE takes it back.
The ticket comes back as the caller now sees it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, StringConstraints

from otklik.api import incoming, shown
from otklik.api.auth import Asked
from otklik.api.errors import PROBLEMS, Unusable
from otklik.people.models import Person
from otklik.routing import hands
from otklik.tickets import access, desk
from otklik.tickets.access import ticket_for
from otklik.tickets.desk.conversation import MAX_PUBLIC_STATUS
from otklik.tickets.refusal import Forbidden

router = Router(tags=["transitions"])
AFTER: dict[int, Any] = {200: shown.ShownTicket, 204: None, **PROBLEMS}
Code = Annotated[str, StringConstraints(max_length=24), incoming._clean]
AT = "/tickets/{int:number}"


class Step(incoming.Versioned):
    """A step that needs no more data."""

    on_behalf_of: incoming.PersonRef | None = None


class Taking(Step):
    """Why it is taken from somebody who is on it."""

    reason_code: Code = ""
    text: incoming.Remark = ""


class Nothing(incoming.Incoming):
    """A step that takes no data."""


NOTHING = Nothing()


class Why(BaseModel):
    """The reason, in the address."""

    reason: incoming.Remark = ""


class Assignment(incoming.Versioned):
    """Who shall be on it; without a team it stays where it is, null leaves nobody on it."""

    team: incoming.Key | None = None
    assignee: incoming.Key | None = None
    reason_code: Code = ""
    text: incoming.Remark = ""


class Question(incoming.Incoming):
    """What the requester is asked."""

    text: incoming.Text
    files: incoming.Files = []


class Hold(Step):
    """What is waited for, with the data that this reason needs."""

    reason: Literal["requester", "third_party", "scheduled"]
    question: Question | None = None
    until: incoming.Moment | None = None
    asked_by: Literal["", "requester", "provider"] = ""
    supplier: incoming.ShortLine = ""
    reference: incoming.ShortLine = ""
    follow_up_at: incoming.Moment | None = None


class Solution(Step):
    """What was done, and what the person should do now or next time."""

    code: Code
    text: incoming.Text
    instructions: incoming.Text = ""
    cause_code: Code = ""
    internal_note: incoming.Text = ""
    files: incoming.Files = []


class Cancellation(Step):
    """Why the ticket is not worked on; the requester reads the text."""

    reason: Code
    text: incoming.Text = ""


class Priority(incoming.Versioned):
    """Impact and urgency as judged; an override differs from the matrix and needs a reason (people only)."""

    impact: incoming.Level | None = None
    urgency: incoming.Level | None = None
    override: Literal["", "P1", "P2", "P3", "P4"] | None = None
    reason_code: Code = ""
    text: incoming.Remark = ""


class Promise(incoming.Incoming):
    """Until when the next word is promised; null takes it back."""

    until: incoming.Moment | None


class PublicStatus(incoming.Incoming):
    """One line for the requester about where things stand."""

    text: Annotated[str, StringConstraints(max_length=MAX_PUBLIC_STATUS), incoming._clean]


@router.post(f"{AT}/take", response=AFTER, summary="Take a ticket")
def taken(request: Asked, number: int, new: Taking) -> HttpResponse:
    """The person is on it, and a new ticket is in work. A client names the person in ``on_behalf_of``.

    A ticket that somebody else is on comes over with a ``reason_code`` only.
    """
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    hands.take(
        ticket,
        reason_code=new.reason_code,
        text=new.text,
        expect=new.version,
        actor=caller.actor(voice=incoming.voice(new.on_behalf_of, caller)),
    )
    return shown.ticket(caller.viewer, number)


@router.put(f"{AT}/assignment", response=AFTER, summary="Assign a ticket")
def assigned(request: Asked, number: int, new: Assignment) -> HttpResponse:
    """Put somebody on it, or hand it to another team.

    ``reason_code`` is needed wherever somebody is on it already, another team gets it, or the choice departs from the
    proposal that stands: wrong_team, needs_expertise, load, shift_end, absence, requester_wish.
    A choice that breaks a limit of the person needs ``text`` as well.
    """
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    if not access.may(caller.actor(), "assign", ticket):
        raise Forbidden("assign")
    hands.give(
        ticket,
        to=_agent(new.assignee),
        team=incoming.team(new.team),
        reason_code=new.reason_code,
        text=new.text,
        expect=new.version,
        actor=caller.actor(),
    )
    return shown.ticket(caller.viewer, number)


def _agent(key: int | None) -> Person | None:
    if key is None:
        return None
    found = Person.objects.filter(pk=key, is_active=True, memberships__isnull=False).distinct().first()
    if found is None:
        raise Unusable("assignee")
    return found


@router.put(f"{AT}/hold", response=AFTER, summary="Put on hold")
def held(request: Asked, number: int, new: Hold) -> HttpResponse:
    """Wait for the requester (with the question asked in the same step), for a supplier, or until a date."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    asked = new.question
    question = desk.Content(text=asked.text, files=incoming.files(asked.files, caller)) if asked else None
    desk.hold(
        ticket,
        reason=new.reason,
        question=question,
        until=new.until,
        asked_by=new.asked_by,
        supplier=new.supplier,
        reference=new.reference,
        follow_up_at=new.follow_up_at,
        expect=new.version,
        actor=caller.actor(voice=incoming.voice(new.on_behalf_of, caller)),
    )
    return shown.ticket(caller.viewer, number)


@router.delete(f"{AT}/hold", response=AFTER, summary="Go on")
def resumed(request: Asked, number: int, asked: Query[Why]) -> HttpResponse:
    """End the waiting."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.resume(ticket, reason=asked.reason, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)


@router.put(f"{AT}/resolution", response=AFTER, summary="Propose the solution")
def resolved(request: Asked, number: int, new: Solution) -> HttpResponse:
    """Say how it was solved; the requester confirms or objects."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    files = incoming.files(new.files, caller)
    desk.resolve(
        ticket,
        code=new.code,
        content=desk.Content(text=new.text, instructions=new.instructions, files=files),
        cause_code=new.cause_code,
        internal_note=new.internal_note,
        expect=new.version,
        actor=caller.actor(voice=incoming.voice(new.on_behalf_of, caller)),
    )
    return shown.ticket(caller.viewer, number)


@router.delete(f"{AT}/resolution", response=AFTER, summary="Reopen")
def reopened(request: Asked, number: int, asked: Query[Why]) -> HttpResponse:
    """«Not solved»: back to work. Of the customer side the reason is a message; of staff it is required."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    customer = access.is_customer_side(caller.person, ticket)
    desk.reopen(
        ticket,
        cause="not_solved" if customer else "agent",
        content=desk.Content(text=asked.reason) if customer and asked.reason.strip() else None,
        reason="" if customer else asked.reason,
        actor=caller.actor(voice=caller.person if customer else None),
    )
    return shown.ticket(caller.viewer, number)


@router.put(f"{AT}/confirmation", response=AFTER, summary="Confirm the solution")
def confirmed(request: Asked, number: int, new: Nothing = NOTHING) -> HttpResponse:
    """«Yes, solved»: the ticket is closed."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.confirm(ticket, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)


@router.put(f"{AT}/withdrawal", response=AFTER, summary="Withdraw")
def withdrawn(request: Asked, number: int, new: Nothing = NOTHING) -> HttpResponse:
    """The requester takes back a ticket that nobody has taken yet."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.withdraw(ticket, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)


@router.put(f"{AT}/cancellation", response=AFTER, summary="Cancel")
def cancelled(request: Asked, number: int, new: Cancellation) -> HttpResponse:
    """Not to be worked on; the requester is told why, except for spam and tests."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    voice = incoming.voice(new.on_behalf_of, caller)
    desk.cancel(ticket, reason=new.reason, text=new.text, expect=new.version, actor=caller.actor(voice=voice))
    return shown.ticket(caller.viewer, number)


@router.delete(f"{AT}/cancellation", response=AFTER, summary="Take a cancellation back")
def uncancelled(request: Asked, number: int, asked: Query[Why]) -> HttpResponse:
    """By the team lead within seven days; no client may do this."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.uncancel(ticket, reason=asked.reason, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)


@router.put(f"{AT}/priority", response=AFTER, summary="Judge the priority")
def prioritised(request: Asked, number: int, new: Priority) -> HttpResponse:
    """Set impact and urgency, or override the matrix with a reason."""
    caller = request.caller
    ticket = ticket_for(caller.viewer, number)
    desk.prioritise(
        ticket,
        impact=new.impact,
        urgency=new.urgency,
        override=new.override,
        reason_code=new.reason_code,
        text=new.text,
        expect=new.version,
        actor=caller.actor(),
    )
    return shown.ticket(caller.viewer, number)


@router.put(f"{AT}/promise", response=AFTER, summary="Promise the next word")
def promised(request: Asked, number: int, new: Promise) -> HttpResponse:
    """«We will write by …»."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.promise(ticket, until=new.until, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)


@router.put(f"{AT}/public-status", response=AFTER, summary="Say where things stand")
def told(request: Asked, number: int, new: PublicStatus) -> HttpResponse:
    """One line that the requester reads; empty removes it."""
    ticket = ticket_for(request.caller.viewer, number)
    desk.set_public_status(ticket, text=new.text, actor=request.caller.actor())
    return shown.ticket(request.caller.viewer, number)
