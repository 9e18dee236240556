"""Merging a ticket into another one, and taking that back: by reference, no row is rewritten (domain.md §2.7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from otklik import clock
from otklik.journal.record import Actor
from otklik.journal.timeline import entries
from otklik.tickets import access
from otklik.tickets._gate import Change, changing_all, subject_of
from otklik.tickets.events import (
    FieldChanged,
    LinkAdded,
    LinkRemoved,
    MergeDone,
    MergeVoided,
    ParticipantAdded,
    ParticipantRemoved,
    ReopenDone,
    StateChanged,
)
from otklik.tickets.lifecycle import LIVE, Missing
from otklik.tickets.models import Link, Ticket
from otklik.tickets.projection import replay
from otklik.tickets.refusal import Forbidden, Refused

UNMERGE_WITHIN = timedelta(days=30)
COPY, OUT = "cc", "out"  # what becomes of the other requester: in copy, or kept out
_OPENNESS = ("restricted", "participants", "organisation")  # each may be seen by more people than the one before
_BROUGHT = ("cc", "watcher")  # who comes along; leave to see a restricted ticket is given anew


@transaction.atomic
def merge(source: Ticket, target: Ticket, *, requester: str = "", expect: int | None = None, actor: Actor) -> Ticket:
    """Let ``source`` go up in ``target``: its words are shown there, it is cancelled and points there.

    Args:
        source: a live ticket. Its fields, states, clocks and survey stay with it.
        target: a live or a solved one; solved, it comes back into work.
        requester: where the requesters differ, 'cc' puts the other one in copy, 'out' keeps them out.
        expect: the version of ``source`` that the actor saw.

    Returns:
        The target. Raises Refused, Forbidden, Stale.
    """
    if not access.may(actor, "merge", source):
        raise Forbidden("merge")
    if source.pk == target.pk:
        raise Refused(Missing("self_link"))
    with changing_all([source, target], actor=actor, verb="merge", expect=expect) as (here, there):
        _may_merge(here, there, requester)
        was, people, tags = here.state.status, _people(here, there, requester), _tags(here, there)
        there.record(
            MergeDone(
                source=str(source.pk),
                number=here.state.number,
                counts=_alike(here, there),
                people=[[person, role] for person, role in people],
                tags=tags,
                waiting_since=_iso(here.state.customer_waiting_since),
            )
        )
        origin = f"merge:{here.state.number}"
        there.record(*(ParticipantAdded(person=person, role=role, source=origin) for person, role in people))
        if tags:
            there.record(_retagged(there, {*there.state.tags, *tags}))
        if there.state.status == "resolved":
            there.record(ReopenDone(cause="merge"))
            there.record(StateChanged(was="resolved", to="open", transition="T8", reason="merge"))
        Link.objects.create(ticket=here.ticket, kind="merged_into", other=str(target.pk), since=clock.now())
        here.record(_link(LinkAdded, "merged_into", there))
        there.record(_link(LinkAdded, "merged_into_back", here))
        here.record(StateChanged(was=was, to="cancelled", transition="T11", reason="merged"))
    return there.ticket


@transaction.atomic
def unmerge(source: Ticket, *, actor: Actor) -> Ticket:
    """Take a merge back within thirty days: the ticket is where it was, with the time between as a pause (T12).

    Messages that came after the merge stay in the target; whom and what the merge had brought there leaves it again.
    Returns the source. Raises Refused, Forbidden.
    """
    if not access.may(actor, "merge", source):
        raise Forbidden("merge")
    target = access.merged_into(source)
    if target is None:
        raise Refused(Missing("state", source.status))
    with changing_all([source, target], actor=actor, verb="merge") as (here, there):
        since = here.state.cancelled_at
        if here.state.cancel_reason != "merged" or since is None or here.moment - since > UNMERGE_WITHIN:
            raise Refused(Missing("too_late"))
        if there.state.cancel_reason == "merged":  # the third one keeps what both brought to its clocks
            raise Refused(Missing("unmerge_first", str(there.state.number)))
        told = entries(subject_of(here.ticket), kinds=[StateChanged.kind])
        was = next(one.fact.was for one in reversed(told) if isinstance(one.fact, StateChanged))
        _take_back(there, str(source.pk))
        Link.objects.filter(ticket=here.ticket, kind="merged_into", other=str(target.pk)).delete()
        here.record(_link(LinkRemoved, "merged_into", there))
        there.record(_link(LinkRemoved, "merged_into_back", here))
        here.record(StateChanged(was="cancelled", to=was, transition="T12", reason="unmerged"))
    return here.ticket


# -- conditions ----------------------------------------------------------------------------------------------------
def _may_merge(here: Change, there: Change, requester: str) -> None:
    missing = []
    if here.state.status not in LIVE:
        missing.append(Missing("merge_source", here.state.status))
    if there.state.status not in LIVE | {"resolved"}:
        missing.append(Missing("merge_target", there.state.status))
    if _OPENNESS.index(there.state.visibility) > _OPENNESS.index(here.state.visibility):
        missing.append(Missing("merge_visibility", str(there.state.number)))
    if here.state.organisation != there.state.organisation and not all(
        access.may(one.actor, "merge_across", one.ticket) for one in (here, there)
    ):
        missing.append(Missing("merge_organisation"))
    if _of_another(here, there) and requester not in {COPY, OUT}:
        missing.append(Missing("merge_requester"))
    if missing:
        raise Refused(*missing)


def _alike(here: Change, there: Change) -> bool:
    return (here.state.organisation, here.state.type) == (there.state.organisation, there.state.type)


def _of_another(here: Change, there: Change) -> bool:
    return here.state.requester is not None and here.state.requester != there.state.requester


# -- what comes along ----------------------------------------------------------------------------------------------
def _people(here: Change, there: Change, requester: str) -> list[tuple[int, str]]:
    own = {there.state.requester, there.state.affected_person}
    found = {(person, role) for person, role in here.state.participants if role in _BROUGHT}
    if requester == OUT and _of_another(here, there):
        found = {(person, role) for person, role in found if role != "cc"}  # nobody of their side hears of the other's
    else:
        both = {here.state.requester, here.state.affected_person}
        found |= {(person, "cc") for person in both if person is not None}
    return sorted((person, role) for person, role in found - there.state.participants if person not in own)


def _tags(here: Change, there: Change) -> list[str]:
    return sorted(set(here.state.tags) - set(there.state.tags))


def _retagged(there: Change, tags: set[str]) -> FieldChanged:
    return FieldChanged(field="tags", old=list(there.state.tags), new=sorted(tags))


def _take_back(there: Change, source: str) -> None:
    told = entries(subject_of(there.ticket))
    done = next(one for one in reversed(told) if isinstance(one.fact, MergeDone) and one.fact.source == source)
    assert isinstance(done.fact, MergeDone)
    voided = {one.voids for one in told if one.voids}
    without = [one for one in told if one.entry != done.entry and one.entry not in voided]
    alone = replay((one.fact, one.at, one.actor.voice) for one in without)
    there.record(MergeVoided(source=source, number=done.fact.number, waiting_since=_iso(alone.customer_waiting_since)))
    brought = [(int(person), str(role)) for person, role in done.fact.people]
    there.record(
        *(
            ParticipantRemoved(person=person, role=role)
            for person, role in brought
            if (person, role) in there.state.participants
        )
    )
    if tags := set(done.fact.tags) & set(there.state.tags):
        there.record(_retagged(there, set(there.state.tags) - tags))


def _link(fact: type[LinkAdded], kind: str, far: Change) -> LinkAdded:
    return fact(link=kind, other_kind="ticket", other=str(far.ticket.pk), number=far.state.number)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
