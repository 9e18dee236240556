"""Who may see and do what with a ticket: decided here and nowhere else (domain.md §12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404

from otklik.journal.record import Actor
from otklik.people.access import NOBODY, Rights, person_of, rights_of
from otklik.people.clients import Client, client_of
from otklik.people.models import Person
from otklik.tickets.models import Attachment, Carried, Link, Message, Ticket, TicketQuerySet, Watch

NONE, PUBLIC, INTERNAL = "none", "public", "internal"
WATCHES = ("cc", "watcher", "granted")  # 'watcher' and 'granted' count for staff only


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person together with the rights read for this request; ``None`` is a stranger.

    Through a ``client`` of the API the owner of its token looks, never further than its scopes and its organisation.
    """

    person: Person | None
    rights: Rights
    client: Client | None = None

    @property
    def pk(self) -> int | None:
        """The person's key."""
        return self.person.pk if self.person else None


def viewer(person: Person | None) -> Viewer:
    """Read the rights of a person for one request, job or stream tick."""
    return Viewer(person, rights_of(person))


def client_viewer(client: Client | None) -> Viewer:
    """The same for a client of the API; None has no rights."""
    return Viewer(None, NOBODY) if client is None else Viewer(client.owner, rights_of(client.owner), client)


def viewer_of(actor: Actor) -> Viewer:
    """Whoever acts, as a viewer: a person, or a client within its owner's rights."""
    return client_viewer(client_of(actor)) if actor.kind == "client" else viewer(person_of(actor))


def _participates(pk: int, *, staff: bool) -> Q:
    watches = Watch.objects.filter(ticket=OuterRef("pk"), person=pk, role__in=WATCHES if staff else ("cc",))
    return Q(requester=pk) | Q(affected_person=pk) | Q(Exists(watches))


def visible_to(who: Viewer) -> TicketQuerySet:
    """All tickets of which this viewer may read at least the public part. Nothing else starts a query for people."""
    rows = _visible_to_person(who)
    if who.client is None:
        return rows
    if not who.client.holds("tickets.read"):
        return rows.none()
    return rows if who.client.organisation is None else rows.filter(organisation=who.client.organisation)


def _visible_to_person(who: Viewer) -> TicketQuerySet:
    everything: TicketQuerySet = TicketQuerySet(Ticket)
    if who.person is None or who.rights is NOBODY:
        return everything.none()
    roles, rights = who.rights.roles, who.rights
    mine = _participates(who.person.pk, staff=rights.staff)
    open_ones = Q()
    if "org_manager" in roles:
        open_ones |= Q(organisation__in=rights.organisations)
    if who.person.organisation_id:
        open_ones |= Q(
            visibility="organisation", organisation=who.person.organisation_id, organisation__shares_tickets=True
        )
    if rights.teams:
        open_ones |= Q(service__is_shared=True)
        mine |= Q(team__in=rights.teams)
    if roles & {"service_manager", "dispatcher", "auditor"}:
        return everything.filter(~Q(visibility="restricted") | mine)
    return everything.filter(mine | (~Q(visibility="restricted") & open_ones)) if open_ones else everything.filter(mine)


def level(who: Viewer, ticket: Ticket) -> str:
    """'internal', 'public' or 'none': how much of this ticket the viewer may read."""
    if who.person is None or who.rights is NOBODY:
        return NONE
    if internal_among(who, [ticket]):
        return INTERNAL
    return PUBLIC if visible_to(who).filter(pk=ticket.pk).exists() else NONE


def internal_among(who: Viewer, tickets: Sequence[Ticket]) -> frozenset[Any]:
    """Keys of those tickets whose internal part this viewer may read: one query for any number of them."""
    if who.person is None or who.rights is NOBODY:
        return frozenset()
    if who.client is not None:
        if not (who.client.holds("tickets.internal") and who.client.holds("tickets.read")):
            return frozenset()
        tickets = [one for one in tickets if who.client.reaches(one.organisation_id)]
    overseer = bool(who.rights.roles & {"service_manager", "auditor"})
    seen = {
        one.pk for one in tickets if one.team_id in who.rights.teams or (overseer and one.visibility != "restricted")
    }
    if who.rights.staff and (rest := [one.pk for one in tickets if one.pk not in seen]):
        watches = Watch.objects.filter(ticket__in=rest, person=who.person.pk, role__in=("granted", "watcher"))
        seen.update(watches.values_list("ticket_id", flat=True))
    return frozenset(seen)


def _is_customer(pk: int, ticket: Ticket) -> bool:
    return pk in {ticket.requester_id, ticket.affected_person_id}


def is_customer_side(person: Person, ticket: Ticket) -> bool:
    """Requester, affected person or in copy: whose messages are a customer's, whatever else they are."""
    return _is_customer(person.pk, ticket) or ticket.watches.filter(person=person.pk, role="cc").exists()


def ticket_for(who: Viewer, number: int, *, at_least: str = PUBLIC) -> Ticket:
    """The ticket with this number; ``Http404`` both where there is none and where the viewer may not see it."""
    related = ("requester", "affected_person", "assignee", "team", "service", "organisation", "place")
    ticket = visible_to(who).filter(number=number).select_related(*related).first()
    if ticket is None or (at_least == INTERNAL and level(who, ticket) != INTERNAL):
        raise Http404
    return ticket


def messages_for(who: Viewer, ticket: Ticket) -> QuerySet[Message]:
    """The messages of a ticket that this viewer may read, oldest first."""
    seen = level(who, ticket)
    rows = Message.objects.filter(pk__in=shown_in(ticket))
    if seen == NONE:
        return rows.none()
    rows = rows.filter(audience="public") if seen == PUBLIC else rows.exclude(audience="restricted")
    return rows.order_by("created_at", "id")


_WITHIN = """
with recursive within(id) as (
  select %s::uuid
  union
  select link.ticket_id from tickets_link link join within on link.other = within.id::text
   where link.kind = 'merged_into' and link.other_kind = 'ticket')
"""
_SHOWN_WITHIN = f"{_WITHIN} select id from within"  # noqa: S608  # two texts of ours
_SHOWN_IN = f"""{_WITHIN}
select message.id from tickets_message message join within on message.ticket_id = within.id
 union
select carried.message_id from tickets_carried carried join within on carried.ticket_id = within.id
"""  # noqa: S608  # as above


def shown_within(ticket: Ticket) -> RawSQL:
    """Keys of the ticket and of all that were merged into it, for a query: their words are shown here (§2.7)."""
    return RawSQL(_SHOWN_WITHIN, [ticket.pk])  # noqa: S611  # the text is ours, the key is a parameter


def shown_in(ticket: Ticket) -> RawSQL:
    """Keys of the messages that stand in the ticket, each once: written there, merged into it or split off to it."""
    return RawSQL(_SHOWN_IN, [ticket.pk])  # noqa: S611  # the text is ours, the key is a parameter


def reads(who: Viewer, message: Message) -> bool:
    """Whether the viewer may read a message: in its own ticket, one that shows it too, or where these were merged."""
    if _reads_in(who, message, message.ticket):
        return True
    return any(_reads_in(who, message, place) for place in Ticket.objects.filter(carries__message=message))


def _reads_in(who: Viewer, message: Message, place: Ticket | None) -> bool:
    for _step in range(MAX_MERGES):
        if place is None:
            return False
        if messages_for(who, place).filter(pk=message.pk).exists():
            return True
        place = merged_into(place)
    return False


MAX_MERGES = 10  # steps of a chain of merged tickets


def merged_into(ticket: Ticket) -> Ticket | None:
    """The ticket that this one went up in."""
    if ticket.cancel_reason != "merged":
        return None
    link = Link.objects.filter(ticket=ticket, kind="merged_into", other_kind="ticket").first()
    return None if link is None else Ticket.objects.get(pk=link.other)


def merged_numbers(who: Viewer, rows: Sequence[Ticket]) -> dict[Any, int]:
    """Of tickets that went up in others the numbers of those, where the viewer may see them; by key."""
    gone = [one.pk for one in rows if one.cancel_reason == "merged"]
    if not gone:
        return {}
    links = Link.objects.filter(ticket__in=gone, kind="merged_into", other_kind="ticket")
    return _numbers_at(who, dict(links.values_list("ticket_id", "other")))


def _numbers_at(who: Viewer, ends: dict[Any, str]) -> dict[Any, int]:
    if not ends:
        return {}
    seen = visible_to(who).filter(pk__in=list(ends.values())).values_list("pk", "number")
    numbers = {str(key): number for key, number in seen}
    return {key: numbers[end] for key, end in ends.items() if end in numbers}


def end_of_merges(ticket: Ticket) -> Ticket:
    """Where a chain of merged tickets ends (domain.md §2.7)."""
    for _step in range(MAX_MERGES):
        place = merged_into(ticket)
        if place is None:
            break
        ticket = place
    return ticket


def attachment_for(who: Viewer, key: UUID | str) -> Attachment:
    """A file by its key, reached through its visible message; ``Http404`` otherwise."""
    file = Attachment.objects.select_related("message__ticket").filter(pk=key).first()
    if file is None or not reads(who, file.message):
        raise Http404
    return file


def links_for(who: Viewer, ticket: Ticket) -> list[tuple[Link, Ticket | None]]:
    """Links with their far ends; a far end that the viewer may not see is None («связанная запись»)."""
    here, found = str(ticket.pk), Link.objects.filter(other_kind="ticket")
    rows = found.filter(ticket__in=shown_within(ticket)).exclude(other=here)
    splits = found.filter(kind="split_from", other=here).exclude(ticket__in=shown_within(ticket))
    links = [_back(one) if one.other == here else one for one in rows.union(splits)]
    links = [one for one in links if one.kind != "merged_into" or one.ticket_id == ticket.pk]
    links.sort(key=lambda one: one.since)
    ends = {str(end.pk): end for end in visible_to(who).filter(pk__in=[link.other for link in links])}
    return [(link, ends.get(link.other)) for link in links]


def _back(split: Link) -> Link:
    """A ticket that was split off and stands by itself, as a link from the one that it came from."""
    return Link(ticket_id=UUID(split.other), kind="split_from_back", other=str(split.ticket_id), since=split.since)


def split_numbers(who: Viewer, rows: Sequence[Ticket]) -> dict[Any, int]:
    """Of tickets that were split off from others the numbers of those, where the viewer may see them; by key."""
    links = Link.objects.filter(ticket__in=[one.pk for one in rows], kind="split_from", other_kind="ticket")
    return _numbers_at(who, dict(links.values_list("ticket_id", "other")))


def split_off(who: Viewer, ticket: Ticket) -> dict[Any, list[int]]:
    """Messages of a ticket that began others, which stand by themselves: their numbers, where visible; by message."""
    rows = Carried.objects.filter(message__in=shown_in(ticket), ticket__in=visible_to(who))
    rows = rows.exclude(ticket__in=shown_within(ticket)).order_by("ticket__number")
    found: dict[Any, list[int]] = {}
    for key, number in rows.values_list("message_id", "ticket__number"):
        found.setdefault(key, []).append(number)
    return found


# -- acts on a ticket ----------------------------------------------------------------------------------------------
_WORK = frozenset(
    (
        *("note", "take", "hold", "resume", "resolve", "promise", "status", "edit", "prioritise", "type", "link"),
        *("watch", "grant", "call", "restored", "not_needed", "accept", "cancel", "reply_staff"),
        *("override", "merge", "split"),
    )
)
_CUSTOMER = frozenset(["reply_customer", "confirm", "withdraw"])

_OWN_WORD = _CUSTOMER | {"reply", "reopen"}  # what a token's owner may say as a customer without the scope ``relay``

# Which scope a client of the API needs for an act; what stands nowhere here no client may do (domain.md §12).
CLIENT_ACTS: dict[str, str] = {
    verb: scope
    for scope, verbs in {
        "tickets.reply": "reply reply_customer reply_staff",
        "tickets.internal": "note",
        "tickets.confirm": "confirm withdraw reopen",
        "tickets.assign": "assign assign_across",
        "tickets.work": "take hold resume resolve promise status edit prioritise type link watch call restored"
        " not_needed cancel",
    }.items()
    for verb in verbs.split()
}


def is_house(actor: Actor) -> bool:
    """Whether it is a part of the house, which may do everything."""
    return actor.kind in {"system", "alert", "import"}


def may(actor: Actor, verb: str, ticket: Ticket) -> bool:
    """May this actor do this act on this ticket? Parts of the house may do everything; guards of state come after."""
    if is_house(actor):
        return True
    who = viewer_of(actor)
    if who.person is None or not allowed(who, verb, ticket):
        return False
    if who.client is None or not actor.on_behalf_of:
        return True
    if actor.on_behalf_of == f"person:{who.pk}" and verb in _OWN_WORD:
        return True
    return who.client.holds("relay") and allowed(viewer(person_of(actor)), verb, ticket)


def allowed(who: Viewer, verb: str, ticket: Ticket) -> bool:
    """The same for a viewer whose rights are at hand (buttons on pages)."""
    if who.person is None or who.rights is NOBODY:
        return False
    if who.client is not None and not _client_may(who.client, verb, ticket):
        return False
    roles, rights = who.rights.roles, who.rights
    works = _works_on(who, ticket)
    if verb == "reply":
        return works or is_customer_side(who.person, ticket)
    if verb in _CUSTOMER:
        own = _is_customer(who.person.pk, ticket)
        if verb == "reply_customer":
            own = own or is_customer_side(who.person, ticket)
        return own or _represents(who, ticket)
    if verb == "reopen":
        return _is_customer(who.person.pk, ticket) or works or _represents(who, ticket)
    if verb == "assign":
        return works or _dispatches(who, ticket)
    if verb == "assign_across":
        return (works and bool(roles & {"team_lead", "dispatcher", "service_manager"})) or _dispatches(who, ticket)
    if verb == "close":
        return "service_manager" in roles and works
    if verb == "reopen_closed":
        return "service_manager" in roles and works
    if verb == "uncancel":
        return works and bool((rights.leads and ticket.team_id in rights.leads) or "service_manager" in roles)
    if verb == "merge_across":
        return works and "service_manager" in roles
    if verb == "override_far":
        return works and ("service_manager" in roles or ticket.team_id in rights.leads)
    if verb in _WORK:
        return works
    raise KeyError(verb)


def _client_may(client: Client, verb: str, ticket: Ticket) -> bool:
    return verb in CLIENT_ACTS and client.holds(CLIENT_ACTS[verb]) and client.reaches(ticket.organisation_id)


def _works_on(who: Viewer, ticket: Ticket) -> bool:
    if ticket.team_id is not None and ticket.team_id in who.rights.teams:
        return True
    return "service_manager" in who.rights.roles and (
        ticket.visibility != "restricted" or level(who, ticket) == INTERNAL
    )


def _dispatches(who: Viewer, ticket: Ticket) -> bool:
    return "dispatcher" in who.rights.roles and ticket.visibility != "restricted"


def _represents(who: Viewer, ticket: Ticket) -> bool:
    return (
        "org_manager" in who.rights.roles
        and ticket.organisation_id in who.rights.organisations
        and ticket.visibility != "restricted"
    )
