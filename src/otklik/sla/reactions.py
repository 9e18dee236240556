"""BOOK: every fact that starts, stops, rests or moves a clock is read in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otklik.calendars.models import CalendarVersion
from otklik.journal.beats import BOOK, DECIDE, reacts, rebuilds
from otklik.journal.chronicle import Chronicle
from otklik.journal.events import ConfigPublished
from otklik.journal.record import Event, Recorded
from otklik.sla import clocks, moving, retelling
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
    e.MergeDone,
    e.MergeVoided,
    e.SplitDone,
)


@reacts(to=Event, when=lambda fact: isinstance(fact, MATTERS), beat=BOOK)
def read_clocks(recorded: Recorded) -> Iterable[Event]:
    """Bind and read the clocks of the ticket."""
    return clocks.hear(recorded)


@rebuilds("ticket")
def read_clocks_of_histories(chronicles: Sequence[Chronicle]) -> None:
    """The clocks of tickets whose histories came at once; what they said back then goes on record, and no further."""
    retelling.retell(chronicles)


@reacts(to=ConfigPublished, when=lambda fact: fact.name.startswith("calendar:"), beat=DECIDE)
def follow_calendar(recorded: Recorded) -> None:
    """Running clocks follow a version that changes only dates to come; a correction moves nothing by itself."""
    fact = recorded.fact
    assert isinstance(fact, ConfigPublished)
    code = fact.name.partition(":")[2]
    version = CalendarVersion.objects.select_related("calendar").get(calendar__code=code, number=fact.version)
    if version.kind == CalendarVersion.Kind.PROSPECTIVE:
        moving.enqueue_recalendar(version)


worktime.offer(calendar_for)
