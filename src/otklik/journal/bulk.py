"""Many rows of one table in one statement: new ones by COPY, kept ones as one JSON value; no limit of parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from psycopg import sql
from psycopg.types.json import Jsonb

from otklik import database


def insert(rows: Sequence[models.Model]) -> None:
    """Write rows of one model as they are. Ids that the database gives do not come back, and no signal is sent."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = [
        (field.attname, field.column, Jsonb if isinstance(field, models.JSONField) else None)
        for field in meta.concrete_fields
        if not field.generated and not (isinstance(field, models.AutoField) and rows[0].pk is None)
    ]
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(sql.Identifier(column) for _, column, _ in columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_prepared(getattr(row, name), wrap) for name, _, wrap in columns])


def _prepared(value: Any, wrap: Callable[[Any], Any] | None) -> Any:
    return wrap(value) if wrap is not None and value is not None else value


def keep(model: type[models.Model], rows: Sequence[Mapping[str, Any]], unique: Sequence[str]) -> None:
    """Write rows as ``{attribute: value}``, all with the same names, over those that are alike in the unique ones."""
    if not rows:
        return
    statement, columns = _keeping(model, tuple(rows[0]), tuple(unique))
    told = [{column: row[name] for name, column in columns.items()} for row in rows]
    database.changed(statement, [json.dumps(told, default=str)])


@lru_cache(maxsize=64)
def _keeping(model: type[models.Model], given: tuple[str, ...], unique: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The statement of ``keep``, and columns by attribute."""
    columns = {field.attname: field.column for field in model._meta.concrete_fields if field.attname in given}
    names = [sql.Identifier(column) for column in columns.values()]
    rest = [sql.Identifier(column) for name, column in columns.items() if name not in unique]
    statement = sql.SQL(
        "insert into {table} ({names}) select {names} from json_populate_recordset(null::{table}, %s::json)"
        " on conflict ({unique}) do update set {rest}"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        names=sql.SQL(", ").join(names),
        unique=sql.SQL(", ").join(sql.Identifier(columns[name]) for name in unique),
        rest=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in rest),
    )
    return statement.as_string(None), columns


def added(rows: Sequence[models.Model], by: Sequence[str]) -> None:
    """Write new rows of one model as one JSON value; each gets the id of the row that is alike in columns ``by``."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    table, names = sql.Identifier(meta.db_table), [sql.Identifier(field.column) for field in fields]
    statement = sql.SQL(
        "insert into {table} ({names}) select {names} from json_populate_recordset(null::{table}, %s::json)"
        " returning id, {by}"
    ).format(table=table, names=sql.SQL(", ").join(names), by=sql.SQL(", ").join(sql.Identifier(name) for name in by))
    told = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    given = {tuple(key): pk for pk, *key in database.rows(statement.as_string(None), [json.dumps(told, default=_text)])}
    for row in rows:
        row.pk = given[tuple(getattr(row, name) for name in by)]


def _text(value: Any) -> str:
    return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else str(value)


def add(*rows: models.Model, unless: tuple[str, ...] = ()) -> bool:
    """Write new rows of one model in one statement whose words are made once; they get their ids.

    As ``bulk_create`` does it, no signal is sent; a default that the database gives must not be wanted. With
    ``unless`` a single row is not written, and False answered, where one alike in these columns stands.
    """
    if not rows:
        return True
    automatic = rows[0].pk is None
    words, fields = _adding(type(rows[0]), automatic, len(rows), unless)
    keys = database.rows(words, [value for row in rows for value in _sent(row, fields, new=True)])
    if not keys:
        return False
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return True


@lru_cache(maxsize=512)
def _adding(model: type[models.Model], automatic: bool, count: int, unless: tuple[str, ...]) -> tuple[str, list[_Sent]]:
    """The statement that adds so many rows, and how their fields are sent."""
    meta: Any = model._meta
    fields = [one for one in meta.concrete_fields if not one.generated and not (automatic and one.primary_key)]
    row = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(fields)))
    alike = sql.SQL(" on conflict ({}) do nothing").format(sql.SQL(", ").join(map(sql.Identifier, unless)))
    words = sql.SQL("insert into {table} ({names}) values {rows}{alike} returning {key}").format(
        table=sql.Identifier(meta.db_table),
        names=sql.SQL(", ").join(sql.Identifier(one.column) for one in fields),
        rows=sql.SQL(", ").join([row] * count),
        alike=alike if unless else sql.SQL(""),
        key=sql.Identifier(meta.pk.column),
    )
    return words.as_string(None), [_Sent.by(one) for one in fields]


def change(row: models.Model, names: Sequence[str]) -> None:
    """Write these fields of a stored row, as ``save(update_fields=…)`` would.

    Raises DoesNotExist for a row that is gone.
    """
    words, fields = _changing(type(row), tuple(names))
    if not database.changed(words, _sent(row, fields, new=False)):
        gone: Any = type(row)
        raise gone.DoesNotExist(f"{row.pk!r} is not stored")


@lru_cache(maxsize=512)
def _changing(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[_Sent]]:
    """The statement that changes these fields of a row, and how they are sent."""
    meta: Any = model._meta
    fields = [meta.get_field(name) for name in dict.fromkeys(names)]
    words = sql.SQL("update {table} set {told} where {key} = %s").format(
        table=sql.Identifier(meta.db_table),
        told=sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(one.column)) for one in fields),
        key=sql.Identifier(meta.pk.column),
    )
    return words.as_string(None), [_Sent.by(one) for one in (*fields, meta.pk)]


# Django's own way from an attribute to a value is worth its price only where it changes something.
_AS_IT_IS: dict[type[models.Field[Any, Any]], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.DateTimeField: datetime,
    models.UUIDField: UUID,
}


@dataclass(frozen=True, slots=True)
class _Sent:
    """How one field goes to the database: a value of type ``kind`` as it is or in ``wrap``, any other by ``field``."""

    field: Any
    name: str
    kind: type | None
    wrap: Callable[[Any], Any] | None

    @classmethod
    def by(cls, field: Any) -> _Sent:
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        kind, wrap = _AS_IT_IS.get(type(target)), None
        if isinstance(target, models.IntegerField):  # one width, one prepared statement
            width = target.get_internal_type().replace("Auto", "Integer")
            kind, wrap = int, partial(connection.ops.adapt_integerfield_value, internal_type=width)
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            kind = None
        return cls(field, field.attname, kind, wrap)


def _sent(row: models.Model, fields: Sequence[_Sent], *, new: bool) -> list[Any]:
    """The values of a row, as ``get_db_prep_save`` would give them."""
    database_of = connections[DEFAULT_DB_ALIAS]
    values = []
    for one in fields:
        value = getattr(row, one.name)
        if one.kind is not None and (value is None or type(value) is one.kind):
            values.append(value if one.wrap is None or value is None else one.wrap(value))
        else:
            values.append(one.field.get_db_prep_save(one.field.pre_save(row, new), database_of))
    return values
