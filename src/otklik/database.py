"""Statements of our own words, put to the database over one cursor that is kept as long as its connection.

To make a cursor costs the program as much as to put a prepared statement and read its row. The cursor is Django's:
counted queries, execute wrappers, a broken transaction and errors are as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

Values = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]
_LARGE = 1_000  # rows of an answer after which the cursor is let go, with the memory it holds


def rows(words: str, values: Values | None = None) -> list[Row]:
    """All rows that a statement answers. Raises Django's database errors, as do the others."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    cursor = _cursor(database)
    cursor.execute(words, values)
    found: list[Row] = cursor.cursor.fetchall()
    if len(found) > _LARGE:
        database.kept_cursor = None
    return found


def row(words: str, values: Values | None = None) -> Row | None:
    """The first row that a statement answers, or None."""
    found = rows(words, values)
    return found[0] if found else None


def changed(words: str, values: Values | None = None) -> int:
    """How many rows a statement changed that answers none."""
    cursor = _cursor(connections[DEFAULT_DB_ALIAS])
    cursor.execute(words, values)
    return int(cursor.cursor.rowcount)


def _cursor(database: Any) -> Any:
    """The kept one; a new one where the connection was opened anew, or where queries began or ceased to be counted."""
    database.close_if_health_check_failed()
    kept = getattr(database, "kept_cursor", None)
    if kept is not None and kept[0] is database.connection and kept[1] is database.queries_logged:
        return kept[2]
    cursor = database.cursor()
    database.kept_cursor = (database.connection, database.queries_logged, cursor)
    return cursor
