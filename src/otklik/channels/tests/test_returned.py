"""Delivery reports reach the letter and the ticket they speak of; others wait for a person (domain.md §10.4)."""

from __future__ import annotations

import pytest

from otklik.channels.tests import make
from otklik.journal.models import Entry
from otklik.outbox import posting, sender
from otklik.outbox.letter import Letter
from otklik.outbox.models import Delivery
from otklik.tickets.models import Message
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db


def report(original: str, address: str = "anna@clinic.example", action: str = "failed", status: str = "5.1.1") -> bytes:
    """A standard report (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mx.clinic.example\r\nTo: desk@desk.example\r\nReturn-Path: <>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <report{status}{action}@mx.clinic.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.clinic.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\n\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def sent():
    sender.configure(host="127.0.0.1", from_address="desk@desk.example")
    anna = tickets.person(email="anna@clinic.example")
    ticket = tickets.ticket(requester=anna)
    letter = Letter(
        to="anna@clinic.example",
        subject="Принтер",
        text="Чиним",
        kind="reply",
        about=("ticket", ticket.number),
        message_id=make.signed_id(ticket),
    )
    (delivery,) = posting.post(letter)
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", settled_at=delivery.created_at)
    return ticket, delivery


def certain(ticket) -> list[bool]:
    """Of each note: whether the report could name our letter, so that its word may silence us (notifications)."""
    facts = Entry.objects.filter(kind="message.delivery", subject_id=str(ticket.pk)).order_by("seq")
    return [fact.payload["certain"] for fact in facts]


def noted(ticket) -> list[tuple[str, str]]:
    facts = Entry.objects.filter(kind="message.delivery", subject_id=str(ticket.pk)).order_by("seq")
    return [(fact.payload["recipient"], fact.payload["status"]) for fact in facts]


def test_a_returned_letter_is_noted_on_its_ticket_and_needs_a_person(sent):
    ticket, delivery = sent
    row = make.arrive(report(delivery.message_id))
    assert (row.outcome, row.reason, row.ticket) == ("joined", "report_delivery", ticket)
    assert noted(ticket) == [("anna@clinic.example", "bounced")]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.pk in {one.pk for one in Delivery.objects.needing_a_person()}) == ("failed", True)
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_a_late_letter_is_noted_and_needs_nobody(sent):
    ticket, delivery = sent
    make.arrive(report(delivery.message_id, action="delayed", status="4.4.1"))
    assert noted(ticket) == [("anna@clinic.example", "delayed")]
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_a_report_that_names_no_letter_is_tied_by_its_address(sent):
    ticket, _ = sent
    row = make.arrive(report("<lost@elsewhere.example>"))
    assert (row.ticket, noted(ticket)) == (ticket, [("anna@clinic.example", "bounced")])


def test_a_report_about_no_letter_of_ours_waits_for_a_person(sent):
    row = make.arrive(report("<spam@elsewhere.example>", address="victim@elsewhere.example"))
    assert (row.outcome, row.reason) == ("parked", "report_about_nothing")
    assert noted(sent[0]) == []


def test_only_a_report_that_names_our_letter_is_certain(sent):
    """Anybody may write another: nobody is silenced by it."""
    make.arrive(report("<lost@elsewhere.example>"))
    make.arrive(report(sent[1].message_id, status="5.1.2"))
    assert noted(sent[0]) == [("anna@clinic.example", "bounced")] * 2
    assert certain(sent[0]) == [False, True]


def test_the_reader_of_our_letter_can_blame_no_address_but_the_one_it_went_to(sent):
    ticket, delivery = sent
    tickets.person(email="boss@clinic.example")
    make.arrive(report(delivery.message_id, address="boss@clinic.example"))
    assert noted(ticket) == [("anna@clinic.example", "bounced")]


@pytest.mark.parametrize(("disposition", "status"), [("displayed", "read"), ("deleted", "delivered")])
def test_a_receipt_says_read_only_where_the_letter_was_displayed(sent, disposition, status):
    ticket, delivery = sent
    make.arrive(
        (
            "From: anna@clinic.example\r\nTo: desk@desk.example\r\nSubject: x\r\n"
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
            "--b\r\n\r\nDone.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
            f"Final-Recipient: rfc822;anna@clinic.example\r\nOriginal-Message-ID: {delivery.message_id}\r\n"
            f"Disposition: automatic-action/MDN-sent-automatically; {disposition}\r\n--b--\r\n"
        ).encode()
    )
    assert noted(ticket) == [("anna@clinic.example", status)]
