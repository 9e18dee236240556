"""``python -m bench mail``: thousands of letters through IMAP into an empty desk, read by two workers.

A real Dovecot holds the letters before the workers start; the clock stops when each has its outcome in the ledger and
every receipt is queued or withheld. Prints the rate, the processor time a letter costs, the workers' memory, whether
the ledger's balance closes, and how busy the machine was. Exit code 1 where the balance does not close.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LETTERS, SENDERS, WORKERS = 10_000, 5_000, 2
TICKS = os.sysconf("SC_CLK_TCK")
_THINGS = "Принтер Сканер Монитор Телефон Пароль Сервер Доступ Касса Томограф Почта".split()
_ILLS = "не печатает,не включается,просит пароль,показывает ошибку,работает медленно,пропал,завис".split(",")
_SYLLABLES = "ба ве ги до жу за ки ло му не по ра су ти".split()


def letters(count: int, senders: int, seed: int = 4) -> Iterator[bytes]:
    """Made-up letters of so many senders, each with words of its own."""
    dice = random.Random(seed)
    for number in range(count):
        who = number % senders
        subject = f"{dice.choice(_THINGS)} {''.join(dice.choices(_SYLLABLES, k=4))} {dice.choice(_ILLS)}"
        words = " ".join("".join(dice.choices(_SYLLABLES, k=3)) for _ in range(60))
        yield (
            f"Received: from mx.klinika{who % 40}.example by mail.desk.example; Tue, 24 Nov 2026 08:00:00 +0300\r\n"
            f"From: Сотрудник {who} <s{who}@klinika{who % 40}.example>\r\nTo: support@desk.example\r\n"
            f"Subject: {subject}\r\nMessage-ID: <{seed}.{number}@klinika{who % 40}.example>\r\n"
            "Date: Tue, 24 Nov 2026 08:00:00 +0300\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            f"Здравствуйте!\r\n{words}.\r\n\r\nС уважением, сотрудник {who}\r\n"
        ).encode()


class Flood:
    """One run in a home of its own."""

    def __init__(self, home: Path, count: int, senders: int) -> None:
        self.home, self.count, self.senders = home, count, senders
        self.workers: list[subprocess.Popen[bytes]] = []

    def run(self) -> dict[str, Any]:
        """Deliver, start the workers, wait, measure."""
        from otklik.channels.tests.dovecot import Dovecot
        from otklik.outbox import sender

        sender.configure(host="127.0.0.1", port=2525, tls="none", from_address="support@desk.example", holding=True)
        server = Dovecot()
        try:
            server.deliver(*letters(self.count, self.senders))
            server.mailbox(after="seen")
            load, started = os.getloadavg()[0], time.monotonic()
            environment = os.environ | {"OTKLIK_EGRESS_ALLOW": "127.0.0.0/8"}
            self.workers = [
                subprocess.Popen([sys.executable, "-m", "otklik", "worker"], env=environment) for _ in range(WORKERS)
            ]
            return self._watched(started) | {"load before": load, "load after": os.getloadavg()[0]}
        finally:
            for worker in self.workers:
                worker.send_signal(signal.SIGTERM)
            for worker in self.workers:
                worker.wait(timeout=40)
            server.close()

    def _watched(self, started: float) -> dict[str, Any]:
        memory, settled, ledger_at = 0.0, 0, 0.0
        before = _server_seconds()
        while True:
            time.sleep(1)
            memory = max([memory, *(_megabytes(worker.pid) for worker in self.workers)])
            settled, waiting = _counts()
            if settled == self.count and not ledger_at:
                ledger_at = time.monotonic() - started
            if settled == self.count and not waiting:
                break
            if any(worker.poll() is not None for worker in self.workers):
                raise SystemExit("a worker ended")
        took = time.monotonic() - started
        own = sum(_seconds(worker.pid) for worker in self.workers)
        return {
            "letters": self.count,
            "seconds to the last outcome": ledger_at,
            "seconds to the last receipt": took,
            "letters a second": self.count / took,
            "workers, CPU ms a letter": own * 1000 / self.count,
            "PostgreSQL, CPU ms a letter": (_server_seconds() - before) * 1000 / self.count,
            "memory of a worker at most, MB": memory,
            **_balance(),
        }


def _counts() -> tuple[int, int]:
    """(letters with an outcome, jobs and notices that still keep a receipt from being queued)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from channels_inbound where state = 'processed'),"
            " (select count(*) from jobs"
            "   where lane in ('intake', 'decide') or task in ('journal.tell', 'outbox.carry'))"
        )
        settled, waiting = cursor.fetchone()
    return int(settled), int(waiting)


def _balance() -> dict[str, Any]:
    from django.db.models import Count

    from otklik.channels import balance
    from otklik.channels.models import Inbound
    from otklik.outbox.models import Delivery, Notice

    outcomes = dict(Inbound.objects.values_list("outcome").annotate(count=Count("pk")))
    withheld = Notice.objects.filter(way="mail", kind="created").exclude(dropped_because="").count()
    return {
        "outcomes": outcomes,
        "receipts queued": Delivery.objects.filter(state="queued", kind="receipt").count(),
        "receipts withheld by a limit": withheld,
        "balance closes": all(sheet.closes for sheet in balance.sheets()),
    }


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pid: int) -> float:
    """Processor seconds of a process and its living descendants, those it buried included."""
    own = sum(int(value) for value in _stat(pid)[11:15]) / TICKS
    threads = [Path(path) for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = sorted({child for path in threads for child in path.read_text().split()})
    return own + sum(_seconds(int(child)) for child in children)


def _server_seconds() -> float:
    from otklik import settings

    postmaster = int((settings.EMBEDDED.data / "postmaster.pid").read_text().split()[0])
    return _seconds(postmaster)


def _megabytes(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def main(root: Path, arguments: list[str]) -> int:
    """Run it; the first argument is the number of letters."""
    count = int(arguments[0]) if arguments else LETTERS
    from otklik import settings
    from otklik.ops.ground import Needs, prepare

    home = Path(os.environ["OTKLIK_HOME"])
    settings.EMBEDDED.stop()
    shutil.rmtree(home, ignore_errors=True)
    paths = os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH")]))
    os.environ["PYTHONPATH"] = paths
    subprocess.run([sys.executable, "-m", "otklik", "migrate", "--init", "ru"], check=True)
    prepare(Needs.DATABASE)
    try:
        told = Flood(home, count, max(1, count * SENDERS // LETTERS)).run()
    finally:
        settings.EMBEDDED.stop()
    for name, value in told.items():
        print(f"{name:36}{value:>12.1f}" if isinstance(value, float) else f"{name:36}{value!s:>12}")
    return 0 if told["balance closes"] else 1
