"""What a publication would do to every running clock: was due, becomes due, late at once; nothing is written (§4.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet

from otklik import clock
from otklik.jobs import enqueue
from otklik.sla import binding
from otklik.sla.binding import terms_from
from otklik.sla.history import Mode
from otklik.sla.instances import instances
from otklik.sla.models import Agreement, PreviewRun, SlaClock, Target
from otklik.sla.publishing import content
from otklik.sla.reading import Clock, clocks_of, runs
from otklik.sla.rebinding import Rebinding, stories
from otklik.sla.selection import Terms
from otklik.sla.story import Story, bound_of
from otklik.sla.targets import read
from otklik.tickets.models import Ticket

SHOWN = 200  # clocks that a preview names, those due first; the counts are of all
BATCH = 1000  # tickets whose journals are read at once

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Move:
    """One running clock: what was due, what becomes due, and whether it would be late at once."""

    number: int
    subject: str
    priority: str
    metric: str
    was: datetime | None
    becomes: datetime | None
    late_at_once: bool

    @property
    def earlier(self) -> bool:
        """The date comes nearer."""
        return self.was is not None and self.becomes is not None and self.becomes < self.was

    def data(self) -> list[Any]:
        """As JSON values."""
        days = [day.isoformat() if day else None for day in (self.was, self.becomes)]
        return [self.number, self.subject, self.priority, self.metric, *days, self.late_at_once]

    @classmethod
    def from_data(cls, told: Sequence[Any]) -> Move:
        """The move read back."""
        was, becomes = (datetime.fromisoformat(day) if day else None for day in told[4:6])
        return cls(told[0], told[1], told[2], told[3], was, becomes, told[6])


@dataclass(slots=True)
class Preview:
    """What a publication would do: of ``running`` clocks in all ``same`` and ``moved`` ones were read so far."""

    running: int
    moves: list[Move] = field(default_factory=list)  # the first SHOWN that move
    same: int = 0
    moved: int = 0
    earlier: int = 0
    late: int = 0

    @property
    def read(self) -> int:
        """How many clocks were read."""
        return self.same + self.moved

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        counts = {name: getattr(self, name) for name in ("running", "same", "moved", "earlier", "late")}
        return counts | {"moves": [move.data() for move in self.moves]}

    @classmethod
    def from_data(cls, told: Mapping[str, Any]) -> Preview:
        """The preview read back."""
        return cls(**{**told, "moves": [Move.from_data(one) for one in told["moves"]]})

    @property
    def whole(self) -> bool:
        """Every running clock was read."""
        return self.read >= self.running


def running(agreement: Agreement) -> QuerySet[SlaClock]:
    """Clocks that are not over, bound to any version of an agreement."""
    versions = list(agreement.versions.values_list("pk", flat=True))
    return SlaClock.objects.filter(agreement_version__in=versions, stopped_at=None)


def preview(
    agreement: Agreement,
    drafts: Sequence[Target],
    mode: Mode,
    *,
    limit: int | None = None,
    progress: Callable[[Preview], None] = lambda told: None,
) -> Preview:
    """Read the running clocks under unsaved targets, those due first, all or those of ``limit`` tickets."""
    now = clock.now().replace(microsecond=0)
    told = Preview(running(agreement).count())
    terms = [replace(terms_from(target), id=-number) for number, target in enumerate(drafts, 1)]
    rebinding = Rebinding(agreement, terms, mode)
    order = running(agreement).order_by("due_at", "pk").values_list("ticket_id", flat=True)
    keys = list(dict.fromkeys(order))[:limit]
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        found = list(_moves(batch, agreement, rebinding, now))
        _count(told, found)
        progress(told)
    return told


def _count(told: Preview, found: Sequence[tuple[UUID, str, datetime | None, datetime | None, bool]]) -> None:
    shown: list[tuple[UUID, str, datetime | None, datetime | None, bool]] = []
    for key, metric, was, becomes, late in found:
        if was == becomes and not late:
            told.same += 1
            continue
        told.moved += 1
        told.late += late
        told.earlier += was is not None and becomes is not None and becomes < was
        if len(told.moves) + len(shown) < SHOWN:
            shown.append((key, metric, was, becomes, late))
    named = Ticket.objects.in_bulk({key for key, *_ in shown}) if shown else {}
    for key, metric, was, becomes, late in shown:
        ticket = named[key]
        told.moves.append(Move(ticket.number, ticket.subject, ticket.priority, metric, was, becomes, late))


def _moves(
    batch: Sequence[UUID], agreement: Agreement, rebinding: Rebinding, now: datetime
) -> Iterator[tuple[UUID, str, datetime | None, datetime | None, bool]]:
    """(ticket, metric, was due, becomes due, late at once) of every running clock of some tickets."""
    stored: dict[UUID, list[dict[str, Any]]] = {key: [] for key in batch}
    names = ("ticket_id", "metric", "cycle", "state", "due_at", "breach_at", "breached_at")
    for row in running(agreement).filter(ticket__in=batch).values(*names):
        stored[row["ticket_id"]].append(row)
    told = stories(batch)
    for key in batch:
        story, rows = told[key], rebinding.rows(told[key])
        was = _was(story, stored[key], now)
        becomes = after(story, rows, rebinding.terms, now) if rows else {}
        changed = {row["metric"] for row in rows}
        for (metric, cycle), (due, late) in was.items():
            one = becomes.get((metric, cycle))
            if metric not in changed or one is None:
                yield key, metric, due, due, False
            else:
                yield key, metric, due, one.reading.due_at, bool(one.reading.breached_at and not late)


def _was(story: Story, rows: Sequence[dict[str, Any]], now: datetime) -> dict[Key, tuple[datetime | None, bool]]:
    """Due, and whether it is late already, of clocks as stored: a running one moves no due, a resting one does."""
    resting = any(row["state"] == "paused" for row in rows)
    shown = {one.key: one.reading for one in clocks_of(story, now)} if resting else {}
    found = {}
    for row in rows:
        key = (row["metric"], row["cycle"])
        due = shown[key].due_at if key in shown else row["due_at"]
        passed = runs(row["state"]) and row["breach_at"] is not None and now > row["breach_at"]
        found[key] = (due, row["breached_at"] is not None or passed)
    return found


def after(story: Story, rows: Sequence[dict[str, Any]], drafts: Sequence[Terms], now: datetime) -> dict[Key, Clock]:
    """The clocks of the metrics of new bindings, as they would read from now on."""
    metrics = {row["metric"] for row in rows}
    known = {terms.id: terms for terms in drafts}
    bound = [one for one in story.bound if one.metric in metrics] + [bound_of(row, now) for row in rows]
    found = instances(
        replace(story, bound=bound),
        lambda one: known[one.target] if one.target in known else binding.terms_of(one),
        binding.calendar_of,
    )
    clocks = [Clock(one, read(one.history, now)) for one in found]
    return {one.key: one for one in clocks if runs(one.reading.state) or one.reading.state == "paused"}


# -- by a job, where the page cannot wait ----------------------------------------------------------------------------
KEPT = timedelta(days=1)  # of runs that nobody will ask for any more


def begin(agreement: Agreement, drafts: Sequence[Target], mode: Mode) -> PreviewRun:
    """Let a job read every running clock; earlier runs of a day ago are forgotten."""
    now = clock.now()
    PreviewRun.objects.filter(begun_at__lt=now - KEPT).delete()
    contents = [content(target) for target in drafts]
    told = Preview(running(agreement).count()).data()
    run = PreviewRun.objects.create(agreement=agreement, drafts=contents, mode=mode, told=told, begun_at=now)
    enqueue("sla.preview", {"run": run.pk})
    return run


def go(pk: int) -> None:
    """Read every clock for a run; what is found is kept batch by batch, so that a page may show it."""
    run = PreviewRun.objects.select_related("agreement").filter(pk=pk, ended_at=None).first()
    if run is None:
        return
    drafts = [Target(**values) for values in run.drafts]
    told = preview(run.agreement, drafts, cast(Mode, run.mode), progress=lambda told: _keep(pk, told))
    _keep(pk, told, ended_at=clock.now())


def _keep(pk: int, told: Preview, **values: Any) -> None:
    PreviewRun.objects.filter(pk=pk).update(told=told.data(), **values)
