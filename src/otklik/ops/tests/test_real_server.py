"""A PostgreSQL of one's own, named by DATABASE_URL, serves as the embedded one does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from otklik.ops.postgres import Cluster
from otklik.ops.tests.processes import ROOT, clean_environment, command, free_port

SECRET = "слово и дело"  # asks for quoting in the address


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A second server, reached over TCP with a password."""
    cluster = Cluster(
        ROOT / "var" / "tests" / f"second-{os.getpid()}",
        port=free_port(),
        listen="127.0.0.1",
        durable=False,
        memory="32MB",
    )
    cluster.start()
    with cluster.superuser() as connection:
        for role in ("desk", "desk_owner"):
            connection.execute(f"create role {role} login password '{SECRET}'")
        connection.execute("create database alone owner desk template template0")
        connection.execute("create database apart owner desk_owner template template0")
        connection.execute("create database foreign_letters template template0 locale_provider libc locale 'C'")
    yield cluster
    cluster.stop()
    shutil.rmtree(cluster.data)


def address(server: Cluster, database: str, role: str = "desk") -> str:
    secret = "%D1%81%D0%BB%D0%BE%D0%B2%D0%BE%20%D0%B8%20%D0%B4%D0%B5%D0%BB%D0%BE"
    return f"postgresql://{role}:{secret}@127.0.0.1:{server.port}/{database}"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    home = str(ROOT / "var" / "tests" / "second-home")
    clean = clean_environment(OTKLIK_HOME=home, OTKLIK_LANGUAGE="en", **environment)
    return subprocess.run(command(*arguments), env=clean, capture_output=True, text=True, timeout=60, check=False)


def test_one_role_is_enough(server):
    url = address(server, "alone")
    assert run("migrate", DATABASE_URL=url).returncode == 0
    told = run("health", "--json", DATABASE_URL=url)
    found = {each["name"]: each for each in json.loads(told.stdout)}
    assert (told.returncode, found["migrations"]["held"]) == (0, True)
    assert found["role"]["words"] == "the application owns its tables"


def test_a_second_role_keeps_the_application_from_altering_its_tables(server):
    urls = {
        "DATABASE_URL": address(server, "apart"),
        "DATABASE_OWNER_URL": address(server, "apart", "desk_owner"),
    }
    for _again in range(2):
        assert run("migrate", **urls).returncode == 0
    assert "may not alter" in run("health", **urls).stdout
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("delete from django_session")
        for refused in ("drop table django_session", "truncate django_session"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)


def test_a_secret_may_stand_in_a_file(server, tmp_path):
    file = tmp_path / "address"
    file.write_text(address(server, "alone") + "\n")
    assert run("health", DATABASE_URL_FILE=str(file)).returncode in {0, 1}
    assert "PostgreSQL" in run("health", DATABASE_URL_FILE=str(file)).stdout


def test_a_database_without_russian_letters_is_refused(server):
    done = run("migrate", DATABASE_URL=address(server, "foreign_letters"))
    assert done.returncode == 1
    assert "does not know Russian letters" in done.stderr
