"""The command ``otklik``: what it offers, and how a room adds to it.

A room adds commands by a file ``cli.py`` with ``add_parsers(commands)``; it imports nothing heavy at its head, so that
``otklik --help`` never loads Django. Each parser sets ``run`` (a function of the parsed arguments that returns an exit
code: 0 held, 1 a finding, 2 wrong usage) and may set ``needs`` (the name of a need in ``otklik.ops.ground``; by default
everything), ``refusal`` (the exit code where that need cannot be met) and ``patient`` (it waits for its database by
itself). Its help is written in English and put into the operator's language here.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from otklik import __version__
from otklik.ops.ground import Needs, prepare
from otklik.ops.words import _

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING, WRONG_USAGE, STOPPED = 0, 1, 2, 130

SOURCE = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        parser = build()
        asked = parser.parse_args(arguments)
        if not hasattr(asked, "run"):
            parser.print_help(sys.stderr)
            return WRONG_USAGE
        return _run(asked)
    except KeyboardInterrupt:
        print(_("Stopped before the end: run the command again."), file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDING


def _run(asked: argparse.Namespace) -> int:
    """Bring up what the command stands on, and run it; what an operator can mend is told in one sentence."""
    try:
        prepare(Needs(getattr(asked, "needs", Needs.DATABASE)), patient=getattr(asked, "patient", False))
        code: int | None = asked.run(asked)
    except BrokenPipeError:
        raise
    except Exception as problem:
        from otklik.ops.telling import told

        found = told(problem)
        if found is None:
            raise
        print(found[0], file=sys.stderr)
        return int(getattr(asked, "refusal", found[1]))  # a mail server must be told to try again
    return code or HELD


def build() -> argparse.ArgumentParser:
    """The parser with the commands of every room."""
    parser = argparse.ArgumentParser(prog="otklik", description=_("An IT service desk that answers."))
    parser.add_argument("--version", action="version", version=f"Otklik {__version__}")
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND")
    for module in ("otklik.ops.commands", *rooms_with_commands()):
        add: Callable[[Commands], None] = importlib.import_module(module).add_parsers
        add(commands)
    _say(parser)
    return parser


def _say(parser: argparse.ArgumentParser) -> None:
    """Put the help of a parser and of those below it into the operator's language."""
    for action in parser._actions:
        action.help = _(action.help) if action.help else action.help
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                choice.help = _(choice.help) if choice.help else choice.help
            for below in set(action.choices.values()):
                _say(below)


def rooms_with_commands() -> list[str]:
    """Modules named ``cli`` in the rooms, by name."""
    found = [*SOURCE.glob("*/cli.py"), *SOURCE.glob("*/*/cli.py")]
    names = [".".join(("otklik", *file.relative_to(SOURCE).with_suffix("").parts)) for file in found]
    return sorted(name for name in names if name != __name__ and not name.endswith("ops.cli"))
