"""Reading real mailboxes: killed readers, cut lines, new numbers (safety.md F-01, F-10, F-11)."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator

import pytest

from otklik.channels import balance, intake
from otklik.channels.email import watching
from otklik.channels.email.server import Trouble
from otklik.channels.models import Inbound, Mailbox, Reading
from otklik.channels.tests import make, rig
from otklik.channels.tests.dovecot import PROGRAM, Dovecot, Proxy
from otklik.jobs import drain
from otklik.journal.models import Entry
from otklik.tickets.models import Message, Ticket

needs_dovecot = pytest.mark.skipif(PROGRAM is None, reason="dovecot is not installed")
pytestmark = [pytest.mark.django_db(transaction=True), needs_dovecot]
# Every point that the reading of a mailbox passes; each is killed at least once.
POINTS = (
    "intake.after_fetch",
    "files.before_rename",
    "intake.after_bytes",
    "intake.before_commit",
    "intake.after_commit",
    "intake.before_flag",
    "intake.after_flag",
    "intake.after_parse",
    "desk.opened",
    "gate.before_commit",
    "intake.before_outcome",
    "intake.after_outcome",
    "jobs.before_finish",
    "jobs.before_commit",
)


@pytest.fixture
def server(monkeypatch) -> Iterator[Dovecot]:
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    one = Dovecot()
    yield one
    watching.stop()
    one.close()


def numbered(count: int, start: int = 0) -> list[bytes]:
    """Letters of as many people."""
    return [
        make.letter(f"Сломалось {n}", sender=f"person{n}@clinic.example", subject=f"Письмо {n}")
        for n in range(start, start + count)
    ]


def killed(name: str, fault: str) -> int:
    """Run the reader with a fault; its exit code, -9 when the fault struck."""
    done = subprocess.run(rig.command(name), env=rig.environment(OTKLIK_FAULT=fault), capture_output=True, timeout=120)
    return done.returncode


def take_in_what_is_kept() -> None:
    """Do what a worker does; leases of the killed are over at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("delete from jobs where task = 'channels.take_in'")
    for row in Inbound.objects.unfinished():
        intake.enqueue_reading(row)
    drain(["intake"])


def accounted(server: Dovecot, letters: int) -> None:
    """I1 and I2: every letter is one message, the server's copies agree with the ledger, the balance closes."""
    assert Message.objects.count() == letters
    assert Ticket.objects.count() == letters
    assert sorted(Inbound.objects.values_list("outcome", flat=True)) == ["opened"] * letters
    assert server.seen() == len(server.letters()) == Inbound.objects.exclude(marked_at=None).count()
    (sheet,) = balance.sheets()
    assert (sheet.closes, sheet.seen, sheet.on_server, sheet.here) == (True, letters, letters, letters)


def test_letters_are_read_marked_and_counted(server):
    box = server.mailbox()
    server.deliver(*numbered(3))
    assert watching.look_once(box) == 3
    drain(["intake"])
    accounted(server, 3)
    assert watching.look_once(box) == 0


def test_what_was_read_can_be_moved_or_deleted(server):
    box = server.mailbox(after="move", after_folder="Taken")
    server.deliver(*numbered(2))
    watching.look_once(box)
    assert server.letters() == []
    assert len([path for part in ("cur", "new") for path in (server.maildir / ".Taken" / part).iterdir()]) == 2
    Mailbox.objects.update(after="delete")
    server.deliver(*numbered(1, start=2))
    watching.look_once(Mailbox.objects.get())
    assert (server.letters(), Inbound.objects.count()) == ([], 3)


def test_f_01_a_reader_killed_at_any_point_loses_and_doubles_nothing(server):
    box = server.mailbox()
    server.deliver(*numbered(len(POINTS) + 2))
    struck = [killed(box.name, f"{point}:kill" + ("" if "flag" in point else "@2")) for point in POINTS]
    assert struck == [-9] * len(POINTS)
    assert killed(box.name, "") == 0
    take_in_what_is_kept()
    accounted(server, len(POINTS) + 2)


@pytest.mark.long
def test_f_01_two_hundred_kills_among_five_hundred_letters(server):
    box, chance = server.mailbox(), random.Random(1)
    kills = 0
    for part in range(20):
        server.deliver(*numbered(25, start=25 * part))
        for _ in range(10):
            kills += killed(box.name, f"{chance.choice(POINTS)}:kill@{chance.randint(1, 3)}") == -9
    while kills < 200:
        server.deliver(make.letter("ещё", sender="last@clinic.example"))
        kills += killed(box.name, f"{chance.choice(POINTS)}:kill") == -9
    assert killed(box.name, "") == 0
    take_in_what_is_kept()
    letters = len(server.letters())
    assert letters >= 500
    (sheet,) = balance.sheets()
    assert (sheet.closes, sheet.seen, sheet.on_server) == (True, letters, letters)
    assert Message.objects.count() == letters


def cuts(server: Dovecot, count: int) -> None:
    """Cut the line at random bytes until everything is through; nothing partial, lost or doubled."""
    proxy, chance = Proxy(server.port), random.Random(2)
    box = server.mailbox(port=proxy.port)
    letters = [make.letter("строка\n" * 400, sender=f"p{n}@clinic.example", subject=f"{n}") for n in range(12)]
    server.deliver(*letters)
    troubles = set()
    for _ in range(count):
        proxy.cut_after = chance.randint(1, 40_000)
        try:
            watching.look_once(box)
        except Trouble as trouble:
            troubles.add(trouble.code)
    proxy.cut_after = None
    watching.look_once(box)
    proxy.close()
    drain(["intake"])
    assert troubles <= {"cut", "connect", "silent", "broken"}
    assert troubles
    accounted(server, 12)
    kept = {intake.raw_of(row).replace(b"\r\n", b"\n") for row in Inbound.objects.all()}
    assert kept == {path.read_bytes() for path in server.letters()}


def test_f_10_a_line_cut_anywhere_leaves_no_partial_letter(server):
    cuts(server, 25)


@pytest.mark.long
def test_f_10_two_hundred_cuts(server):
    cuts(server, 200)


def test_f_10_a_stalling_mailbox_holds_no_other(server, monkeypatch):
    monkeypatch.setattr("otklik.channels.email.server.SECONDS", 3.0)
    proxy = Proxy(server.port)
    stalling = server.mailbox("stalling", port=proxy.port, poll_seconds=5)
    other = Dovecot()
    try:
        other.mailbox("sound", poll_seconds=5)
        proxy.stalled = True
        other.deliver(*numbered(2))
        assert watching.watch() == 2
        until = time.monotonic() + 20
        while time.monotonic() < until and Inbound.objects.count() < 2:
            time.sleep(0.2)
        assert Inbound.objects.filter(mailbox__name="sound").count() == 2
        while time.monotonic() < until and not Reading.objects.get(mailbox=stalling).failures:
            time.sleep(0.2)
        assert Reading.objects.get(mailbox=stalling).trouble == "silent"
        proxy.stalled = False
        Reading.objects.filter(mailbox=stalling).update(wake_at="2999-01-01T00:00Z")
        server.deliver(*numbered(1, start=5))
        until = time.monotonic() + 40
        while time.monotonic() < until and not Inbound.objects.filter(mailbox=stalling).exists():
            time.sleep(0.2)
        assert Inbound.objects.filter(mailbox=stalling).count() == 1
    finally:
        watching.stop()
        proxy.close()
        other.close()


def test_f_11_a_mailbox_numbered_anew_brings_only_what_is_new(server):
    old, new = 30, 5
    box = server.mailbox()
    server.deliver(*numbered(old))
    watching.look_once(box)
    server.forget_uids()
    server.deliver(*numbered(new, start=old))
    watching.look_once(box)
    drain(["intake"])
    assert Message.objects.count() == old + new
    (sheet,) = balance.sheets()
    assert (sheet.closes, sheet.outcomes["opened"], sheet.outcomes["duplicate"]) == (True, old + new, old)


def test_a_letter_deleted_before_it_was_read_shows_as_a_gap(server):
    box = server.mailbox()
    server.deliver(*numbered(1))
    watching.look_once(box)
    server.deliver(*numbered(2, start=1))
    import imaplib

    with imaplib.IMAP4("127.0.0.1", server.port) as other:
        other.login("desk", "loopback-only")
        other.select()
        other.store("2", "+FLAGS", r"\Deleted")
        other.expunge()
    watching.look_once(box)
    drain(["intake"])
    (sheet,) = balance.sheets()
    assert (sheet.closes, sheet.gone, sheet.seen, sheet.on_server) == (False, 1, 2, 3)


def test_a_wrong_password_is_said_and_remembered(server):
    box = server.mailbox()
    Mailbox.objects.update(secret="")
    with pytest.raises(Trouble) as refusal:
        watching.look_once(Mailbox.objects.get())
    assert refusal.value.code == "login"
    watching.take(box)
    assert [watching.failed(box.pk, refusal.value) for _ in range(2)] == [1, 2]
    assert Reading.objects.get().trouble == "login"
    assert not Entry.objects.filter(kind="mail.alarm").exists()


def test_s_22_a_mailbox_inside_is_refused_before_any_connection(server, monkeypatch):
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "")
    for host in ("127.0.0.1", "169.254.169.254", "2130706433", "0x7f.1", "１２７.0.0.1"):
        Mailbox.objects.all().delete()
        box = server.mailbox()
        box.host = host
        with pytest.raises(Trouble) as refusal:
            watching.look_once(box)
        assert refusal.value.code in {"inside", "no_address"}, host
