"""Clocks of histories that come by the side door: bound, read and written for many tickets at once (domain §4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from otklik import clock
from otklik.journal import bulk
from otklik.journal.chronicle import Chronicle
from otklik.journal.record import SYSTEM, Fresh
from otklik.sla.clocks import bind, promise_of, rows_of
from otklik.sla.models import Promise, SlaClock
from otklik.sla.story import KINDS, Story, tell
from otklik.sla.waking import fact_of, overdue


def retell(chronicles: Sequence[Chronicle]) -> None:
    """Bind and keep the clocks of tickets that have none yet; what is bound or told is added to their chronicles.

    What the clocks of an unfinished ticket said before now goes on record with the instants they said it at, and
    nobody is written to about it today.
    """
    now = clock.now().replace(microsecond=0)
    rows: list[SlaClock] = []
    promises: list[Promise] = []
    for chronicle in chronicles:
        story = _heard(chronicle)
        if not story.points:
            continue
        key = UUID(chronicle.subject.id)
        if facts := bind(story):
            chronicle.append(*facts, actor=SYSTEM, at=story.read_at)
            story = _heard(chronicle)
        mine = rows_of(key, story)
        if any(row.wake_at is not None and row.wake_at <= now for row in mine):
            story = _said(chronicle, story, now)
            mine = rows_of(key, story)
        rows += mine
        promises.append(promise_of(key, story, mine))
    bulk.insert(rows)
    bulk.insert(promises)


def _heard(chronicle: Chronicle) -> Story:
    return tell([one for one in chronicle.told if one.kind in KINDS])


def _said(chronicle: Chronicle, story: Story, now: datetime) -> Story:
    facts = [Fresh(fact=fact_of(alarm, one), at=alarm.at) for alarm, one in overdue(story, now)]
    chronicle.append(*facts, actor=SYSTEM)
    return _heard(chronicle)
