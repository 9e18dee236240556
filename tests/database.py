"""Databases of the suite: migrate a template once, clone it for each worker and after each committing test."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from conftest import CLUSTER, DATABASE, MEMORY, ROOT
from otklik.ops.postgres import OWNER

SOURCE = ROOT / "src" / "otklik"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """This worker's database, cloned from the template."""
    from django.db import connections
    from django.test import TransactionTestCase

    with _alone():
        CLUSTER.start()
        CLUSTER.create()
        clone(_template())
    # A test that commits leaves rows behind that no TRUNCATE may remove (the journal refuses): it gets a new clone.
    TransactionTestCase._fixture_teardown = lambda case: renew()  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    with _alone(), CLUSTER.superuser() as server:
        server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the server when the last suite that used it is over, and give the memory back."""
    if hasattr(session.config, "workerinput") or not CLUSTER.running():
        return
    with _alone():
        if not _used():
            CLUSTER.stop()
            if CLUSTER.data.is_relative_to(MEMORY):
                shutil.rmtree(CLUSTER.data.parent)


def clone(template: str) -> None:
    """Put a fresh copy of the template in the place of this worker's database."""
    with CLUSTER.superuser() as server:
        name = sql.Identifier(DATABASE)
        server.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        server.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(name, sql.Identifier(template))
        )


def renew() -> None:
    """Put a fresh copy of the template in the place of this worker's database."""
    from django.db import connections

    from otklik.calendars import shelf
    from otklik.sla import binding

    connections.close_all()
    shelf.forget()  # ids begin anew
    binding.forget()
    with _alone():
        clone(_template_name())


def _template() -> str:
    name = _template_name()
    with CLUSTER.superuser() as server:
        known = {each for (each,) in server.execute("select datname from pg_database")}
        if name in known:
            return name
        for stale in known - {f"test_{pid}" for pid in _used()}:
            if stale.startswith(("test_", "template_")):
                server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(stale)))
        draft = sql.Identifier("otklik_template_draft")
        server.execute(sql.SQL("drop database if exists {} with (force)").format(draft))
        server.execute(sql.SQL("create database {} owner {} template template0").format(draft, sql.Identifier(OWNER)))
        addresses = {
            "DATABASE_URL": CLUSTER.address("otklik_template_draft"),
            "DATABASE_OWNER_URL": CLUSTER.address("otklik_template_draft", OWNER),
        }
        subprocess.run([sys.executable, "-m", "otklik", "migrate"], env=os.environ | addresses, check=True)
        server.execute(sql.SQL("alter database {} rename to {}").format(draft, sql.Identifier(name)))
    return name


def _template_name() -> str:
    digest = hashlib.sha256()
    parts = [SOURCE / "settings.py", *(SOURCE / "ops").glob("*.py"), *SOURCE.glob("**/migrations/*.py")]
    for file in sorted(parts):
        digest.update(str(file.relative_to(SOURCE)).encode() + file.read_bytes())
    return f"template_{digest.hexdigest()[:16]}"


def _used() -> set[int]:
    """Processes alive that own a database here."""
    with CLUSTER.superuser() as server:
        names = [name for (name,) in server.execute(r"select datname from pg_database where datname ~ '^test_\d+$'")]
    return {pid for pid in (int(name.removeprefix("test_")) for name in names) if Path(f"/proc/{pid}").exists()}


@contextmanager
def _alone() -> Iterator[None]:
    lock = ROOT / "var" / "test-postgres.suite.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def as_owner() -> Callable[[str], None]:
    """Run a statement as the owner of the server could: by hand, every trigger off. Needs a committing test."""

    def run(statement: str) -> None:
        with CLUSTER.superuser(DATABASE) as server:
            server.execute("set session_replication_role = replica")
            server.execute(statement)  # type: ignore[arg-type]  # written in the test itself

    return run
