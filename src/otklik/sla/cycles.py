"""Which utterances start and stop the metrics of a ticket (domain §4.4): pure, from plain facts in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said on a ticket.

    Args:
        at: effective instant.
        staff: whether a staff member wrote it who is neither requester nor affected person.
        human: False for receipts, autoresponders, rules and survey mails.
        public: whether the requester sees it; a call that reached them and a recorded solution are public.
        gratitude: a customer's "thank you", which waits for no answer.
    """

    at: datetime
    staff: bool
    human: bool = True
    public: bool = True
    gratitude: bool = False

    @property
    def qualifies(self) -> bool:
        """Whether it is a response of the desk to the customer."""
        return self.staff and self.human and self.public

    @property
    def asks(self) -> bool:
        """Whether a person on the customer's side waits for an answer to it."""
        return not self.staff and self.human and self.public and not self.gratitude


@dataclass(frozen=True, slots=True)
class Cycle:
    """One instance of a metric: it starts, and stops or is cancelled."""

    start: datetime
    stop: datetime | None
    cancelled: bool = False


def first_response(opened_at: datetime, said: Iterable[Utterance], *, live: bool = False) -> Cycle:
    """From opening to the first qualifying response; met at once for a ticket logged during a live contact."""
    if live:
        return Cycle(opened_at, opened_at)
    return Cycle(opened_at, next((word.at for word in said if word.qualifies and word.at >= opened_at), None))


def next_responses(
    opened_at: datetime,
    said: Sequence[Utterance],
    *,
    resolved: Sequence[datetime] = (),
    not_needed: Sequence[datetime] = (),
    live: bool = False,
) -> list[Cycle]:
    """One cycle per unanswered run of customer messages after the first response.

    Args:
        resolved: instants of resolution, each of which stops a running cycle.
        not_needed: instants at which an agent declared, with a reason, that no answer is needed.
    """
    first = first_response(opened_at, said, live=live).stop
    if first is None:
        return []
    stops = [(word.at, False) for word in said if word.qualifies and word.at >= first]
    stops += [(at, False) for at in resolved] + [(at, True) for at in not_needed]
    cycles: list[Cycle] = []
    for word in sorted((word for word in said if word.asks and word.at > first), key=lambda word: word.at):
        if cycles and (cycles[-1].stop is None or word.at <= cycles[-1].stop):
            continue
        stop, cancelled = min(((at, void) for at, void in stops if at >= word.at), default=(None, False))
        cycles.append(Cycle(word.at, stop, cancelled))
    return cycles


def periodic_updates(opened_at: datetime, said: Sequence[Utterance], *, ended: datetime | None = None) -> list[Cycle]:
    """From the first response, and then from each qualifying update, to the next; the last one ends with the ticket."""
    updates = sorted(word.at for word in said if word.qualifies and word.at >= opened_at)
    if not updates:
        return []
    return [Cycle(start, stop) for start, stop in zip(updates, [*updates[1:], ended], strict=True)]


def answered_at(asked_at: datetime, said: Iterable[Utterance]) -> datetime | None:
    """When a pause that waits for the requester ends: the first human word of the customer after the question."""
    return min((word.at for word in said if word.at >= asked_at and not word.staff and word.human), default=None)
