"""``otklik sla due | elapsed | clock | explain | verify``: the sums of the stored clocks, for anyone to check."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otklik.businesstime import Timetable

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING, WRONG_USAGE = 0, 1, 2


def gettext_noop(message: str) -> str:
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``sla`` and its commands."""
    parser = commands.add_parser("sla", help=gettext_noop("sums of business time and clocks that anyone can check"))
    kinds = parser.add_subparsers(metavar="COMMAND", required=True)

    due = kinds.add_parser("due", help=gettext_noop("when a target that starts at an instant is due"))
    due.add_argument("start", help=gettext_noop("instant; without an offset in the calendar's zone"))
    due.add_argument("target", help=gettext_noop("amount such as 4h, 90m, 3bd or seconds"))
    _add_calendar(due)
    due.set_defaults(run=_due, needs="nothing")

    elapsed = kinds.add_parser("elapsed", help=gettext_noop("open time between two instants"))
    elapsed.add_argument("start", help=gettext_noop("instant; without an offset in the calendar's zone"))
    elapsed.add_argument("end", help=gettext_noop("instant; without an offset in the calendar's zone"))
    _add_calendar(elapsed)
    elapsed.set_defaults(run=_elapsed, needs="nothing")

    clock = kinds.add_parser("clock", help=gettext_noop("read clocks from a JSON file"))
    clock.add_argument("file", help=gettext_noop("a list of clocks; - is standard input"))
    clock.add_argument("--explain", action="store_true", help=gettext_noop("add state, instances and segments"))
    clock.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))
    clock.set_defaults(run=_clock, needs="nothing")

    explain = kinds.add_parser("explain", help=gettext_noop("how the clocks of a ticket are counted, in words"))
    explain.add_argument("number", type=int, help=gettext_noop("number of the ticket"))
    explain.add_argument("--language", default="", help=gettext_noop("ru or en; by default that of the desk"))
    explain.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))
    explain.set_defaults(run=_explain)

    verify = kinds.add_parser("verify", help=gettext_noop("compute clocks anew from the journal and compare"))
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument("numbers", type=int, nargs="*", default=[], help=gettext_noop("numbers of tickets"))
    which.add_argument("--all", action="store_true", help=gettext_noop("every ticket"))
    verify.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))
    verify.set_defaults(run=_verify)


class _OfThisDesk(argparse.Action):
    """Only a calendar that is stored needs the database."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, values)
        namespace.needs = "database"


def _add_calendar(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--schedule", metavar="FILE", help=gettext_noop("a schedule as JSON: a file, or - for standard input")
    )
    which.add_argument(
        "--calendar", metavar="CODE", action=_OfThisDesk, help=gettext_noop("code of a calendar of this desk")
    )
    parser.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))


def _due(asked: argparse.Namespace) -> int:
    from otklik.sla import clockfile

    return _print(asked, lambda: clockfile.due(_calendar(asked), asked.start, asked.target))


def _elapsed(asked: argparse.Namespace) -> int:
    from otklik.sla import clockfile

    return _print(asked, lambda: clockfile.elapsed(_calendar(asked), asked.start, asked.end))


def _clock(asked: argparse.Namespace) -> int:
    from otklik.sla import clockfile

    def read() -> list[dict[str, Any]]:
        items = _json(asked.file)
        if not isinstance(items, list) or len(items) > clockfile.MAX_CLOCKS:
            raise clockfile.ClockFileError("a list of clocks")
        return clockfile.clock(items, explain=asked.explain)

    return _print(asked, read)


def _explain(asked: argparse.Namespace) -> int:
    from django.utils.translation import get_language, override

    from otklik.sla import explain
    from otklik.tickets.models import Ticket

    ticket = Ticket.objects.filter(number=asked.number).first()
    if ticket is None:
        return _unknown([asked.number])
    with override(asked.language or get_language()):
        found = explain.of(ticket)
        if asked.json:
            sys.stdout.write(json.dumps([explain.data(one) for one in found], ensure_ascii=False) + "\n")
            return HELD
        for one in found:
            sys.stdout.write(f"{one.name} {one.cycle}: {one.rule}\n")
            for step in one.steps:
                sys.stdout.write(f"    {step.when}  {step.what}  {step.amount_words}\n")
            sys.stdout.write(f"    {' '.join(one.conclusion)}\n")
    return HELD


def _verify(asked: argparse.Namespace) -> int:
    """Print every difference; 1 where there is one. What was found is kept, so that reports can name it."""
    from otklik.sla import verify
    from otklik.tickets.models import Ticket

    known = set(Ticket.objects.filter(number__in=asked.numbers).values_list("number", flat=True))
    if missing := [number for number in asked.numbers if number not in known]:
        return _unknown(missing)
    found = []
    for difference in verify.kept(None if asked.all else asked.numbers):
        found.append(difference.data())
        if not asked.json:
            sys.stdout.write("  ".join(f"{name}={value}" for name, value in found[-1].items()) + "\n")
    if asked.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return FINDING if found else HELD


def _unknown(numbers: list[int]) -> int:
    from django.utils.translation import gettext as _

    named = ", ".join(map(str, numbers))
    sys.stderr.write(_("No ticket has the number %(numbers)s: look at its page.") % {"numbers": named} + "\n")
    return WRONG_USAGE


def _calendar(asked: argparse.Namespace) -> Timetable:
    from otklik.businesstime import Calendar

    if asked.schedule:
        return Calendar.from_schedule(_json(asked.schedule))
    from django.utils.translation import gettext as _

    from otklik.calendars import shelf

    try:
        return shelf.calendar_named(asked.calendar)
    except shelf.NoSuchCalendar as unknown:
        words = _("There is no calendar with the code “%(code)s”: look at the calendars in the settings.")
        raise ValueError(words % {"code": asked.calendar}) from unknown


def _json(name: str) -> Any:
    return json.loads(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8"))


def _print(asked: argparse.Namespace, read: Any) -> int:
    """Print an answer as JSON, or as lines for a person; what cannot be read is wrong usage, a file the house tells."""
    try:
        found = read()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
    if asked.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return HELD
    for item in found if isinstance(found, list) else [found]:
        sys.stdout.write("  ".join(f"{name}={value}" for name, value in item.items() if name != "segments") + "\n")
        for segment in item.get("segments", ()):
            sys.stdout.write("    " + "  ".join(str(value) for value in segment.values()) + "\n")
    return HELD
