"""The command that prints the set-up code, while the first administrator is not yet named."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING = 0, 1


def N_(message: str) -> str:  # noqa: N802  # the customary name of a mark that only makes the text translatable
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``setup-code``."""
    parser = commands.add_parser("setup-code", help=N_("print the code with which the first administrator is named"))
    parser.set_defaults(run=_code)


def _code(asked: argparse.Namespace) -> int:
    """Print one line and return 0 while nobody is administrator; say nothing and return 1 afterwards."""
    from django.utils.translation import gettext as _

    from otklik.people import setup

    if not setup.open_now():
        return FINDING
    line = _("Name the first administrator in the browser. From another machine, the set-up code is %(code)s")
    sys.stdout.write(line % {"code": setup.code()} + "\n")
    return HELD
