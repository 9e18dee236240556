"""Telling what clocks say: warnings, breaches and steps of the ladder, each once, at the instant that the clock names.

The scheduler only wakes. What is told, and with which instant, comes from the journal alone, so that a day of silence
delays the words and changes none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from otklik import clock
from otklik.journal.record import SYSTEM, Subject
from otklik.sla.clocks import BREACH, Alarm, keep, to_tell, woken_at
from otklik.sla.events import SlaBreached, SlaEscalated, SlaFact, SlaWarned
from otklik.sla.models import SlaClock
from otklik.sla.reading import Clock, clocks_of, story_of
from otklik.sla.story import Story
from otklik.tickets import desk
from otklik.tickets.models import Ticket

BATCH = 500  # clocks of one look; the rest follows a minute later


def due_now(limit: int = BATCH) -> Sequence[UUID]:
    """Tickets with a clock that has something to say, the longest waiting first."""
    now = clock.now()
    rows = SlaClock.objects.filter(wake_at__lte=now).order_by("wake_at").values_list("ticket_id", flat=True)
    return list(dict.fromkeys(rows[:limit]))


@transaction.atomic
def wake(key: UUID) -> int:
    """Tell everything about one ticket that is due to be told; returns how many facts that made."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    now = clock.now().replace(microsecond=0)
    subject = Subject(kind="ticket", id=str(ticket.pk))
    story = story_of(subject)
    facts = [fact_of(alarm, one) for alarm, one in overdue(story, now)]
    if facts:
        desk.move_on(ticket, *facts, actor=SYSTEM)
    keep(key, story_of(subject))
    return len(facts)


def overdue(story: Story, now: datetime) -> list[tuple[Alarm, Clock]]:
    """What the clocks of a ticket should have told by an instant and have not, in order."""
    pending = [
        (alarm, one) for one in clocks_of(story, now) for alarm in to_tell(story, one, now) if woken_at(alarm) <= now
    ]
    return sorted(pending, key=lambda pair: pair[0].at)


def fact_of(alarm: Alarm, one: Clock) -> SlaFact:
    """The fact that tells an alarm."""
    kind: type[SlaWarned] = SlaWarned
    if alarm.threshold == BREACH:
        kind = SlaBreached
    elif alarm.step.get("percent", 0) > 100:
        kind = SlaEscalated
    more = {"cause": one.reading.breach_cause or "work"} if kind is SlaBreached else {}
    due: datetime | None = one.reading.due_at
    return kind(
        metric=one.metric,
        cycle=one.instance.cycle,
        threshold=alarm.threshold,
        binding=alarm.binding,
        at=alarm.at.isoformat(),
        due=due.isoformat() if due else None,
        elapsed=int(one.reading.elapsed),
        step=alarm.step,
        **more,
    )
