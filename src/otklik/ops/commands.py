"""The house's own commands: run it, migrate it, ask how it is."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from otklik.ops.ground import Needs
from otklik.ops.words import _

if TYPE_CHECKING:
    from otklik.ops.cli import Commands


def add_parsers(commands: Commands) -> None:
    """Add the commands of this file."""
    migrate = commands.add_parser("migrate", help=_("bring the database to this version"))
    migrate.set_defaults(run=_migrate, needs=Needs.NOTHING)


def _migrate(asked: argparse.Namespace) -> int:
    os.environ["OTKLIK_ROLE"] = "owner"
    from otklik.ops import migration

    return migration.run()
