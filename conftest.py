"""The suite's ground: one embedded server in memory, one migrated template, one clone of it per worker.

Set before Django is configured, so that the suite, and every process a test starts, works on this worker's database.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from otklik.loading import load, resting_collector
from otklik.ops.messages import compile_all
from otklik.ops.postgres import OWNER, Cluster

ROOT = Path(__file__).resolve().parent
MEMORY, ROOM = Path("/dev/shm"), 3 << 30


def _server_folder() -> Path:
    """In memory where there is room: a new database is a thousand small files, which a disk takes half a second for."""
    place = MEMORY / f"otklik-suite-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}" / "data"
    if place.is_dir() or (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM):
        return place
    return ROOT / "var" / "test-postgres"


os.environ.setdefault("OTKLIK_SUITE_SERVER", str(_server_folder()))  # the workers of one suite use the same
CLUSTER = Cluster(Path(os.environ["OTKLIK_SUITE_SERVER"]), durable=False, memory="128MB")
DATA_BESIDE = any((folder / "shared" / "data").is_dir() for folder in ROOT.parents)
DATABASE = f"test_{os.getpid()}"

os.environ.update(
    DJANGO_SETTINGS_MODULE="otklik.settings",
    OTKLIK_TESTING="1",
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright keeps a loop in the thread of the tests
    OTKLIK_HOME=str(ROOT / "var" / "tests" / os.environ.get("PYTEST_XDIST_WORKER", "alone")),
    DATABASE_URL=CLUSTER.address(DATABASE),
    DATABASE_OWNER_URL=CLUSTER.address(DATABASE, OWNER),
    PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")])),
)
for name in ("OTKLIK_BASE_URL", "OTKLIK_LANGUAGE", "OTKLIK_FAULT", "OTKLIK_ROLE", "PORT", "DEMO"):
    os.environ.pop(name, None)
# A process that may not keep what it compiled compiles the whole program at each start: a quarter of the cost.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

compile_all(stale_only=True)
load()

pytest_plugins = ["tests.database", "tests.queries", "tests.passwords", "tests.browser"]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let each xdist worker configure Django by this file, not by what it inherits from the controller."""
    if session.config.getoption("dist", "no") != "no" and not hasattr(session.config, "workerinput"):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None]:
    """Load the tests as the product loads its code."""
    with resting_collector():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the data stands beside the clone, a test that is passed over has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and DATA_BESIDE:
        report.outcome = "failed"
        report.longrepr = f"passed over although ../shared is here: {report.longrepr}"
    return report
