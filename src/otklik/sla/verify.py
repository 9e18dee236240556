"""Compute clocks anew from the journal and compare them with the stored rows: a difference is never repaired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from otklik import clock
from otklik.journal.timeline import entries_of
from otklik.sla import clocks
from otklik.sla.models import Promise, SlaClock, VerifyRun
from otklik.sla.story import KINDS, tell
from otklik.tickets.models import Ticket

BATCH = 200  # tickets read at once
_CLOCK = ("metric", "cycle", *SlaClock.VALUES)
_PROMISE = tuple(field.attname for field in Promise._meta.concrete_fields if not field.primary_key)


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is stored otherwise than the journal has it."""

    ticket: int
    clock: str
    name: str
    stored: Any
    recomputed: Any

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "ticket": self.ticket,
            "clock": self.clock,
            "name": self.name,
            "stored": _plain(self.stored),
            "recomputed": _plain(self.recomputed),
        }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def verify(numbers: Iterable[int] | None = None) -> Iterator[Difference]:
    """Differences of some tickets, or of all, as they are found."""
    rows = Ticket.objects.order_by("number").values_list("pk", "number")
    if numbers is not None:
        rows = rows.filter(number__in=list(numbers))
    batch: dict[UUID, int] = {}
    for key, number in rows.iterator(chunk_size=BATCH):
        batch[key] = number
        if len(batch) == BATCH:
            yield from _compare(batch)
            batch = {}
    if batch:
        yield from _compare(batch)


def kept(numbers: Iterable[int] | None = None) -> Iterator[Difference]:
    """The same; a run that came to its end is kept with its counts."""
    chosen = None if numbers is None else list(numbers)
    tickets = Ticket.objects.all() if chosen is None else Ticket.objects.filter(number__in=chosen)
    began, count, found = clock.now(), tickets.count(), 0
    for difference in verify(chosen):
        found += 1
        yield difference
    VerifyRun.objects.create(
        began_at=began, ended_at=clock.now(), tickets=count, differences=found, whole=chosen is None
    )


def last_run() -> VerifyRun | None:
    """The newest run over all tickets."""
    return VerifyRun.objects.filter(whole=True).first()


def _compare(batch: dict[UUID, int]) -> Iterator[Difference]:
    told = entries_of("ticket", [str(key) for key in batch], KINDS)
    stored: dict[UUID, dict[tuple[str, int], dict[str, Any]]] = {key: {} for key in batch}
    for row in SlaClock.objects.filter(ticket__in=list(batch)).values("ticket_id", *_CLOCK):
        stored[row.pop("ticket_id")][row["metric"], row["cycle"]] = row
    promises = {row.ticket_id: row for row in Promise.objects.filter(ticket__in=list(batch))}
    for key, number in batch.items():
        story = tell(told[str(key)])
        fresh = clocks.values_of(story)
        yield from _clocks(number, stored[key], {(row["metric"], row["cycle"]): row for row in fresh})
        yield from _promise(
            number, promises.get(key), clocks.promise_of(key, story, [SimpleNamespace(**row) for row in fresh])
        )


def _clocks(
    number: int, stored: dict[tuple[str, int], dict[str, Any]], fresh: dict[tuple[str, int], dict[str, Any]]
) -> Iterator[Difference]:
    for key in sorted({*stored, *fresh}):
        name = f"{key[0]} {key[1]}"
        if key not in stored or key not in fresh:
            yield Difference(number, name, "row", key in stored, key in fresh)
            continue
        was, now = stored[key], fresh[key]
        if was != now:
            yield from (Difference(number, name, each, was[each], now[each]) for each in was if was[each] != now[each])


def _promise(number: int, stored: Promise | None, fresh: Promise) -> Iterator[Difference]:
    if stored is None:
        yield Difference(number, "promise", "row", False, True)
        return
    for name in _PROMISE:
        if getattr(stored, name) != getattr(fresh, name):
            yield Difference(number, "promise", name, getattr(stored, name), getattr(fresh, name))
