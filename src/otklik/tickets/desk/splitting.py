"""Splitting a ticket: chosen messages begin another one, which shows them too; no row is rewritten (domain.md §2.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.catalogue.models import Service
from otklik.journal import once
from otklik.journal.record import Actor
from otklik.journal.timeline import entries
from otklik.people.models import Organisation, Person, Place
from otklik.tickets import access
from otklik.tickets._gate import changing, opening, subject_of
from otklik.tickets.desk.ending import void_reopen
from otklik.tickets.desk.opening import contact_of, default_team, judged, next_number
from otklik.tickets.events import LinkAdded, SplitDone, TicketCreated
from otklik.tickets.lifecycle import LIVE, Missing
from otklik.tickets.models import Carried, Link, Message, Ticket
from otklik.tickets.refusal import Forbidden, Refused, Stale
from otklik.tickets.teams import Newcomer, by_rule

MAX_SUBJECT = 100  # characters that are proposed
_GREETING = 40  # a first line up to this length that ends with «!» or «,» says hello
_BY_ITSELF = frozenset({"email", "api"})  # channels by which words come without a person whom we know


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a split would make: ``opening`` is the earliest word of the customer side, its instant the opening.

    ``subject`` is taken from the opening, ``live`` says that the opening was a call that was answered.
    """

    messages: Sequence[Message]
    opening: Message
    opened_at: datetime
    requester: Person | None
    organisation: Organisation | None
    subject: str
    live: bool


def proposal(source: Ticket, messages: Sequence[UUID | str], *, actor: Actor) -> Proposal:
    """What splitting these messages off would make, and whether it may be done; raises Refused, Forbidden."""
    if not access.may(actor, "split", source):
        raise Forbidden("split")
    if source.status not in LIVE | {"resolved"}:
        raise Refused(Missing("split_source", source.status))
    shown = Message.objects.filter(pk__in=access.shown_in(source)).exclude(audience="restricted")
    rows = list(shown.filter(pk__in=set(messages)).select_related("author", "ticket").order_by("created_at", "id"))
    if not rows or len(rows) < len(set(messages)):
        raise Refused(Missing("split_messages"))
    if any(row.audience == "waiting" for row in rows):
        raise Refused(Missing("split_waiting"))
    asked = sorted((row for row in rows if _asks(row)), key=said_at)
    if not asked:
        raise Refused(Missing("split_customer"))
    made = _proposed(source, rows, asked[0])
    _may_split(source, made, actor)
    return made


@transaction.atomic
def split(
    source: Ticket,
    messages: Sequence[UUID | str],
    *,
    subject: str = "",
    type: str = "",
    service: Service | None = None,
    impact: int = 0,
    urgency: int = 0,
    new_topic: bool = False,
    expect: int | None = None,
    key: str = "",
    actor: Actor,
) -> Ticket:
    """Open a new ticket out of messages that ``source`` shows; both show them from now on, each to its own readers.

    Args:
        source: a live or a solved one; it goes on as it is.
        messages: keys of messages that it shows, at least one of them a word of a person of the customer side.
        subject, type, service, impact, urgency: where they are not given, as the messages or ``source`` have them.
        new_topic: the word that reopened ``source`` was about another subject: the reopening is taken back too (T9).
        expect: the version of ``source`` that the actor saw.

    Returns:
        The new ticket, or the one that the same ``key`` made before. Raises Refused, Forbidden, Stale.
    """
    scope = f"ticket.split {actor}"
    if key and (answer := once.first_answer(scope, key)):
        return Ticket.objects.get(pk=answer["ticket"])
    locked = Ticket.objects.select_for_update(of=("self",)).get(pk=source.pk)
    if expect is not None and locked.version != expect:
        raise Stale(expect, locked.version)
    made = proposal(locked, messages, actor=actor)
    if new_topic:
        void_reopen(locked, reason="new_topic", actor=actor)
    with changing(source, actor=actor, verb="split") as there:
        fact = _created(there.ticket, made, subject, type, service, impact, urgency, actor)
        row = _opened(there.ticket, made, fact, actor)
        there.record(_done(there.ticket, made, row))
        if key:
            once.remember(scope, key, {"ticket": str(row.pk)})
    source.refresh_from_db()
    clock.faultpoint("desk.split")
    return row


def said_at(row: Message) -> datetime:
    """When somebody turned to us with a message: a description counts from the opening of its ticket."""
    return min(row.created_at, row.ticket.opened_at) if row.kind == "description" else row.created_at


# -- conditions ----------------------------------------------------------------------------------------------------
def _asks(row: Message) -> bool:
    return row.side == "customer" and row.audience == "public" and row.author_kind == "human"


def _may_split(source: Ticket, made: Proposal, actor: Actor) -> None:
    missing = []
    if made.requester is None and made.opening.channel not in _BY_ITSELF:
        missing.append(Missing("requester"))
    if made.requester is not None and not _reads_all(made.requester, source, made.messages):
        missing.append(Missing("split_foreign", made.requester.name))
    across = (made.organisation.pk if made.organisation else None) != source.organisation_id
    if across and not access.may(actor, "merge_across", source):
        missing.append(Missing("split_organisation"))
    if missing:
        raise Refused(*missing)


def _reads_all(person: Person, source: Ticket, rows: Sequence[Message]) -> bool:
    """Nobody comes to read a word of others by a split that they could not read before."""
    others = [row for row in rows if row.audience == "public" and row.author_id != person.pk]
    if not others:
        return True
    who = access.viewer(person)
    here = set(access.messages_for(who, source).values_list("pk", flat=True))
    return all(row.pk in here or access.reads(who, row) for row in others)


# -- what it becomes -----------------------------------------------------------------------------------------------
def _proposed(source: Ticket, rows: Sequence[Message], first: Message) -> Proposal:
    requester = first.author or (first.ticket.requester if first.kind == "description" else None)
    organisation = source.organisation
    if requester is not None and requester.pk != source.requester_id:
        organisation = requester.organisation or organisation
    return Proposal(
        messages=rows,
        opening=first,
        opened_at=said_at(first),
        requester=requester,
        organisation=organisation,
        subject=_subject(first) or source.subject,  # never a note: subjects are public
        live=first.kind == "description" and _was_live(first.ticket),
    )


def _subject(row: Message) -> str:
    """The first line that says something."""
    lines = [" ".join(line.split()) for line in row.text.splitlines() if line.strip()]
    while len(lines) > 1 and len(lines[0]) <= _GREETING and lines[0].endswith(("!", ",")):
        lines.pop(0)
    text = lines[0].rstrip(".") if lines else ""
    return text if len(text) <= MAX_SUBJECT else text[: MAX_SUBJECT - 1].rsplit(" ", 1)[0].rstrip(".,;:") + "…"


def _was_live(home: Ticket) -> bool:
    created = next((one.fact for one in entries(subject_of(home), kinds=[TicketCreated.kind])), None)
    return isinstance(created, TicketCreated) and created.live_contact


def _created(
    source: Ticket,
    made: Proposal,
    subject: str,
    type: str,
    service: Service | None,
    impact: int,
    urgency: int,
    actor: Actor,
) -> TicketCreated:
    requester, same = made.requester, made.requester is None or made.requester.pk == source.requester_id
    place: Place | None = source.place if same else (requester.place if requester else None)
    service = service or source.service
    stated = urgency or (min(3, source.urgency + 1) if source.raised_by else source.urgency)
    type, impact = type or source.type, impact or source.impact
    if type not in Ticket.TYPES:
        raise Refused(Missing("state", type))
    step, computed = judged(
        ticket_type=type, impact=impact, urgency=stated, requester=requester, place=place, service=service
    )
    affected = source.affected_person if same else requester
    across = made.organisation is not None and made.organisation.pk != source.organisation_id
    return TicketCreated(
        number=next_number(),
        type=type,
        origin="human",
        subject=(" ".join(subject.split()) or made.subject)[:200],
        opened_at=min(made.opened_at, clock.now()).isoformat(),
        channel=made.opening.channel,
        requester=requester.pk if requester else None,
        affected_person=affected.pk if affected else None,
        reporter=str(actor),
        contact=dict(source.contact) if same else contact_of(requester),
        organisation=made.organisation.pk if made.organisation else None,
        service=service.pk if service else None,
        impact=impact,
        urgency=step.urgency,
        stated_urgency=stated,
        raised_by=list(step.reasons),
        priority_computed=computed,
        team=_team(source, made, type, service, place),
        visibility="participants" if across and source.visibility == "organisation" else source.visibility,
        place=place.pk if place else None,
        device=source.device if same else (requester.device if requester else "")[:120],
        error_text=made.opening.error_text,
        live_contact=made.live,
    )


def _team(source: Ticket, made: Proposal, type: str, service: Service | None, place: Place | None) -> int | None:
    """The same team, unless another kind or service leads elsewhere."""
    if (type, service) == (source.type, source.service):
        return source.team_id
    newcomer = Newcomer(service, type, made.organisation, place, made.opening.channel, "")
    team = by_rule(newcomer) or default_team(service)
    return team.pk if team else source.team_id


def _opened(source: Ticket, made: Proposal, fact: TicketCreated, actor: Actor) -> Ticket:
    row = Ticket()
    with opening(row, actor=actor, at=None) as here:
        here.record(fact)
        here.record(_done(source, made, row, number=fact.number, said=_said(made)))
        here.record(LinkAdded(link="split_from", other_kind="ticket", other=str(source.pk), number=source.number))
    Carried.objects.bulk_create(Carried(ticket=row, message=one) for one in made.messages)
    Link.objects.create(ticket=row, kind="split_from", other=str(source.pk), since=clock.now())
    return row


def _done(source: Ticket, made: Proposal, row: Ticket, *, number: int = 0, said: Sequence[list[Any]] = ()) -> SplitDone:
    return SplitDone(
        source=str(source.pk),
        source_number=source.number,
        ticket=str(row.pk),
        number=number or row.number,
        messages=[str(one.pk) for one in made.messages],
        opening=str(made.opening.pk),
        said=list(said),
    )


def _said(made: Proposal) -> list[list[Any]]:
    """The public words from the opening on, in order, with what clocks ask of each."""
    words = [row for row in made.messages if row.audience == "public" and row.side in {"customer", "staff"}]
    told = sorted(((said_at(row), place, row) for place, row in enumerate(words)), key=lambda one: one[:2])
    return [
        [str(row.pk), at.isoformat(), row.side, row.author_kind, row.is_gratitude, row.author_id]
        for at, _place, row in told
        if at >= made.opened_at
    ]
