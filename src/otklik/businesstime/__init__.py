"""Working time as sums of open spans: pure, exact to the microsecond, no framework and no database."""

from otklik.businesstime.arithmetic import (
    add,
    elapsed,
    is_open,
    last,
    next_close,
    next_open,
    periods,
    prev_close,
    spans,
)
from otklik.businesstime.calendar import Calendar, Exceptions, Period
from otklik.businesstime.composite import Composite, all_of, any_of
from otklik.businesstime.hours import ScheduleError
from otklik.businesstime.timetable import Timetable, Unreachable
from otklik.businesstime.workdays import add_days, count_days, local_date, open_on
from otklik.businesstime.zone import (
    TZDB_VERSION,
    NonexistentTime,
    UnknownZone,
    clock_changes,
    from_wall,
)

__all__ = [
    "TZDB_VERSION",
    "Calendar",
    "Composite",
    "Exceptions",
    "NonexistentTime",
    "Period",
    "ScheduleError",
    "Timetable",
    "UnknownZone",
    "Unreachable",
    "add",
    "add_days",
    "all_of",
    "any_of",
    "clock_changes",
    "count_days",
    "elapsed",
    "from_wall",
    "is_open",
    "last",
    "local_date",
    "next_close",
    "next_open",
    "open_on",
    "periods",
    "prev_close",
    "spans",
]
