"""The command line: quick to open, clear in its exit codes, open to the rooms."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from otklik.ops import cli
from otklik.ops.serving import ListeningRefused, refuse_open_demo


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    command = [sys.executable, "-m", "otklik", *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_help_loads_no_django():
    script = (
        "import sys; from otklik.ops import cli; cli.build(); print([m for m in sys.modules if m.startswith('django')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_no_command_and_a_wrong_one_are_wrong_usage():
    assert run().returncode == 2
    assert run("nonsense").returncode == 2


def test_help_speaks_the_operators_language():
    assert "база данных" in run("--help", OTKLIK_LANGUAGE="ru").stdout.lower().replace("базу данных", "база данных")
    assert "the database" in run("--help", OTKLIK_LANGUAGE="en").stdout


def test_every_room_with_commands_offers_them():
    for module in cli.rooms_with_commands():
        assert module.startswith("otklik.")
        assert hasattr(__import__(module, fromlist=["add_parsers"]), "add_parsers")


@pytest.mark.django_db(transaction=True)
def test_health_tells_each_check_and_holds():
    done = run("health", "--json")
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert "PostgreSQL" in found["database"]["words"]
    assert found["migrations"]["held"]


def test_health_without_a_database_is_a_finding():
    done = run("health", "--json", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert [finding["held"] for finding in json.loads(done.stdout)] == [False]


NOBODY = "postgresql://nobody@127.0.0.1:1/none"
WITH_A_DATABASE = [
    ("journal", "verify"),
    ("import", "check", "source"),
    ("import", "events", "log.csv", "--mapping", "itsm-ru"),
    ("mail", "import", "."),
    ("mail", "ledger"),
    ("mail", "pipe"),
    ("sla", "verify", "--all"),
    ("sla", "explain", "1"),
    ("sla", "due", "2026-01-01", "4h", "--calendar", "x"),
    ("token", "create", "--owner", "a@x.example", "--name", "a", "--scope", "a"),
    ("init", "--profile", "ru"),
    ("setup-code",),
    ("migrate",),
    ("web",),
]


@pytest.mark.parametrize("arguments", WITH_A_DATABASE, ids=" ".join)
def test_no_database_is_told_in_one_sentence_at_once(arguments, monkeypatch, capsys):
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, NOBODY)
        monkeypatch.setattr(f"otklik.settings.{name}", NOBODY)
    code = cli.main(arguments)
    said = capsys.readouterr().err
    assert code == (75 if arguments == ("mail", "pipe") else 1)
    assert said.count("\n") == 1 and "otklik migrate" in said and "Connection refused" in said, said


def files(folder):
    """Files that no command can read, each with the words that name what is wrong with it."""
    (folder / "broken.json").write_text("[\n{")
    (folder / "letters.json").write_bytes(b"\xff\xfe\x00")
    (folder / "packed.csv.xz").write_bytes(b"not packed")
    return {"none.json": "no file", ".": "is a folder", "broken.json": "line 2, column", "letters.json": "UTF-8"}


def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OTKLIK_LANGUAGE", "en")
    for name, words in files(tmp_path).items():
        for arguments in (
            ("sla", "clock", str(tmp_path / name)),
            ("sla", "due", "2026-01-01", "4h", "--schedule", str(tmp_path / name)),
        ):
            assert cli.main(arguments) == 2
            said = capsys.readouterr().err
            assert words in said and said.count("\n") == 1, said
    assert cli.main(["routing", "simulate", str(tmp_path / "packed.csv.xz")]) == 2
    assert "packed file is broken" in capsys.readouterr().err
    assert cli.main(["routing", "simulate", str(tmp_path / "none.csv")]) == 2
    assert "no file" in capsys.readouterr().err


@pytest.mark.django_db
def test_a_name_that_nothing_bears_is_told_in_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OTKLIK_LANGUAGE", "en")
    letters = tmp_path / "file"
    letters.write_text("no archive")
    for arguments, words in (
        (("sla", "explain", "99"), "99"),
        (("sla", "verify", "99", "98"), "99, 98"),
        (("sla", "due", "2026-01-01", "4h", "--calendar", "none"), "none"),
        (("mail", "import", str(tmp_path), "--mailbox", "none"), "none"),
        (("mail", "import", str(letters)), "tar"),
        (("mail", "import", str(tmp_path / "none")), "none"),
        (("import", "events", str(letters), "--mapping", "none"), "itsm-ru"),
        (("import", "events", str(tmp_path / "none.csv"), "--mapping", "itsm-ru"), "none.csv"),
        (("import", "events", str(letters), "--mapping", str(tmp_path / "none.toml")), "none.toml"),
    ):
        assert cli.main(arguments) == 2, arguments
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1, said


def test_a_stop_by_hand_is_told_in_one_sentence(capsys, monkeypatch):
    def stopped(asked):
        raise KeyboardInterrupt

    monkeypatch.setattr("otklik.ops.commands._health", stopped)
    assert cli.main(["health"]) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    def faulty(asked):
        return {}["missing"]

    monkeypatch.setattr("otklik.ops.commands._health", faulty)
    with pytest.raises(KeyError):
        cli.main(["health"])


@pytest.mark.django_db
def test_a_database_without_our_tables_is_told_in_one_sentence(capsys, monkeypatch):
    from django.db import connection

    def before_the_first_migration(asked):
        connection.cursor().execute("select 1 from no_such_table")

    monkeypatch.setattr("otklik.ops.commands._health", before_the_first_migration)
    assert cli.main(["health"]) == 1
    said = capsys.readouterr().err
    assert "otklik migrate" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "demo", "refused"),
    [
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", True, True),
        ("desk.example.org", True, True),
        ("0.0.0.0", False, False),
    ],
)
def test_the_demo_listens_on_this_machine_only(address, demo, refused):
    if refused:
        with pytest.raises(ListeningRefused):
            refuse_open_demo(address, demo=demo)
    else:
        refuse_open_demo(address, demo=demo)
