"""Clocks of a ticket that was split off (domain.md §2.8): from the earliest customer word; stored = replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.journal.record import Actor, Event
from otklik.people.models import Person
from otklik.sla.cycles import first_response, next_responses, periodic_updates
from otklik.sla.joining import extract, joined
from otklik.sla.story import Story, joined_of, tell
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.office import HOUR, publish_office
from otklik.sla.tests.test_examples_by_the_desk import answered, do, said, stored
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.events import MessagePublic, SplitDone, TicketCreated
from otklik.tickets.tests import make

START = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def agent() -> Person:
    """First response 2 h, next response 4 h, solution 8 h of RU8, and somebody who keeps them."""
    publish_office()
    return make.agent()


@pytest.mark.django_db
def test_its_promises_count_from_the_word_that_began_it_and_leave_the_others_alone(agent: Person) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    answered(source, msk("23.11 09:30"), make.actor(agent))
    asked = said(source, msk("23.11 10:00"))
    before = stored(source, "resolution").due_at
    source.refresh_from_db()
    fresh = do(msk("23.11 14:30"), desk.split, source, [asked.pk], actor=make.actor(agent))
    first, solution = stored(fresh, "first_response"), stored(fresh, "resolution")
    assert (first.started_at, first.due_at, first.elapsed) == (msk("23.11 10:00"), msk("23.11 12:00"), 3.5 * HOUR)
    assert (solution.started_at, solution.due_at) == (msk("23.11 10:00"), msk("24.11 10:00"))
    assert (stored(source, "resolution").due_at, stored(source, "next_response").stopped_at) == (before, None)
    answered(fresh, msk("23.11 15:00"), make.actor(agent))
    assert stored(fresh, "first_response").outcome == "breached"
    assert list(verify()) == []


@pytest.mark.django_db
def test_an_answer_that_goes_along_stops_its_first_response_and_merging_back_counts_no_word_twice(
    agent: Person,
) -> None:
    source = do(msk("23.11 09:00"), make.ticket)
    answered(source, msk("23.11 09:30"), make.actor(agent))
    asked = said(source, msk("23.11 10:00"))
    reply = do(msk("23.11 11:00"), desk.reply, source, desk.Content(text="Узнаём"), actor=make.actor(agent))
    again = said(source, msk("23.11 12:00"))
    source.refresh_from_db()
    keys = [asked.pk, reply.pk, again.pk]
    fresh = do(msk("23.11 14:30"), desk.split, source, keys, actor=make.actor(agent))
    assert (stored(fresh, "first_response").elapsed, stored(fresh, "first_response").outcome) == (HOUR, "met")
    assert stored(fresh, "next_response").started_at == msk("23.11 12:00")
    was = [(one.metric, one.cycle, one.started_at, one.stopped_at) for one in source.clocks.order_by("pk")]
    source.refresh_from_db()
    do(msk("23.11 14:40"), desk.merge, fresh, source, actor=make.actor(agent))
    assert [(one.metric, one.cycle, one.started_at, one.stopped_at) for one in source.clocks.order_by("pk")] == was
    assert list(verify()) == []


# -- any conversation, told as if it had been written there ----------------------------------------------------------
WORDS = st.lists(
    st.tuples(
        st.integers(0, 600), st.sampled_from(["customer", "staff"]), st.sampled_from(["human", "auto"]), st.booleans()
    ),
    max_size=8,
)


def told(facts: Sequence[tuple[datetime, Event]]) -> Story:
    actor = Actor(kind="person", id="7")
    return tell(
        SimpleNamespace(fact=fact, kind=fact.kind, at=at, actor=actor, seq=seq, entry=seq, voids=None)  # type: ignore[misc]  # read by names alone
        for seq, (at, fact) in enumerate(facts, 1)
    )


@given(WORDS)
def test_carried_words_read_as_if_they_had_been_written_in_the_new_ticket(
    rows: list[tuple[int, str, str, bool]],
) -> None:
    words, at = [], START
    for place, (gap, side, kind, thanks) in enumerate(rows):
        at += timedelta(seconds=gap)
        words.append((str(place), at, side, kind, thanks and side == "customer"))
    end = at + timedelta(seconds=1)
    created = TicketCreated(
        number=1,
        type="incident",
        origin="human",
        subject="x",
        opened_at=START.isoformat(),
        channel="portal",
        requester=3,
    )
    carried = SplitDone(
        source="s",
        source_number=1,
        ticket="t",
        number=2,
        messages=["first", *(key for key, *_rest in words)],
        opening="first",
        said=[
            ["first", START.isoformat(), "customer", "human", False, 3],
            *([key, at.isoformat(), side, kind, thanks, 7] for key, at, side, kind, thanks in words),
        ],
    )
    written = [
        (at, MessagePublic(message=key, commitment="", side=side, author_kind=kind, is_gratitude=thanks))
        for key, at, side, kind, thanks in words
    ]
    one, other = told([(end, created), (end, carried)]), told([(START, created), *written])
    assert _read(one) == _read(other)
    back = replace(other, merges=[joined_of(extract("t", one))])
    assert _read(joined(back)) == _read(other)


def _read(story: Story) -> list[object]:
    said = sorted(story.said.values(), key=lambda word: word.at)
    cycles = [first_response(story.opened_at, said), *next_responses(story.opened_at, said)]
    cycles += periodic_updates(story.opened_at, said)
    whole = [(one.start.replace(microsecond=0), one.stop and one.stop.replace(microsecond=0)) for one in cycles]
    return [story.opened_at, len(said), *whole]
