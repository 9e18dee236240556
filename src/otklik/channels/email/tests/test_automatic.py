"""Machines are told from people by the rules of domain.md §10.4 and no others."""

import pytest

from otklik.channels.email.message import parse

AUTOMATIC = {
    "Auto-Submitted: auto-replied": "auto-submitted",
    "Auto-Submitted: auto-generated (vacation)": "auto-submitted",
    "Return-Path: <>": "null return-path",
    "Precedence: bulk": "precedence",
    "Precedence: auto_reply": "precedence",
    "List-Id: <news.x.example>": "list-id",
    "X-Otklik: 1": "our own mail",
    "X-Otklik-Desk: abc": "our own mail",
}
HUMAN = ["Auto-Submitted: no", "Precedence: normal", "X-Auto-Response-Suppress: All", "Return-Path: <a@x.example>"]


def read(field: str, own: tuple[str, ...] = ()):
    return parse(f"From: Olga <olga@x.example>\r\n{field}\r\n\r\nhello".encode(), own=own)


@pytest.mark.parametrize("field", AUTOMATIC)
def test_signs_of_a_machine(field):
    assert read(field).automatic == AUTOMATIC[field]


@pytest.mark.parametrize("field", HUMAN)
def test_signs_that_do_not_make_a_machine(field):
    assert read(field).automatic == ""


def test_a_wish_for_no_answer_is_kept_but_the_letter_is_a_persons():
    assert read("X-Auto-Response-Suppress: OOF, AutoReply").suppress_reply
    assert not read("X: y").suppress_reply


def test_our_own_address_is_known():
    assert read("X: y", own=("olga@x.example",)).automatic == "our own address"


def test_a_delivery_report_names_recipient_status_and_our_letter():
    raw = b"""From: MAILER-DAEMON@mx.example
To: desk@clinic.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x

The mail system
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; olga@clinic.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; ivan@clinic.example
Action: delayed
Status: 4.4.1

--x
Content-Type: message/rfc822

Message-ID: <ot.4821.7.abc@clinic.example>

body
--x--
"""
    letter = parse(raw)
    assert letter.automatic == "delivery report"
    assert [(one.address, one.action, one.status, one.reply, one.permanent) for one in letter.report.recipients] == [
        ("olga@clinic.example", "failed", "5.1.1", "550", True),
        ("ivan@clinic.example", "delayed", "4.4.1", "", False),
    ]
    assert letter.report.original_message_id == "<ot.4821.7.abc@clinic.example>"


def test_a_person_who_quotes_a_bounce_is_a_person():
    head = b"From: olga@clinic.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n\n"
    letter = parse(head + b"<ivan@x.example>: 550 5.1.1 unknown")
    assert (letter.report, letter.automatic) == (None, "")
