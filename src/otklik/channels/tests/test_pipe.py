"""``otklik mail``: the pipe a mail server feeds, the import, the ledger (architecture.md §5)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections import Counter

import pytest

from otklik.channels import balance
from otklik.channels.email import importing
from otklik.channels.email.tests import corpus
from otklik.channels.email.tests.test_sandbox import BOMBS
from otklik.channels.models import OUTCOMES, Inbound
from otklik.channels.tests import make, rig
from otklik.tickets.models import Message, Ticket


def mail(*words: str, raw: bytes = b"", **extra: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``otklik mail …`` as a mail server or an operator does."""
    command = [sys.executable, "-m", "otklik", "mail", *words]
    return subprocess.run(command, input=raw, env=rig.environment(**extra), capture_output=True, timeout=120)


@pytest.mark.django_db(transaction=True)
def test_the_pipe_keeps_a_letter_and_tells_what_became_of_it():
    raw = make.letter("Не работает сканер")
    quiet = mail("pipe", raw=raw)
    assert (quiet.returncode, quiet.stdout, Inbound.objects.get().state) == (0, b"", "received")
    told = mail("pipe", "--json", raw=make.letter("Второе", sender="boris@clinic.example", subject="Вход"))
    answer = json.loads(told.stdout)
    ticket = Ticket.objects.get()
    assert (told.returncode, answer["outcome"], answer["ticket"]) == (0, "opened", ticket.number)
    assert answer["message"] == str(Message.objects.get().pk)
    assert answer["from"] == {"name": "", "address": "boris@clinic.example"}
    assert (answer["sender"], answer["automatic"], answer["subject"]) == ("unverified", False, "Вход")
    again = json.loads(mail("pipe", "--json", raw=raw).stdout)
    assert (again["outcome"], again["text"]) == ("duplicate", "Не работает сканер\n")


@pytest.mark.django_db(transaction=True)
def test_the_pipe_answers_75_when_the_letter_could_not_be_kept():
    raw = make.letter()
    assert mail("pipe", raw=raw, DATABASE_URL="postgresql:///nowhere?host=/nowhere").returncode == 75
    assert mail("pipe", "--mailbox", "unknown", raw=raw).returncode == 75
    assert mail("pipe", raw=raw, OTKLIK_FAULT="intake.before_commit:raise").returncode == 75
    assert Inbound.objects.count() == 0
    assert mail("pipe", raw=b"").returncode == 0


@pytest.mark.django_db(transaction=True)
def test_an_import_cut_short_goes_on_where_it_stopped(tmp_path):
    place = tmp_path / "letters.tar.xz"
    with tarfile.open(place, "w:xz") as tar:
        for number in range(6):
            raw = make.letter(f"{number}", sender=f"p{number}@clinic.example", subject=f"{number}")
            entry = tarfile.TarInfo(f"{number}.eml")
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))
    cut = mail("import", str(place), OTKLIK_FAULT="intake.before_outcome:kill@4")
    assert (cut.returncode, Inbound.objects.count()) == (-9, 4)
    done = mail("import", str(place), "--json")
    counts = {"seen": 6, "opened": 6, "joined": 0, "parked": 0, "refused": 0, "duplicate": 0}
    assert (done.returncode, json.loads(done.stdout)) == (0, counts)
    assert Message.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_the_ledger_is_red_while_a_letter_has_no_outcome():
    make.arrive(make.letter())
    assert mail("ledger").returncode == 0
    late = make.arrive(make.letter("2"))
    Inbound.objects.filter(pk=late.pk).update(state="received", outcome="", kept_at="2026-01-01T00:00Z")
    told = mail("ledger", "--json")
    sheet = json.loads(told.stdout)[0]
    assert (told.returncode, sheet["closes"], sheet["unfinished"], sheet["seen"]) == (1, False, 1, 2)


def test_what_is_no_archive_is_wrong_usage(tmp_path):
    (tmp_path / "file").write_bytes(b"no archive")
    with pytest.raises(importing.NotAnArchive):
        importing.run(str(tmp_path / "file"), mailbox=None)


# -- real mails ----------------------------------------------------------------------------------------------------
@corpus.needs_mails
@pytest.mark.django_db
def test_three_hundred_real_mails_end_in_exactly_one_outcome_each(tmp_path):
    rows = corpus.manifest()[::8][:300]
    for number, row in enumerate(rows):
        (tmp_path / f"{number:03}.eml").write_bytes(corpus.collected(row))
    box = make.mailbox()
    counts = importing.run(str(tmp_path), mailbox=box)
    assert counts["seen"] == len(rows) == sum(counts[name] for name in OUTCOMES)
    balanced(counts["opened"])


@corpus.needs_mails
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ten", [0, 1, 2])
def test_thirty_real_mails_go_through_the_real_pipe(ten):
    rows = corpus.manifest()[5::80][ten * 10 : ten * 10 + 10]
    answers = []
    for row in rows:
        done = mail("pipe", "--json", raw=corpus.collected(row))
        assert done.returncode == 0, done.stderr.decode()
        answers.append(json.loads(done.stdout)["outcome"])
    assert len(answers) == 10
    assert set(answers) <= set(OUTCOMES)
    balanced(answers.count("opened"))


@corpus.needs_mails
@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("archive", ["A_mail.tar.xz", "A_mail_bulk.tar.xz"])
def test_every_real_mail_ends_in_exactly_one_outcome(archive):
    box = make.mailbox()
    counts = importing.run(str(corpus.DATA / archive), mailbox=box)
    assert counts["seen"] == {"A_mail.tar.xz": 2433, "A_mail_bulk.tar.xz": 4071}[archive]
    assert counts["seen"] == sum(counts[name] for name in OUTCOMES)
    parked = Counter(Inbound.objects.filter(outcome="parked").values_list("reason", flat=True))
    assert not parked.keys() & {"", "error", "desk_refused"}  # each for a reason, and none for a fault of ours
    assert {*parked} <= {"automatic", "report_about_nothing", "authentication", "no_sender", "flood", "limit"}
    balanced(counts["opened"])


def balanced(opened: int) -> None:
    """The ledger closes, and there are as many tickets as letters that opened one."""
    assert all(sheet.closes for sheet in balance.sheets())
    assert Ticket.objects.count() == opened


# -- bombs and rubbish ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bomb", ["depth of 3,000", "20,000 encoded words", "a header of 10 MB", "a zip bomb"])
def test_s_33_a_mail_bomb_ends_in_the_ledger_and_the_next_letter_is_read(bomb):
    began = time.monotonic()
    done = mail("pipe", "--json", raw=BOMBS[bomb]())
    assert (done.returncode, json.loads(done.stdout)["outcome"] in {"opened", "parked"}) == (0, True)
    following = mail("pipe", "--json", raw=make.letter("Следующее"))
    assert json.loads(following.stdout)["outcome"] == "opened"
    assert time.monotonic() - began < 25


def mutated(raw: bytes, chance) -> bytes:
    """A letter damaged as transports and attackers damage them: cut, doubled, swapped, other charset, other header."""
    place, end = sorted(chance.sample(range(len(raw)), 2))
    kind = chance.randrange(5)
    if kind == 0:
        return raw[:place]
    if kind == 1:
        return raw[:end] + raw[place:end] + raw[end:]
    if kind == 2:
        return raw[end:] + raw[:end]
    if kind == 3:
        return raw.replace(b"utf-8", chance.choice([b"utf-7", b"x-unknown", b"koi8-r", b"\xff\xfe"]))
    return raw[:place] + bytes(chance.randrange(256) for _ in range(30)) + raw[end:]


def worked() -> float:
    """Seconds of the processor, ours and of our children: the suite shares its cores."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def rubbish(bad: int, good: int, big: int) -> None:
    """Good letters among damaged ones and a giant: the good are read, each bad one is a message or waits."""
    import random

    chance, box = random.Random(7), make.mailbox()
    base = [corpus.collected(row) for row in corpus.manifest()[:: max(1, 2400 // bad)][:bad]]
    raws = [mutated(raw, chance) for raw in base if len(raw) > 10]
    raws += [make.letter(f"{n}", sender=f"good{n}@clinic.example", subject=f"Хорошее {n}") for n in range(good)]
    raws.append(b"From: a@b.example\nSubject: big\n\n" + b"x" * big)
    chance.shuffle(raws)
    began = worked()
    rows = [make.arrive(raw, box) for raw in raws]
    assert worked() - began < 120  # all of them, the good and the bad
    assert {row.outcome for row in rows} <= set(OUTCOMES)
    opened = [row for row in rows if row.sender_address.startswith("good") and row.outcome == "opened"]
    assert len(opened) == good
    from otklik.channels import intake

    assert [intake.raw_of(row) for row in rows] == raws
    assert balance.sheets()[0].closes


@corpus.needs_mails
@pytest.mark.django_db
def test_f_13_good_letters_are_read_among_damaged_ones():
    rubbish(bad=40, good=10, big=1_000_000)


@corpus.needs_mails
@pytest.mark.long
@pytest.mark.django_db
def test_f_13_a_hundred_good_letters_among_five_hundred_damaged_and_one_of_50_mb():
    rubbish(bad=500, good=100, big=50_000_000)
