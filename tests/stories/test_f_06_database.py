"""F-06: the database is restarted hard again and again, and lost to a standby, while mail comes in and goes out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from otklik.channels.tests import make
from otklik.channels.tests.dovecot import Dovecot
from otklik.ops.postgres import OWNER, ROLE, SUPERUSER, Cluster, _binary
from otklik.ops.tests.processes import clean_environment, command, free_port, until
from otklik.outbox.tests.sink import Sink

pytestmark = pytest.mark.long
MINUTES, EVERY, LETTERS = 5, 20, 25  # restart every so many seconds; letters in each interval
RECOVERED = 30  # seconds after which everything runs again by itself

_SET_UP = """
import django, sys; django.setup()
from otklik import clock
from otklik.channels.models import Mailbox
from otklik.outbox import sender
from otklik.outbox.vault import seal
imap, smtp, secret = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
Mailbox.objects.create(name="support", address="support@desk.example", host="127.0.0.1", port=imap, tls="none",
    user="desk", secret=seal(secret), poll_seconds=5, created_at=clock.now())
sender.configure(host="127.0.0.1", port=smtp, tls="none", from_address="support@desk.example")
"""


class House:
    """A desk of its own: a durable server, a mail server, a sink, two workers."""

    def __init__(self, home: Path, sink: Sink) -> None:
        self.home, self.sink, self.sent = home, sink, 0
        self.primary = Cluster(home / "first", port=free_port(), memory="64MB")
        self.standby = Cluster(home / "second", port=free_port(), memory="64MB")
        self.primary.start()
        self.primary.create()
        self.mail = Dovecot()
        self.environment = clean_environment(
            OTKLIK_HOME=str(home / "desk"),
            OTKLIK_EGRESS_ALLOW="127.0.0.0/8",
            DJANGO_SETTINGS_MODULE="otklik.settings",
            DATABASE_URL=self.address(ROLE),
            DATABASE_OWNER_URL=self.address(OWNER),
        )
        self.run("migrate", "--init", "ru")
        told = [sys.executable, "-c", _SET_UP, str(self.mail.port), str(sink.port), "loopback-only"]
        subprocess.run(told, env=self.environment, check=True, timeout=120)
        self.workers: list[subprocess.Popen[bytes]] = []

    def address(self, role: str) -> str:
        """Whichever of the two servers takes writes: libpq chooses."""
        hosts, ports = f"{self.primary.sockets},{self.standby.sockets}", f"{self.primary.port},{self.standby.port}"
        return f"postgresql://{role}@/otklik?host={hosts}&port={ports}&target_session_attrs=read-write"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command(*arguments), env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def ask(self, statement: str) -> Any:
        """One value; None while the database is away."""
        try:
            with psycopg.connect(self.address(ROLE), connect_timeout=5) as connection:
                row = connection.execute(statement.encode()).fetchone()
        except psycopg.Error:
            return None
        return row[0] if row else None

    def begin(self) -> None:
        self.workers = [
            subprocess.Popen(command("worker"), env=self.environment, stderr=subprocess.DEVNULL) for _ in range(2)
        ]

    def deliver(self, count: int) -> None:
        """Letters of as many strangers."""
        for _ in range(count):
            self.sent += 1
            text = f"Сломалось {self.sent}: {'аб' * (self.sent % 50)}"
            self.mail.deliver(make.letter(text, sender=f"p{self.sent}@clinic{self.sent}.example", subject=text[:40]))

    def settled(self) -> bool:
        """Every letter has its outcome, and every receipt is at an end."""
        ended = self.ask("select count(*) from channels_inbound where outcome = 'opened'")
        waiting = self.ask("select count(*) from outbox_delivery where state in ('queued', 'sending')")
        receipts = self.ask("select count(*) from outbox_delivery where kind = 'receipt'")
        return (ended, waiting, receipts) == (self.sent, 0, self.sent)

    def hold(self) -> None:
        """I1 to I9, as far as mail and the queue can tell."""
        (sheet,) = json.loads(self.run("mail", "ledger", "--json").stdout)
        assert (sheet["closes"], sheet["seen"], sheet["opened"]) == (True, self.sent, self.sent)
        assert self.mail.seen() == len(self.mail.letters()) == self.sent
        self.run("health", "--invariants", "--json")
        self.sink.nothing_twice()
        assert self.ask("select count(*) from outbox_delivery where state not in ('sent', 'unknown')") == 0
        sent = self.ask("select count(*) from outbox_delivery where state = 'sent' and kind = 'receipt'")
        assert sent <= len(self.sink.record) <= self.sent
        assert all(worker.poll() is None for worker in self.workers), "a worker had to be started by hand"

    def close(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(40)
        self.mail.close()
        for cluster in (self.primary, self.standby):
            if cluster.running():
                cluster.stop()


@pytest.fixture
def house() -> Iterator[House]:
    home = Path(tempfile.mkdtemp(prefix="otklik-f06-"))
    home.chmod(0o755)
    with Sink() as sink:
        one = House(home, sink)
        try:
            yield one
        finally:
            one.close()
    shutil.rmtree(home, ignore_errors=True)


def test_f_06_hard_restarts_under_load_lose_nothing_and_need_nobody(house):
    house.begin()
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end:
        next_restart = time.monotonic() + EVERY
        for _ in range(LETTERS):
            house.deliver(1)
            time.sleep(EVERY / LETTERS * 0.8)
        time.sleep(max(0.0, next_restart - time.monotonic()))
        restart(house.primary)
    before = house.ask("select count(*) from channels_inbound where outcome = 'opened'")
    house.deliver(1)
    until(
        lambda: house.ask("select count(*) from channels_inbound where outcome = 'opened'") > before, seconds=RECOVERED
    )
    until(house.settled, seconds=180)  # a sender that was cut waits a minute before its next try
    house.hold()


def test_f_06_the_desk_goes_on_with_the_standby_by_itself(house):
    copy_to_standby(house)
    house.begin()
    house.deliver(LETTERS)
    until(lambda: (house.ask("select count(*) from channels_inbound where outcome = 'opened'") or 0) >= 3, seconds=150)
    house.primary._run("pg_ctl", "-D", house.primary.data, "-w", "-s", "-m", "immediate", "stop")
    house.deliver(LETTERS)
    house.standby._run("pg_ctl", "-D", house.standby.data, "-w", "-s", "promote")
    promoted = house.ask("select count(*) from channels_inbound where outcome = 'opened'")
    until(
        lambda: (house.ask("select count(*) from channels_inbound where outcome = 'opened'") or 0) > promoted,
        seconds=RECOVERED,
    )
    until(house.settled, seconds=180)
    house.hold()


def restart(cluster: Cluster) -> None:
    """As a crash: no checkpoint, every connection torn."""
    cluster._run("pg_ctl", "-D", cluster.data, "-w", "-s", "-m", "immediate", "stop")
    cluster.start()


def copy_to_standby(house: House) -> None:
    """A streaming standby that confirms each commit before the client hears of it."""
    first, second = house.primary, house.standby
    place = ("-h", str(first.sockets), "-p", str(first.port), "-U", SUPERUSER)
    subprocess.run(
        [_binary("pg_basebackup"), *place, "-D", str(second.data), "-R", "-X", "stream", "-c", "fast"], check=True
    )
    for path in (second.data, *second.data.rglob("*")):
        shutil.chown(path, first.data.stat().st_uid, first.data.stat().st_gid)
    second.start()
    with first.superuser() as connection:
        connection.execute("alter system set synchronous_standby_names = '*'")
        connection.execute("select pg_reload_conf()")
        streams = "select count(*) from pg_stat_replication where state = 'streaming'"
        until(lambda: connection.execute(streams).fetchone() == (1,), seconds=30)
