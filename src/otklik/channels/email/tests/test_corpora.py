"""Real mails: every one is understood or parked, and understood as others understand it."""

from __future__ import annotations

import re

import pytest

from otklik.channels.email import cyrillic, html_text, quoting
from otklik.channels.email.addresses import Address
from otklik.channels.email.message import Letter
from otklik.channels.email.sandbox import Nursery, Parked, understand

from . import corpus
from .expectations import Score, compare, plain, reply_matches

pytestmark = corpus.needs_mails


def test_three_hundred_real_mails_are_understood_or_parked_for_a_limit():
    rows = corpus.manifest()[::8][:300]
    answers = [understand(corpus.collected(row)) for row in rows]
    parked = [one.reason for one in answers if isinstance(one, Parked)]
    assert all(reason.startswith("limit: ") for reason in parked)
    assert len(parked) <= 3


def test_real_mails_read_as_other_programs_read_them():
    score = Score()
    for row in [row for row in corpus.manifest() if row["expected"]][::4]:
        answer = understand(corpus.collected(row))
        compare(score, row, answer if isinstance(answer, Letter) else Letter(author=NOBODY))
    assert {what: score.share(what) > 0.9 for what in ("subject", "sender", "text", "attachments", "bounce")} == {
        "subject": True,
        "sender": True,
        "text": True,
        "attachments": True,
        "bounce": True,
    }


@pytest.mark.long
def test_every_mail_of_both_corpora_is_understood_or_parked_for_a_limit():
    reasons = []
    with Nursery() as nursery:
        for row in corpus.manifest():
            answer = nursery.parse(corpus.collected(row))
            reasons += [answer.reason] if isinstance(answer, Parked) else []
        for path in corpus.bulk():
            answer = nursery.parse(path.read_bytes())
            reasons += [answer.reason] if isinstance(answer, Parked) else []
    assert all(reason.startswith("limit: ") for reason in reasons)
    assert len(reasons) <= 8


@pytest.mark.long
def test_the_given_expectations_are_met():
    score = Score()
    for row in corpus.manifest():
        if row["expected"]:
            answer = understand(corpus.collected(row))
            compare(score, row, answer if isinstance(answer, Letter) else Letter(author=NOBODY))
    for what, least in GOALS.items():
        assert score.share(what) >= least, (what, score.right[what], score.stated[what], score.wrong[what])
    assert score.share("bounce status") >= 0.95
    assert score.share("bounce addresses") >= 0.95


@pytest.mark.long
def test_every_cyrillic_subject_is_readable():
    """No mojibake: every subject of a Cyrillic letter reads as a Slavic language or holds no foreign character."""
    doubtful = []
    for row in corpus.manifest():
        if "cyrillic_text" not in row["features"]:
            continue
        letter = understand(corpus.collected(row))
        if not isinstance(letter, Letter):
            continue
        russian = " ".join(re.findall(r"[\u0400-\u04ff]+", letter.subject))
        unreadable = re.search(r"(?![äöüßÄÖÜ]{4})[À-ÿ]{4}|[\ufffd\u2500-\u259f]", letter.subject)
        if unreadable or (russian and cyrillic.score(russian) < cyrillic.PLAUSIBLE - 0.6):
            doubtful.append((row["file"], letter.subject))
    assert doubtful == []


def test_replies_are_cut_as_the_given_cases_say():
    right, wrong = 0, []
    for case in corpus.replies():
        expected = next((case["expected"][key] for key in FULL if key in case["expected"]), None)
        if expected is None:
            continue
        html = case["format"] == "html"
        cut = quoting.split(html_text.text_of(case["input"]) if html else case["input"])
        if reply_matches(expected, cut) or (html and "".join(expected.split()) == "".join(cut.reply.split())):
            right += 1
        else:
            wrong.append((case["id"], plain(expected)[:100], plain(cut.reply)[:100]))
    assert right / (right + len(wrong)) >= 0.92, wrong


FULL = ("reply", "before", "reply_ignoring_whitespace", "first_fragment")
NOBODY = Address()
GOALS = {"subject": 0.99, "sender": 0.99, "attachments": 0.97, "text": 0.97, "bounce": 0.95, "reply": 0.92}
