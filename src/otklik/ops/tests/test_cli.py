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
