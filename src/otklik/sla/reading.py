"""Clocks as they read at an instant, from the journal of their ticket alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from otklik.journal.record import Recorded, Subject
from otklik.journal.timeline import entries
from otklik.sla import binding
from otklik.sla.instances import Instance, instances
from otklik.sla.story import KINDS, Story, tell
from otklik.sla.targets import Reading, read


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it reads at an instant."""

    instance: Instance
    reading: Reading

    @property
    def key(self) -> tuple[str, int]:
        """Metric and cycle."""
        return self.instance.metric, self.instance.cycle

    @property
    def metric(self) -> str:
        """What it measures."""
        return self.instance.metric


def story_of(subject: Subject, told: Sequence[Recorded] | None = None) -> Story:
    """What the journal tells the clocks of a ticket; one question, none where its whole journal is at hand."""
    if told is not None:
        return tell([one for one in told if one.kind in KINDS])
    return tell(entries(subject, kinds=KINDS))


def clocks_of(story: Story, now: datetime | None = None, metrics: Collection[str] | None = None) -> list[Clock]:
    """Clocks of a ticket, all or of some metrics, as they read at an instant, by default at its last relevant fact."""
    moment = now.replace(microsecond=0) if now else story.read_at
    if metrics is not None:
        story = replace(story, bound=[one for one in story.bound if one.metric in metrics])
    found = instances(story, binding.terms_of, binding.calendar_of)
    return [Clock(one, read(one.history, moment)) for one in found]


def runs(state: str) -> bool:
    """Whether a clock goes on by itself."""
    return state in {"running", "out_of_hours"}
