"""The house's own commands: run it, stop it, migrate it, ask how it is."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from otklik.ops.ground import Needs
from otklik.ops.words import _

if TYPE_CHECKING:
    from otklik.ops.cli import Commands


PROFILES = ("ru", "intl")


def add_parsers(commands: Commands) -> None:
    """Add the commands of this file."""
    up = commands.add_parser("up", help=_("run the database, the web and the worker until Ctrl-C"))
    up.set_defaults(run=_up, needs=Needs.NOTHING)
    stop = commands.add_parser("stop", help=_("stop the embedded database"))
    stop.set_defaults(run=_stop, needs=Needs.NOTHING)
    web = commands.add_parser("web", help=_("serve pages and live events"))
    web.set_defaults(run=_web, needs=Needs.SERVER)
    worker = commands.add_parser("worker", help=_("run the jobs"))
    worker.set_defaults(run=_worker, needs=Needs.DATABASE, patient=True)
    migrate = commands.add_parser("migrate", help=_("bring the database to this version"))
    migrate.add_argument("--init", default="", choices=PROFILES, help=_("and lay out what a new desk starts with"))
    migrate.set_defaults(run=_migrate, needs=Needs.NOTHING)
    init = commands.add_parser("init", help=_("lay out calendars, agreements, teams and services"))
    init.add_argument("--profile", required=True, choices=PROFILES, help=_("Russian or international"))
    init.set_defaults(run=_init, needs=Needs.DATABASE)
    demo = commands.add_parser("demo", help=_("fill a database of its own with an invented clinic"))
    demo.add_argument("--reset", action="store_true", help=_("throw the demo away first"))
    demo.set_defaults(run=_demo, needs=Needs.NOTHING)
    health = commands.add_parser("health", help=_("say what is well and what is not"))
    health.add_argument("--json", action="store_true", help=_("for programs"))
    health.add_argument("--invariants", action="store_true", help=_("and compute what must hold from the data; slow"))
    health.set_defaults(run=_health, needs=Needs.DJANGO)
    _add_journal(commands)


def _add_journal(commands: Commands) -> None:
    journal = commands.add_parser("journal", help=_("the record of everything that happened"))
    kinds = journal.add_subparsers(metavar="COMMAND", required=True)
    verify = kinds.add_parser("verify", help=_("prove that no entry was changed, added or taken out by hand"))
    verify.add_argument("--json", action="store_true", help=_("for programs"))
    verify.set_defaults(run=_verify, needs=Needs.DATABASE)


def _verify(asked: argparse.Namespace) -> int:
    from otklik.ops.proof import report

    return report(as_json=asked.json)


def _up(asked: argparse.Namespace) -> int:
    from otklik.ops.up import up

    return up()


def _stop(asked: argparse.Namespace) -> int:
    from otklik.settings import EMBEDDED

    EMBEDDED.stop()
    return 0


def _web(asked: argparse.Namespace) -> int:
    from otklik.ops.serving import web

    return web()


def _worker(asked: argparse.Namespace) -> int:
    from otklik.ops.serving import worker

    return worker()


def _migrate(asked: argparse.Namespace) -> int:
    os.environ["OTKLIK_ROLE"] = "owner"
    from otklik.ops.migration import run

    return run(profile=asked.init)


def _init(asked: argparse.Namespace) -> int:
    from otklik.ops.starting import begin

    begin(asked.profile)
    return 0


def _demo(asked: argparse.Namespace) -> int:
    os.environ["DEMO"] = "1"
    from otklik.ops.demo.running import run

    return run(reset=asked.reset)


def _health(asked: argparse.Namespace) -> int:
    from otklik.ops.health import report

    return report(as_json=asked.json, deep=asked.invariants)
