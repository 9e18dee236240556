"""The front door for people: accept a proposal, give a ticket back, hand it on with a reason (§6.5, §6.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from otklik import clock
from otklik.journal.record import SYSTEM, Actor
from otklik.people.access import person_of
from otklik.people.models import Membership, Person, Team
from otklik.routing import dispatcher, wording
from otklik.routing.bounce import UNDONE
from otklik.routing.choice import STEPS, Need, Refusal, why_not
from otklik.routing.events import AssignmentDeclined
from otklik.routing.gather import gather
from otklik.routing.models import Decision, Decline, Flag, Given
from otklik.tickets import access, desk
from otklik.tickets.desk.work import REASON_CODES
from otklik.tickets.lifecycle import Missing
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused

DECLINE_IN = timedelta(minutes=30)
MOVERS = frozenset({"team_lead", "dispatcher", "service_manager"})  # move on what goes to and fro between teams
NEVER = frozenset({"sees", "accepts"})  # what no reason helps against: ``accepts`` is about the machine alone


class NotNow(Refused):
    """A command that the facts of this moment forbid, in words of its own."""

    def __init__(self, text: str, code: str = "too_late") -> None:
        super().__init__(Missing(code))
        self.text = text

    @property
    def texts(self) -> Sequence[str]:  # type: ignore[override]  # one sentence of our own in place of codes
        """The sentence."""
        return [self.text]


class AsksWhy(NotNow):
    """The same command goes through with a reason; ``reason`` or ``over_limit`` says what is wanted."""


@transaction.atomic
def accept(ticket: Ticket, *, person: Person | None = None, actor: Actor) -> Ticket:
    """One click: the proposed person, or another of the first three, is on it; the facts are asked again first.

    Where the person is no longer free the decision is made anew and `NotNow` says so.
    """
    row = dispatcher.subject_row(ticket.pk)
    if not access.may(actor, "assign", row):
        raise Forbidden("assign")
    standing = Decision.objects.filter(ticket=row, state=Decision.State.PROPOSED).first()
    if standing is None or standing.winner_id is None:
        raise NotNow(_("There is no proposal any more: look at the ticket again."))
    chosen = person.pk if person else standing.winner_id
    if chosen not in [one["id"] for one in standing.result["scored"][:3]]:
        raise NotNow(_("This person is not among the proposed."))
    to = Person.objects.select_for_update(no_key=True).get(pk=chosen)
    asked = gather(row, clock.now())
    one = next((one for one in asked.people if one.id == chosen), None)
    no = why_not(asked.need, one, STEPS.index(standing.result["step"])) if one else Refusal(chosen, "accepts")
    if no is not None:
        raise Overtaken(row, to, no)
    partner = row.team.partner if one is not None and one.partner and row.team is not None else None
    if partner is not None:
        return desk.assign(row, to=to, team=partner, mode="suggest", text=_("proposed and accepted"), actor=SYSTEM)
    return desk.assign(row, to=to, mode="suggest", actor=actor)


class Overtaken(NotNow):
    """The proposed person is not free any more; call `renewed` outside the refused transaction."""

    def __init__(self, ticket: Ticket, person: Person, refusal: Refusal) -> None:
        why = wording.refusal(refusal, {})
        super().__init__(_("%(name)s: %(why)s. The proposal was made anew.") % {"name": person.name, "why": why})
        self.ticket = ticket


def accepted(ticket: Ticket, *, person: Person | None = None, actor: Actor) -> Ticket:
    """`accept`, and where it comes too late a new decision before the refusal goes on."""
    try:
        return accept(ticket, person=person, actor=actor)
    except Overtaken:
        dispatcher.decide(ticket)
        raise


def may_decline(ticket: Ticket, person: Person) -> bool:
    """Somebody else put this person on it, no more than thirty minutes ago."""
    if ticket.assignee_id != person.pk or ticket.status not in ("new", "open"):
        return False
    last = Given.objects.filter(ticket=ticket).order_by("-at", "-pk").first()
    if last is None or last.person_id != person.pk or last.mode == "pull":
        return False
    return last.at + DECLINE_IN >= clock.now()


@transaction.atomic
def decline(ticket: Ticket, *, reason: str, actor: Actor) -> Ticket:
    """Give it back within thirty minutes, with a reason: the choice goes on without this person."""
    person = person_of(actor)
    row = dispatcher.subject_row(ticket.pk)
    if person is None or not access.may(actor, "assign", row):
        raise Forbidden("decline")
    if not reason.strip():
        raise Refused(Missing("reason"))
    if not may_decline(row, person):
        raise NotNow(_("A ticket can be given back within 30 minutes of coming to you; hand it over instead."))
    Decline.objects.get_or_create(
        ticket=row, person=person, defaults={"at": clock.now(), "reason": reason.strip()[:500]}
    )
    came = Decision.objects.filter(ticket=row, taken_by=person, state__in=("assigned", "accepted")).order_by("-pk")
    Decision.objects.filter(pk__in=came[:1].values("pk")).update(state=Decision.State.DECLINED)
    desk.move_on(row, AssignmentDeclined(person=person.pk, reason=reason.strip()[:500]), actor=actor)
    return desk.assign(row, to=None, mode="declined", text=reason.strip()[:500], actor=actor)


@transaction.atomic
def place(ticket: Ticket, *, to: Person, reason_code: str = "", text: str = "", actor: Actor) -> tuple[Ticket, str]:
    """Put somebody of the team on a ticket that nobody is on: a proposed one accepts, anybody else is chosen by hand.

    Gives the ticket and, where the choice by hand breaks a limit, which. Raises `NotNow` where somebody was quicker,
    `AsksWhy` where the choice by hand needs a reason.
    """
    row = dispatcher.subject_row(ticket.pk)
    if not access.may(actor, "assign", row):
        raise Forbidden("assign")
    if row.assignee is not None:
        raise NotNow(_("%(name)s is already on it") % {"name": row.assignee.name})
    if not Membership.objects.filter(team=row.team, person=to, person__is_active=True).exists():
        raise NotNow(_("This person is not of the team."))
    if to.pk in (proposed(row) or ()):
        return accept(row, person=to, actor=actor), ""
    broken = warnings(row, to)
    row = give(row, to=to, reason_code=reason_code, text=text, actor=actor)
    return row, wording.refusal(broken[0], {}) if broken else ""


def proposed(ticket: Ticket) -> list[int] | None:
    """The people of the standing proposal, the best first; None where none stands."""
    standing = Decision.objects.filter(ticket=ticket, state=Decision.State.PROPOSED).first()
    return None if standing is None else [one["id"] for one in standing.result["scored"][:3]]


def placed(ticket: Ticket, *, to: Person, reason_code: str = "", text: str = "", actor: Actor) -> tuple[Ticket, str]:
    """`place`, and where the proposed person is not free any more a new decision before the refusal goes on."""
    try:
        return place(ticket, to=to, reason_code=reason_code, text=text, actor=actor)
    except Overtaken:
        dispatcher.decide(ticket)
        raise


def warnings(ticket: Ticket, person: Person) -> list[Refusal]:
    """Which condition of the choice a person fails for this ticket now, for whoever assigns by hand; none is good."""
    asked = gather(ticket, clock.now())
    one = next((one for one in asked.people if one.id == person.pk), None)
    no = why_not(asked.need, one, 0) if one is not None else None
    return [no] if no is not None and no.condition not in NEVER else []


def need_now(ticket: Ticket) -> Need:
    """What a ticket asks at this moment."""
    return gather(ticket, clock.now()).need


@transaction.atomic
def give(
    ticket: Ticket,
    *,
    to: Person | None = None,
    team: Team | None = None,
    reason_code: str = "",
    text: str = "",
    expect: int | None = None,
    actor: Actor,
) -> Ticket:
    """Put somebody on a ticket, nobody, or another team: the one way for people and for clients of the API.

    Whatever takes the ticket from somebody, moves it to another team or departs from a standing proposal has a reason
    code, and a choice that breaks a limit has words as well; by hand any limit may be broken but visibility. A ticket
    that bounces between teams is moved on by a lead or a dispatcher only.

    Args:
        expect: version of the ticket that the giver saw, None for any.

    Raises ``AsksWhy``, other ``Refused``, ``Forbidden``, ``Stale``.
    """
    row = dispatcher.subject_row(ticket.pk)
    if not access.may(actor, "assign", row):
        raise Forbidden("assign")
    moves = team is not None and team.pk != row.team_id
    if moves and Flag.objects.filter(ticket=row).exists() and not access.viewer_of(actor).rights.roles & MOVERS:
        raise NotNow(
            _("This ticket goes to and fro between teams: only a lead or a dispatcher moves it on."), "bouncing"
        )
    if moves or (to.pk if to else None) != row.assignee_id:
        _reasoned(row, to, moves=moves, reason_code=reason_code, text=text)
    return desk.assign(
        row, to=to, team=team, reason_code=reason_code, text=text.strip()[:500], expect=expect, actor=actor
    )


def _reasoned(row: Ticket, to: Person | None, *, moves: bool, reason_code: str, text: str) -> None:
    """Refuse a change without the reason it needs."""
    choices = proposed(row)
    departs = choices is not None and to is not None and to.pk not in choices
    if reason_code not in REASON_CODES and (reason_code or moves or row.assignee_id is not None or departs):
        raise AsksWhy(_("Give a reason."), "reason")
    if to is not None and not moves and not text.strip() and (broken := warnings(row, to)):
        said = {"name": to.name, "why": wording.refusal(broken[0], {})}
        raise AsksWhy(_("%(name)s: %(why)s. Say in a word why all the same.") % said, "over_limit")


@transaction.atomic
def take(ticket: Ticket, *, reason_code: str = "", text: str = "", expect: int | None = None, actor: Actor) -> Ticket:
    """«Взять»: a ticket that somebody else is on comes over with a reason only."""
    person = person_of(actor)
    row = dispatcher.subject_row(ticket.pk)
    if person is not None and row.is_live and row.assignee_id not in (None, person.pk):
        if not access.may(actor, "take", row):
            raise Forbidden("take")
        row = give(row, to=person, reason_code=reason_code, text=text, expect=expect, actor=actor)
        expect = None
    return desk.take(row, expect=expect, actor=actor)


@transaction.atomic
def take_back(ticket: Ticket, *, actor: Actor) -> Ticket:
    """Undo one's own last assignment within its five minutes; later, or after somebody else, it is handed on instead.

    Raises ``NotNow``, ``Forbidden``.
    """
    row = dispatcher.subject_row(ticket.pk)
    if not access.may(actor, "assign", row):
        raise Forbidden("assign")
    given = list(Given.objects.filter(ticket=row).select_related("person").order_by("-at", "-pk")[:2])
    own = len(given) == 2 and given[0].by == actor.voice and given[0].at + UNDONE >= clock.now()
    if not own or given[1].team_id != row.team_id or given[0].person_id != row.assignee_id:
        raise NotNow(_("It is too late to take this back: hand the ticket on with a reason."))
    former = given[1].person
    if former is not None and not (former.is_active and former.memberships.filter(team=row.team).exists()):
        former = None
    return desk.assign(row, to=former, mode="undone", text=_("taken back"), actor=actor)
