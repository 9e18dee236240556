"""Commands of the API: print the contract, make a token."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD, FINDING = 0, 1
DAYS = 90


def N_(message: str) -> str:  # noqa: N802  # the customary name of a mark that only makes the text translatable
    """Mark help for the catalogue; the house translates it when it builds the parser, before Django is there."""
    return message


def add_parsers(commands: Commands) -> None:
    """Add ``openapi`` and ``token create``."""
    commands.add_parser("openapi", help=N_("print the contract of the API (OpenAPI 3.1)")).set_defaults(run=_openapi)
    tokens = commands.add_parser("token", help=N_("tokens of the API")).add_subparsers(required=True, metavar="DEED")
    create = tokens.add_parser("create", help=N_("make a token and print its secret, this once"))
    create.add_argument("--owner", required=True, metavar="E-MAIL", help=N_("whose rights it acts within"))
    create.add_argument("--name", required=True, help=N_("what it is for"))
    create.add_argument(
        "--scope", action="append", default=[], required=True, metavar="NAME", help=N_("may be repeated")
    )
    create.add_argument("--days", type=int, default=DAYS, help=N_("days until it ends, 90 unless told"))
    create.add_argument(
        "--organisation", type=int, metavar="ID", help=N_("limit it to the records of one organisation")
    )
    create.add_argument("--json", action="store_true")
    create.set_defaults(run=_create)


def _openapi(asked: argparse.Namespace) -> int:
    import orjson

    from otklik.api.document import document

    print(orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    return HELD


def _create(asked: argparse.Namespace) -> int:
    import orjson
    from django.utils.translation import gettext as _

    from otklik import clock
    from otklik.journal.record import SYSTEM
    from otklik.people import tokens
    from otklik.people.models import Organisation, Person
    from otklik.people.refusal import Refused

    owner = Person.objects.by_email(asked.owner)
    organisation = Organisation.objects.filter(pk=asked.organisation).first() if asked.organisation else None
    if owner is None or (asked.organisation and organisation is None):
        words = _("There is no such person or organisation: look at the people in the settings.")
        print(words, file=sys.stderr)
        return FINDING
    try:
        until = clock.now() + timedelta(days=asked.days)
        row, secret = tokens.issue(
            name=asked.name, owner=owner, scopes=asked.scope, expires_at=until, organisation=organisation, actor=SYSTEM
        )
    except Refused as refusal:
        print(" ".join(refusal.texts), file=sys.stderr)
        return FINDING
    told = {"id": row.pk, "token": secret, "expires_at": row.expires_at.isoformat()}
    print(orjson.dumps(told).decode() if asked.json else secret)
    return HELD
