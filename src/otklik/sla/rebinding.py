"""What a version of an agreement gives to many tickets: their stories read together, choices remembered (§4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from otklik.journal.timeline import entries_of
from otklik.sla import binding
from otklik.sla.binding import Selected, newest_versions, row_of, select
from otklik.sla.history import Mode
from otklik.sla.models import Agreement, AgreementVersion
from otklik.sla.selection import Terms
from otklik.sla.story import KINDS, Story, tell


def stories(keys: Iterable[UUID]) -> dict[UUID, Story]:
    """The stories of many tickets, in one question."""
    keys = list(keys)
    told = entries_of("ticket", [str(key) for key in keys], KINDS)
    return {key: tell(told[str(key)]) for key in keys}


class Rebinding:
    """The bindings that the targets of one agreement, stored or drafted, give to tickets as they are now."""

    def __init__(self, agreement: Agreement, terms: Sequence[Terms], mode: Mode) -> None:
        self.terms, self.mode = list(terms), mode
        self.own = set(agreement.versions.values_list("pk", flat=True))
        self.known = binding.published()
        self._chosen: dict[Any, dict[str, tuple[Selected, int]]] = {}
        self._others: dict[Any, list[Terms]] = {}

    def rows(self, story: Story) -> list[dict[str, Any]]:
        """Bindings for the metrics that the agreement changes; none where a metric is bound like that already."""
        held = {one.metric: one for one in story.bound}
        rows = []
        for metric, (one, pin) in self._choices(story).items():
            was, won = held.get(metric), one.choice.won
            assert won is not None
            same = was and (was.value, was.unit) == (won.value, won.unit)
            if was and same and binding.calendar_of_version(was.calendar) == one.calendar and was.target == won.id:
                continue
            rows.append(row_of(metric, won, pin, self.mode))
        return rows

    def _choices(self, story: Story) -> dict[str, tuple[Selected, int]]:
        """What the agreement wins for tickets like this one, with the version of the calendar to be pinned."""
        point = story.points[-1]
        rivals, others = self._rivals(story)
        alike = (rivals, point.organisation, point.service, point.type, point.priority, point.team, point.place)
        if alike not in self._chosen:
            chosen = select([*others, *self.terms], point)
            pins = newest_versions(one.calendar for one in chosen.values() if one.calendar)
            self._chosen[alike] = {
                metric: (one, pins[one.calendar])
                for metric, one in chosen.items()
                if one.calendar is not None and one.choice.won in self.terms
            }
        return self._chosen[alike]

    def _rivals(self, story: Story) -> tuple[Any, list[Terms]]:
        """Targets of other agreements that hold for the ticket, under a name for their versions."""
        held = frozenset(one.version for one in story.bound if one.target is not None)
        begun = frozenset(row.pk for row in self.known.versions if _holds(row, story))
        if (held, begun) not in self._others:
            targets = binding.in_force_for(story, self.known)
            self._others[held, begun] = [one for one in targets if one.version not in self.own]
        return (held, begun), self._others[held, begun]


def _holds(row: AgreementVersion, story: Story) -> bool:
    return row.valid_from <= story.opened_at and (row.valid_to is None or row.valid_to > story.opened_at)
