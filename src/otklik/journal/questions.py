"""Questions asked over and over in the same words: put into SQL once per process, asked each time with other values.

Building a queryset and writing its SQL costs the program several times what the answer costs the database. A question
changes nothing of what is asked or answered: it keeps the SQL that Django wrote, and reads rows as Django does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models import query as django_query
from django.db.models.expressions import Expression
from django.db.models.query import FlatValuesListIterable, ModelIterable
from psycopg.types.numeric import Int8

from otklik import database

Found = TypeVar("Found")
Read = Callable[[Sequence[tuple[Any, ...]]], list[Any]]


class Slot(Expression):
    """Where the value of this place is put in; used in ``filter`` like a value, where the lookup takes it as it is."""

    def __init__(self, place: int) -> None:
        super().__init__(output_field=models.Field())
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """A placeholder that stands for itself until the question is asked."""
        return "%s", [self]


@dataclass(frozen=True, slots=True)
class _Written:
    sql: str
    values: tuple[Any, ...]
    read: Read
    locks: bool


class Question(Generic[Found]):
    """A queryset as a function of its values; ``ask`` gets as many slots as there are values, and returns it.

    ``all`` gives its objects (or rows, for ``values_list``), ``first`` the first of them or None. Values go to the
    database as they are: lower a text or strip it before. A slice belongs into the queryset.
    """

    def __init__(self, ask: Callable[..., models.QuerySet[Any, Found]], slots: int = 1) -> None:
        self._ask, self._slots = ask, slots
        self._kept: _Written | None = None

    def all(self, *values: Any) -> list[Found]:
        """The answer. Raises TransactionManagementError where it locks rows outside of a transaction."""
        written = self._kept or self._write()
        if written.locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("rows are locked inside of a transaction")
        given = [_sent(values[one.place]) if isinstance(one, Slot) else one for one in written.values]
        return written.read(database.rows(written.sql, given))

    def first(self, *values: Any) -> Found | None:
        """The first of the answer, or None."""
        return next(iter(self.all(*values)), None)

    def one(self, *values: Any) -> Found:
        """The only one; raises the model's DoesNotExist."""
        found = self.all(*values)
        if not found:
            raise self._ask(*map(Slot, range(self._slots))).model.DoesNotExist(f"no row for {values!r}")
        return found[0]

    def _write(self) -> _Written:
        asked: Any = self._ask(*map(Slot, range(self._slots)))
        compiler = asked.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, values = compiler.as_sql()
        self._kept = _Written(
            sql, tuple(values), _reader(compiler, asked._iterable_class), bool(asked.query.select_for_update)
        )
        return self._kept


def _sent(value: Any) -> Any:
    return Int8(value) if type(value) is int else value  # one type, one prepared statement


def _reader(compiler: Any, kind: type[Any]) -> Read:
    """What makes of rows what the queryset would."""
    converters = compiler.get_converters([one[0] for one in compiler.select])

    def converted(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        return list(map(tuple, compiler.apply_converters(rows, converters))) if converters else list(rows)

    if issubclass(kind, FlatValuesListIterable):
        return lambda rows: [row[0] for row in converted(rows)]
    if not issubclass(kind, ModelIterable):
        return converted
    info = compiler.klass_info
    model, start, end = info["model"], info["select_fields"][0], info["select_fields"][-1] + 1
    names = [one[0].target.attname for one in compiler.select[start:end]]
    populators: Any = django_query
    related = populators.get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)

    def read(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        found = []
        for row in converted(rows):
            one = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
            for populator in related:
                populator.populate(row, one)
            found.append(one)
        return found

    return read
