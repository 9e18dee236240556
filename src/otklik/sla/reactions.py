"""BOOK: every fact that starts, stops, rests or moves a clock is read in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterable

from otklik.journal.beats import BOOK, reacts, rebuilds
from otklik.journal.record import Event, Recorded, Subject
from otklik.sla import clocks
from otklik.sla.working import calendar_for
from otklik.tickets import events as e
from otklik.tickets import worktime

MATTERS: tuple[type[Event], ...] = (
    e.TicketCreated,
    e.FieldChanged,
    e.TypeChanged,
    e.PriorityChanged,
    e.StateChanged,
    e.MessagePublic,
    e.MessageAccepted,
    e.CallLogged,
    e.SolutionRecorded,
    e.AssignmentChanged,
    e.ReopenDone,
    e.ServiceRestored,
    e.AlertRecovered,
    e.ResponseNotNeeded,
    e.UpdatePromised,
)


@reacts(to=Event, when=lambda fact: isinstance(fact, MATTERS), beat=BOOK)
def read_clocks(recorded: Recorded) -> Iterable[Event]:
    """Bind and read the clocks of the ticket."""
    return clocks.hear(recorded)


@rebuilds("ticket")
def read_clocks_of_history(subject: Subject) -> None:
    """The clocks of a ticket whose history came at once."""
    clocks.rebuild(subject)


worktime.offer(calendar_for)
