"""Whether the database can be reached and used, asked once and told in a sentence, before anything waits for it."""

from __future__ import annotations

import psycopg

from otklik.ops.postgres import DatabaseRefused
from otklik.ops.words import _

PATIENCE = 5  # seconds
NO_CONNECTION = ("08", "28", "3D", "57P")  # SQLSTATE: connection, authorisation, no such database, server going down
NO_TABLE = "42P01"


def refuse_silence(address: str) -> None:
    """Refuse to go on without a database.

    Raises:
        DatabaseRefused: nobody answers at ``address``, nobody lets us in, or it is no address.
    """
    try:
        psycopg.connect(address, connect_timeout=PATIENCE).close()
    except psycopg.Error as problem:
        raise DatabaseRefused(in_words(problem) or str(problem).strip()) from problem


def in_words(problem: psycopg.Error) -> str:
    """Why a database cannot be used and what to do; empty where it can, and the statement is at fault."""
    state = problem.sqlstate or ""
    if state == NO_TABLE:
        return _("The database is not laid out yet, or of an older version: run “otklik migrate”.")
    unreachable = isinstance(problem, psycopg.OperationalError) and (not state or state.startswith(NO_CONNECTION))
    if not unreachable:
        return ""
    why = str(problem).strip().partition("\n")[0].rstrip(" .,;:")
    words = _("The database cannot be reached (%(why)s): start it, correct DATABASE_URL, or run “otklik migrate”.")
    return words % {"why": why}
