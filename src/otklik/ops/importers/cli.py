"""``otklik import events | check``: take the history of another desk in, and prove that none of it is lost."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from otklik.ops.words import _

if TYPE_CHECKING:
    from otklik.ops.importers.taking import Report

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING, WRONG_USAGE = 0, 1, 2


def add_parsers(commands: Commands) -> None:
    """Add ``import`` and its commands."""
    parser = commands.add_parser("import", help=_("take in the history of another desk"))
    kinds = parser.add_subparsers(metavar="COMMAND", required=True)
    events = kinds.add_parser("events", help=_("tickets with their histories from an event log (CSV)"))
    events.add_argument("file", type=Path, help=_("the log; may be packed as .xz, .gz or .bz2"))
    events.add_argument("--mapping", required=True, help=_("a mapping file, or the name of a shipped one"))
    events.add_argument("--processes", type=int, default=1, help=_("how many processes share the work"))
    events.add_argument("--json", action="store_true", help=_("for programs"))
    events.set_defaults(run=_events)
    check = kinds.add_parser("check", help=_("compare the manifest of an import with the tickets"))
    check.add_argument("source", help=_("name of the source, as the mapping has it"))
    check.add_argument("--json", action="store_true", help=_("for programs"))
    check.set_defaults(run=_check)


def _events(asked: argparse.Namespace) -> int:
    from otklik.ops.importers.mapping import MappingError, load
    from otklik.ops.importers.taking import take

    def progress(done: int, total: int) -> None:
        if not asked.json:
            print(f"\r{done}/{total}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    try:
        report = take(asked.file, load(asked.mapping), processes=max(1, asked.processes), progress=progress)
    except MappingError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    if asked.json:
        print(json.dumps(report.data(), ensure_ascii=False))
    else:
        _say(report)
    return HELD if report.clean else FINDING


def _say(report: Report) -> None:
    print(_("%(rows)d rows, %(cases)d cases") % {"rows": report.rows, "cases": report.cases})
    counts = {"imported": report.imported, "before": report.before, "skipped": report.skipped}
    print(_("imported %(imported)d (%(before)d of them earlier), skipped %(skipped)d") % counts)
    print(_("irregular steps: %d") % report.irregular)
    for reason, count in sorted(report.reasons.items()):
        print(_("skipped: %(reason)s, %(count)d") % {"reason": reason, "count": count})
    for key in report.changed:
        print(_("changed in the source since, left as it was taken in: %s") % key)
    for column, words in report.unmapped.items():
        for word, count in sorted(words.items()):
            told = {"column": column, "word": word, "count": count}
            print(_("%(column)s: the mapping has no meaning for “%(word)s” (%(count)d rows)") % told)
    for one in report.problems:
        print(_("line %(line)d, %(column)s “%(text)s”: %(why)s") % one)
    if report.unreadable > len(report.problems):
        print(_("%d more could not be read") % (report.unreadable - len(report.problems)))
    print(_("%(wall).0f s, of processor %(cpu).0f s") % {"wall": report.seconds, "cpu": report.cpu_seconds})


def _check(asked: argparse.Namespace) -> int:
    from otklik.ops.importers import manifest
    from otklik.ops.models import ImportedCase

    cases = ImportedCase.objects.filter(source=asked.source)
    if not cases.exists():
        print(_("nothing was taken in from %s") % asked.source, file=sys.stderr)
        return WRONG_USAGE
    found = list(manifest.findings(asked.source))
    told = manifest.fingerprint(asked.source)
    if asked.json:
        print(json.dumps({"cases": cases.count(), "findings": found, "fingerprint": told}, ensure_ascii=False))
        return FINDING if found else HELD
    for what, where in found:
        print(f"{where}: {what}")
    print(_("%(count)d cases, fingerprint %(print)s") % {"count": cases.count(), "print": told})
    return FINDING if found else HELD
