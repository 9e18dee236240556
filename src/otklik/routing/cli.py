"""The command ``routing simulate``: a year of a desk under three ways to assign."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otklik.routing.year import Figures

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING, USAGE = 0, 1, 2


def N_(message: str) -> str:  # noqa: N802  # the customary name of a mark that only makes the text translatable
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``routing simulate``."""
    room = commands.add_parser("routing", help=N_("assignment of tickets to people"))
    deeds = room.add_subparsers(dest="deed", required=True)
    one = deeds.add_parser("simulate", help=N_("let a year pass under the choice, in turns and by the least load"))
    one.add_argument("log", type=Path, help=N_("event log of ServiceNow (UCI 498), .csv or .csv.xz: when tickets come"))
    one.add_argument("--tickets", type=int, default=60_000)
    one.add_argument("--seed", type=int, default=7)
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_simulate, needs="nothing")


def _simulate(asked: argparse.Namespace) -> int:
    """Print the figures; 1 where a decision does not come out again from its frozen record."""
    from otklik.routing import year

    if not asked.log.is_file() or asked.tickets < 1:
        return USAGE
    found = year.simulate(year.arrivals(asked.log), count=asked.tickets, seed=asked.seed)
    for one in found:
        sys.stdout.write((json.dumps(asdict(one)) if asked.json else _line(one)) + "\n")
    return HELD if all(one.recomputed == one.decisions for one in found) else FINDING


def _line(one: Figures) -> str:
    parts = " ".join(f"{name} {late}/{count}" for name, (late, count) in one.by_priority.items())
    text = f"{one.way:13} late {one.breached} ({parts}), spread {one.spread / 1000:.3f}, below level {one.below}"
    return text + (f", recomputed {one.recomputed}/{one.decisions}" if one.decisions else "")
