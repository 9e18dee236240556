"""Who reacts to a fact, and in which beat.

* BOOK: in the same transaction, own tables only; may return further facts for the same subject.
* DECIDE: a job, one ticket at a time; may command.
* TELL: a job; what leaves the house (notices, webhooks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from otklik.jobs import Job, enqueue_all, task

if TYPE_CHECKING:
    from otklik.journal.chronicle import Chronicle
    from otklik.journal.record import Event, Recorded

BOOK, DECIDE, TELL = "book", "decide", "tell"
Handler = Callable[["Recorded"], Any]
Rebuilder = Callable[["Sequence[Chronicle]"], Any]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of a room that wants to hear of facts of one type."""

    name: str
    to: type[Event]
    when: Callable[[Any], bool]
    beat: str
    order: int
    handle: Handler


_reactions: dict[str, Reaction] = {}
_rebuilders: list[tuple[str, Rebuilder]] = []


def reacts(
    *, to: type[Event], beat: str, when: Callable[[Any], bool] = lambda fact: True, order: int = 50
) -> Callable[[Handler], Handler]:
    """Register a reaction. ``to=Event`` hears every fact; ``when`` is asked at record time, with the fact.

    A BOOK handler gets the ``Recorded`` and may return facts (an iterable) to append to the same subject. A DECIDE or
    TELL handler runs later as a job, in one transaction with the job's end; ``order`` sorts DECIDE reactions of one
    fact (automation 10, routing 20).
    """

    def register(handle: Handler) -> Handler:
        name = f"{handle.__module__.removeprefix('otklik.').removesuffix('.reactions')}.{handle.__name__}"
        _reactions[name] = Reaction(name, to, when, beat, order, handle)
        return handle

    return register


def rebuilds(kind: str) -> Callable[[Rebuilder], Rebuilder]:
    """Register a function that computes a room's own rows for subjects whose history came by the side door.

    It gets their chronicles, all of one kind and not yet written; it writes its rows and may append facts.
    """

    def register(rebuild: Rebuilder) -> Rebuilder:
        _rebuilders.append((kind, rebuild))
        return rebuild

    return register


def rebuild(kind: str, chronicles: Sequence[Chronicle]) -> None:
    """Let every room compute its rows for these subjects, once, when their histories are told."""
    for wanted, function in _rebuilders:
        if wanted == kind:
            function(chronicles)


def _hear(recorded: Recorded, beats: Sequence[str]) -> Iterable[Reaction]:
    wanted = [
        reaction
        for reaction in _reactions.values()
        if reaction.beat in beats and isinstance(recorded.fact, reaction.to) and reaction.when(recorded.fact)
    ]
    return sorted(wanted, key=lambda reaction: (reaction.order, reaction.name))


def book(recorded: Recorded) -> list[Event]:
    """Run the BOOK reactions to an entry; the facts they return are to be appended to the same subject."""
    facts: list[Event] = []
    for reaction in _hear(recorded, (BOOK,)):
        facts += reaction.handle(recorded) or ()
    return facts


def enqueue(told: Sequence[Recorded]) -> None:
    """Write one job for each reaction that must hear of these entries, in the caller's transaction."""
    orders = []
    for recorded in told:
        for reaction in _hear(recorded, (DECIDE, TELL)):
            key = str(recorded.subject) if reaction.beat == DECIDE else f"tell:{recorded.subject}"
            told_to = {"entry": recorded.entry, "reaction": reaction.name}
            orders.append((f"journal.{reaction.beat}", told_to, key))
    enqueue_all(orders)


def _react(entry: int, reaction: str) -> None:
    from otklik.journal import record

    recorded = record.one(entry)
    with record.because_of(recorded):
        _reactions[reaction].handle(recorded)


@task("journal.decide", lane="decide")
def decide(job: Job, *, entry: int, reaction: str) -> None:
    """Run one DECIDE reaction to one entry."""
    _react(entry, reaction)


@task("journal.tell", lane="tell")
def tell(job: Job, *, entry: int, reaction: str) -> None:
    """Run one TELL reaction to one entry."""
    _react(entry, reaction)
