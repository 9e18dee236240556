"""The commands of mail: ``otklik mail pipe | import | parse | ledger`` (architecture.md §5)."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING, WRONG_USAGE = 0, 1, 2
TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server keeps the letter and tries again


def gettext_noop(message: str) -> str:
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``mail`` and its commands."""
    parser = commands.add_parser("mail", help=gettext_noop("letters: take in, import, read, count"))
    kinds = parser.add_subparsers(metavar="COMMAND", required=True)

    pipe = kinds.add_parser("pipe", help=gettext_noop("take in one raw letter from standard input"))
    pipe.add_argument("--mailbox", default="", metavar="NAME", help=gettext_noop("the mailbox it came to"))
    pipe.add_argument("--json", action="store_true", help=gettext_noop("read it at once and print what became of it"))
    pipe.set_defaults(run=_pipe, needs="database", refusal=TRY_AGAIN)

    bring = kinds.add_parser("import", help=gettext_noop("take in every letter of a folder or an archive"))
    bring.add_argument("place", metavar="DIR|TAR", help=gettext_noop("a folder, or .tar, .tar.gz, .tar.xz"))
    bring.add_argument("--mailbox", default="", metavar="NAME", help=gettext_noop("the mailbox they came to"))
    bring.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))
    bring.set_defaults(run=_import, needs="database")

    parse = kinds.add_parser("parse", help=gettext_noop("print what is understood of letters; writes nothing"))
    parse.add_argument("files", nargs="+", metavar="FILE", help=gettext_noop("raw letters"))
    parse.set_defaults(run=_parse, needs="nothing")

    ledger = kinds.add_parser("ledger", help=gettext_noop("the balance of every mailbox: seen, and what became of it"))
    ledger.add_argument("--days", type=int, default=0, metavar="N", help=gettext_noop("of the last N days only"))
    ledger.add_argument("--json", action="store_true", help=gettext_noop("for a program to read"))
    ledger.set_defaults(run=_ledger, needs="database")


def _pipe(asked: argparse.Namespace) -> int:
    """0 once the bytes are in the ledger, whatever becomes of them; 75 otherwise."""
    from otklik.channels import intake
    from otklik.channels.email import account, inbound
    from otklik.channels.email.limits import MAX_MAIL
    from otklik.channels.models import Mailbox

    raw = sys.stdin.buffer.read(MAX_MAIL + 1)
    while sys.stdin.buffer.read(1 << 20):
        pass  # what is beyond the limit is read, so that the mail server sees no broken pipe, and left out
    try:
        mailbox = intake.pipe_mailbox(asked.mailbox)
        row = inbound.receive(raw, mailbox=mailbox, queue=not asked.json)
    except Mailbox.DoesNotExist:
        print(_unknown_mailbox(asked.mailbox), file=sys.stderr)
        return TRY_AGAIN
    except Exception as trouble:  # whatever it is: the mail server must keep the letter
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return TRY_AGAIN
    if asked.json:
        taken = inbound.at_once(row)
        print(json.dumps(account.of(taken.row, taken.letter or inbound.read_again(row)), ensure_ascii=False))
    return HELD


def _import(asked: argparse.Namespace) -> int:
    """Counts per outcome; run again, it goes on where it stopped."""
    from django.utils.translation import gettext as _

    from otklik.channels import intake
    from otklik.channels.email import importing
    from otklik.channels.models import Mailbox

    try:
        mailbox = intake.pipe_mailbox(asked.mailbox)
        counts = importing.run(asked.place, mailbox=mailbox)
    except Mailbox.DoesNotExist:
        print(_unknown_mailbox(asked.mailbox), file=sys.stderr)
        return WRONG_USAGE
    except importing.NotAnArchive:
        words = _("“%(place)s” is neither a folder nor a tar archive: name the folder in which the letters lie.")
        print(words % {"place": asked.place}, file=sys.stderr)
        return WRONG_USAGE
    print(json.dumps(counts) if asked.json else _in_a_row(counts))
    return HELD if counts["seen"] == sum(counts[name] for name in counts if name != "seen") else FINDING


def _unknown_mailbox(name: str) -> str:
    from django.utils.translation import gettext as _

    words = _("There is no mailbox “%(name)s”: look at the mailboxes in the settings, or leave --mailbox out.")
    return words % {"name": name}


def _in_a_row(counts: dict[str, Any]) -> str:
    return "  ".join(f"{name} {count}" for name, count in counts.items())


def _parse(asked: argparse.Namespace) -> int:
    from otklik.channels.email import account

    return account.parse_command(asked.files)


def _ledger(asked: argparse.Namespace) -> int:
    """1 where a balance does not close."""
    from otklik.channels import balance

    sheets = balance.sheets(days=asked.days)
    if asked.json:
        print(json.dumps([sheet.plain() for sheet in sheets], ensure_ascii=False, indent=2))
    else:
        for sheet in sheets:
            mark = "✓" if sheet.closes else "✗"
            print(f"{mark} {sheet.mailbox}: {_in_a_row(sheet.counts())}")
            for words in sheet.discrepancies:
                print(f"    {words}")
    return HELD if all(sheet.closes for sheet in sheets) else FINDING
