"""The embedded server keeps its promises."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import connection
from django.db.utils import ProgrammingError


@pytest.mark.django_db
def test_the_application_connects_as_a_plain_role_that_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("select current_user, lower('Ё')")
        assert cursor.fetchone() == ("otklik", "ё")
        with pytest.raises(ProgrammingError, match="must be owner"):
            cursor.execute("drop table django_session")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("visit", [1, 2])
def test_a_committing_test_leaves_nothing_behind(visit):
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("insert into django_session values (%s, 'x', now())", [f"visit {visit}"])


@pytest.mark.django_db
def test_a_database_of_this_version_is_told_without_loading_django():
    again = [sys.executable, "-X", "importtime", "-m", "otklik", "migrate"]
    done = subprocess.run(again, capture_output=True, text=True, check=True)
    assert "otklik.ops.migration" in done.stderr
    assert "django" not in done.stderr
