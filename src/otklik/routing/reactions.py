"""BOOK: own tables follow the journal. DECIDE: look for somebody whenever a ticket may want one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from otklik.journal.beats import BOOK, DECIDE, reacts, rebuilds
from otklik.journal.chronicle import Chronicle
from otklik.journal.record import Event, Recorded
from otklik.routing import absences, dispatcher, keeping
from otklik.tickets import events as e

ORDER = 20  # after automation


@reacts(to=e.TicketCreated, beat=BOOK)
def note_opened(recorded: Recorded) -> None:
    """The first team."""
    keeping.opened(recorded)


@reacts(to=e.AssignmentChanged, beat=BOOK)
def note_assigned(recorded: Recorded) -> Iterable[Event]:
    """Who got it, and what that says of the proposal."""
    return keeping.assigned(recorded)


@reacts(to=e.StateChanged, beat=BOOK, when=lambda fact: fact.to in keeping.OVER)
def note_over(recorded: Recorded) -> None:
    """Nobody is looked for any more."""
    keeping.moved(recorded)


@rebuilds("ticket")
def read_histories(chronicles: Sequence[Chronicle]) -> None:
    """Tickets whose history came at once."""
    keeping.rebuild(chronicles)


def _wants(fact: Event) -> bool:
    """Facts after which a ticket may want somebody, or somebody else."""
    if isinstance(fact, e.AssignmentChanged):
        return fact.assignee is None
    if isinstance(fact, e.StateChanged):
        return fact.to in ("open", "new") and fact.transition in ("T4", "T8", "T12", "T13")
    if isinstance(fact, e.FieldChanged):
        return fact.field == "service"
    return isinstance(fact, e.TicketCreated | e.PriorityChanged)


@reacts(to=Event, beat=DECIDE, when=_wants, order=ORDER)
def look_for_somebody(recorded: Recorded) -> None:
    """Decide, or decide anew."""
    dispatcher.decide(UUID(recorded.subject.id))


@reacts(
    to=e.MessagePublic,
    beat=DECIDE,
    when=lambda fact: fact.side == "customer" and fact.author_kind == "human" and not fact.description,
    order=ORDER,
)
def customer_wrote(recorded: Recorded) -> None:
    """To somebody who is away for longer: back to the queue."""
    absences.return_to_queue(UUID(recorded.subject.id))
