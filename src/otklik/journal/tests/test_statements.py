"""Statements of our own words: over one kept cursor, and with values as Django would send them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from otklik import database
from otklik.journal import bulk

pytestmark = pytest.mark.django_db


def test_statements_are_counted_and_refused_in_a_broken_transaction_as_djangos_own(queries):
    assert queries.count(lambda: database.rows("select 1")) == 1
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(savepoint=False):
            database.rows("select nothing from nowhere")
        database.rows("select 1")


def test_a_statement_tells_its_rows_its_first_row_or_how_many_it_changed():
    assert database.rows("select n from generate_series(1, %s) as n", [2]) == [(1,), (2,)]
    assert database.row("select n from generate_series(1, %s) as n", [0]) is None
    assert database.row("select %(a)s::text", {"a": "x"}) == ("x",)
    assert (
        database.changed("insert into jobs_tick (name, tick) select n::text, now() from generate_series(1, 3) n") == 3
    )


def test_a_large_answer_is_not_held_by_the_kept_cursor():
    assert len(database.rows("select n from generate_series(1, 5000) as n")) == 5000
    assert connection.kept_cursor is None


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_gets_a_cursor_of_its_own():
    first = database.rows("select pg_backend_pid()")
    connection.close()
    second = database.rows("select pg_backend_pid()")
    assert first != second
    assert second == [(connection.connection.info.backend_pid,)]


SAMPLES = {
    models.CharField: "слово",
    models.TextField: "слова",
    models.BooleanField: True,
    models.DateTimeField: datetime(2026, 11, 24, 8, tzinfo=UTC),
    models.UUIDField: UUID(int=7),
}


def test_values_go_to_the_database_as_django_would_send_them():
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        for empty in (False, True):
            row = model()
            for field in fields:
                target = field.target_field if isinstance(field, models.ForeignKey) else field
                sample = 7 if isinstance(target, models.IntegerField) else SAMPLES.get(type(target))
                setattr(row, field.attname, None if empty else sample)
            django = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields]
            ours = bulk._sent(row, [bulk._Sent.by(field) for field in fields], new=False)
            moments = {place for place, field in enumerate(fields) if getattr(field, "auto_now", False)}
            told = [(place, one) for place, one in enumerate(ours) if place not in moments]
            assert told == [(place, one) for place, one in enumerate(django) if place not in moments], model
