"""Mail bombs cost little, end as a letter or parked, and the next letter is read (S-33)."""

import io
import json
import os
import signal
import time
import zlib

import pytest

from otklik.channels.email import limits, quoting
from otklik.channels.email.account import parse_command
from otklik.channels.email.message import Letter
from otklik.channels.email.sandbox import Nursery, Parked

FROM = b"From: olga@clinic.example\n"
NEXT = FROM + b"Subject: next\n\nhello"


def nested(depth: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(depth)
    )


BOMBS = {
    "depth of 3,000": lambda: FROM + nested(3000),
    "100,000 parts": lambda: FROM + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 100_000,
    "60,000 addresses": lambda: FROM + b"To: " + b",\n ".join(b"u%d@x.example" % n for n in range(60_000)) + b"\n\n",
    "20,000 encoded words": lambda: FROM + b"Subject: " + b"\n ".join([b"=?utf-8?Q?=D0=B0?="] * 20_000) + b"\n\n",
    "encoded words within the limit": lambda: FROM + b"Subject: " + b"\n ".join([b"=?u?Q?=D0?="] * 15_000) + b"\n\n",
    "a header of 10 MB": lambda: FROM + b"X: " + b"a" * 10_000_000 + b"\n\nhi",
    "two million header fields": lambda: FROM + b"X: a\n" * 2_000_000 + b"\n\nhi",
    "a zip bomb": lambda: FROM + b"Content-Type: application/zip\n\n" + zlib.compress(b"\0" * 100_000_000),
    "45 MB of base64": lambda: (
        FROM + b"Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n" + b"QUJD" * 11_000_000
    ),
    "numbers in the subject": lambda: FROM + b"Subject: " + b" #1" * 20_000 + b"x\n\n",
    "empty lines before Original": lambda: FROM + b"\n" + b"\n" * 400_000 + b"- Original",
    "On without wrote": lambda: FROM + b"\n" + b"On Mon, 6 May 2024 " * 2_000_000,
    "attributions without end": lambda: FROM + b"\n" + b"On x 1, 2020\n" * 2_000_000,
    "quoted lines": lambda: FROM + b"\n" + b"> x\ny\n" * 4_000_000,
    "parentheses": lambda: b"From: " + b"(" * 60_000 + b"\nTo: " + b'"<' * 30_000 + b"\n\n",
    "nested elements": lambda: FROM + b"Content-Type: text/html\n\n" + b"<blockquote><b>" * 9_900 + b"x",
    "more nested elements": lambda: FROM + b"Content-Type: text/html\n\n" + b"<div>" * 500_000 + b"x",
    "a tag of 200,000 attributes": lambda: (
        FROM + b"Content-Type: text/html\n\n<a " + b"".join(b"x%d=1 " % n for n in range(200_000)) + b">z"
    ),
    "comments without end": lambda: FROM + b"Content-Type: text/html\n\n" + b"<!--" * 2_000_000,
    "uuencoded beginnings": lambda: FROM + b"\n" + b"begin 644 x\nM\n" * 2_000_000,
    "delivery reports": lambda: (
        b"From: MAILER-DAEMON@x\nContent-Type: message/delivery-status\n\n"
        + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 600_000
    ),
}


LONGER = ("> On Mon, 6 May 2024 a@b.example wrote:\n", "On Mon, 6 May 2024 a@b.example wrote:\n> q\nanswer\n")


@pytest.fixture(scope="module")
def nursery():
    with Nursery() as one:
        yield one


@pytest.mark.parametrize("bomb", BOMBS)
def test_s33_a_mail_bomb_is_read_or_parked_and_the_next_letter_is_read(nursery, bomb):
    raw = BOMBS[bomb]()
    began = time.monotonic()
    answer = nursery.parse(raw)
    assert isinstance(answer, Letter | Parked)
    assert time.monotonic() - began < limits.CPU_SECONDS
    assert nursery.parse(NEXT).subject == "next"


def test_s33_quotes_are_cut_in_linear_time():
    began = time.process_time()
    for piece in ("On x 1, 2020\n", "\n", "> a\n", "От: a\n", "-", "a: b\n", "wrote:\n", "Am 1.1.2020\n\n", *LONGER):
        quoting.split(piece * 50_000 + "x")
    assert time.process_time() - began < 10


def test_s33_a_letter_that_takes_too_long_is_parked_and_its_child_ends():
    raw = FROM + b"Content-Type: text/html\n\n" + b"<blockquote><b>" * 9_900 + b"x"
    with Nursery(wall=0.001) as hasty:
        assert hasty.parse(raw) == Parked("time")
        hasty.wall = 20.0
        assert hasty.parse(NEXT).subject == "next"


def test_s33_a_killed_nursery_is_started_again(nursery):
    assert nursery.parse(NEXT).subject == "next"
    os.kill(nursery._process.pid, signal.SIGKILL)
    assert nursery.parse(NEXT).subject == "next"


def test_small_letters_pass_at_a_hundred_a_second(nursery):
    nursery.parse(NEXT)
    began = time.monotonic()
    for _ in range(200):
        nursery.parse(NEXT)
    assert 200 / (time.monotonic() - began) > 100


def test_the_parse_command_prints_one_line_a_file_and_says_what_it_found(tmp_path):
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(FROM + "Subject: Принтер\n\nне печатает".encode())
    bad.write_bytes(FROM + nested(30))
    out = io.StringIO()
    assert parse_command([good, bad], out=out) == 1
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {
        "outcome": None,
        "ticket": None,
        "message": None,
        "reason": None,
        "from": {"name": "", "address": "olga@clinic.example"},
        "sender": "unverified",
        "automatic": False,
        "subject": "Принтер",
        "text": "не печатает",
        "reply": "не печатает",
        "attachments": [],
    }
    assert (second["outcome"], second["reason"]) == ("parked", "limit: depth")
    assert parse_command([good], out=io.StringIO()) == 0
    assert parse_command([tmp_path / "absent"], out=io.StringIO()) == 2
