"""``otklik up`` survives the death of every part, and ends without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from otklik.ops.postgres import Cluster
from otklik.ops.tests.processes import ROOT, children, clean_environment, command, free_port, kill, until


class House:
    """One ``otklik up`` on a folder and a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.environment = clean_environment(OTKLIK_HOME=str(home), PORT=str(self.port), OTKLIK_LANGUAGE="en")
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        log = (self.home.parent / f"{self.home.name}.log").open("a+")
        self.process = subprocess.Popen(command("up"), env=self.environment, stdout=log, stderr=log, text=True)
        until(lambda: self.answers() and len(self.parts()) == 2, seconds=60)
        return self.process

    def answers(self) -> bool:
        """The web is alive and the database is behind it: a page that reads the session answers."""
        try:
            return bool(urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status == 200)
        except (URLError, OSError):
            return False

    def parts(self) -> dict[str, int]:
        assert self.process
        return children(self.process.pid)

    def postmaster(self) -> int:
        return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])

    def healthy(self) -> bool:
        return subprocess.run(command("health"), env=self.environment, capture_output=True, check=False).returncode == 0


@pytest.fixture
def house() -> Iterator[House]:
    home = ROOT / "var" / "tests" / f"up-{os.getpid()}"
    made = House(home)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    Cluster(home / "postgres").stop()
    shutil.rmtree(home, ignore_errors=True)


def test_every_part_is_started_again_after_kill_9_and_a_clean_end_leaves_nothing(house):
    process = house.start()
    before = house.parts()
    for part in ("web", "worker"):
        kill(before[part])
        until(lambda part=part: house.parts().get(part) not in {None, before[part]})
    until(house.answers)
    database = house.postmaster()
    kill(database)
    until(lambda: house.healthy() and house.postmaster() != database)

    kill(process.pid)
    process.wait()
    process = house.start()
    until(house.healthy)
    parts = house.parts()

    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert not house.answers()
    assert not (house.home / "postgres" / "postmaster.pid").exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in parts.values())


def test_one_folder_is_served_once_and_a_taken_port_is_named(house):
    house.start()
    second = subprocess.run(command("up"), env=house.environment, capture_output=True, text=True, check=False)
    assert (second.returncode, second.stderr) == (1, "Otklik already runs from this folder.\n")

    elsewhere = house.home.with_name(house.home.name + "-b")
    environment = house.environment | {"OTKLIK_HOME": str(elsewhere)}
    third = subprocess.run(command("up"), env=environment, capture_output=True, text=True, check=False)
    shutil.rmtree(elsewhere)
    assert third.returncode == 1
    assert f"Port {house.port}: Address already in use" in third.stderr
