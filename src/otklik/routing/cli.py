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

HELD, FINDING = 0, 1


def N_(message: str) -> str:  # noqa: N802  # the customary name of a mark that only makes the text translatable
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``routing simulate``."""
    room = commands.add_parser("routing", help=N_("assignment of tickets to people"))
    deeds = room.add_subparsers(dest="deed", required=True)
    one = deeds.add_parser("simulate", help=N_("let a year pass under the choice, in turns and by the least load"))
    one.add_argument("log", type=Path, help=N_("event log of ServiceNow (UCI 498), .csv or .csv.xz: when tickets come"))
    one.add_argument("--tickets", type=_from_one, default=60_000)
    one.add_argument(
        "--seeds", type=int, nargs="+", default=[7], help=N_("a year for each; the first proves its decisions")
    )
    one.add_argument("--capacity", type=_from_one, default=20, help=N_("points that each person may carry"))
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_simulate, needs="nothing")


def _from_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 or more")
    return number


def _simulate(asked: argparse.Namespace) -> int:
    """Print the figures; 1 where a decision does not come out again from its frozen record."""
    from otklik.routing import acquaintance, world, year

    share, low, high, tickets = acquaintance.measure(asked.log)
    if not asked.json:
        sys.stdout.write(f"acquaintances need {share:.2f} ({low:.2f} to {high:.2f}) of the time, {tickets} tickets\n")
    hours, held = world.arrivals(asked.log), True
    for seed in asked.seeds:
        first = seed == asked.seeds[0]
        for one in year.simulate(hours, count=asked.tickets, seed=seed, capacity=asked.capacity, prove=first):
            sys.stdout.write((json.dumps(asdict(one)) if asked.json else _line(one)) + "\n")
            sys.stdout.flush()
            held = held and one.recomputed == one.decisions
    return HELD if held else FINDING


def _line(one: Figures) -> str:
    parts = " ".join(f"{name} {late}/{count}" for name, (late, count) in one.by_priority.items())
    text = f"seed {one.seed} {one.way:12} late {one.breached} ({parts}), spread {one.spread / 1000:.3f}"
    text += f", below level {one.below}, busy {one.busy / 10:.1f}%"
    return text + (f", recomputed {one.recomputed}/{one.decisions}" if one.decisions else "")
