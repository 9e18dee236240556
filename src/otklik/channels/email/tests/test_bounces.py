"""Delivery reports in the shapes that servers give them: which address, which status, and what is no report."""

from __future__ import annotations

from email.message import EmailMessage

from otklik.channels.email.bounces import Report
from otklik.channels.email.message import Letter
from otklik.channels.email.sandbox import understand


def written(text: str, *, author: str = "MAILER-DAEMON@mx.clinic.example", subject: str, **fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = author, "desk@desk.example", subject
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def machine(*groups: str, subject: str = "Undelivered Mail Returned to Sender") -> EmailMessage:
    """A report of RFC 3464 with these groups of fields, as they stand."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "MAILER-DAEMON@mx.example", "desk@desk.example", subject
    message["Content-Type"] = 'multipart/report; report-type="delivery-status"; boundary="b"'
    body = "\n\n".join(("Reporting-MTA: dns; mx.example", *groups))
    message.set_payload(
        f"--b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{body}\n\n--b--\n"
    )
    return message


def report(message: EmailMessage) -> Report | None:
    letter = understand(message.as_bytes())
    assert isinstance(letter, Letter)
    return letter.report


def told(message: EmailMessage) -> list[tuple[str, str]]:
    found = report(message)
    assert found is not None
    return [(one.address, one.status) for one in found.recipients]


GROUP = "Final-Recipient: rfc822; {0}@clinic.example\nAction: failed\nStatus: {1}\nDiagnostic-Code: smtp; {2}"


def test_recipients_whose_empty_line_between_was_lost_are_read_one_by_one():
    two = f"{GROUP.format('olga', '5.2.2', '552 5.2.2 full')}\n{GROUP.format('ivan', '5.1.1', '550 5.1.1 unknown')}"
    assert told(machine(two)) == [("olga@clinic.example", "5.2.2"), ("ivan@clinic.example", "5.1.1")]


def test_the_code_of_the_server_that_refused_counts_more_than_ours_of_the_same_class():
    assert told(machine(GROUP.format("olga", "5.1.1", "552 5.2.2 over quota"))) == [("olga@clinic.example", "5.2.2")]
    assert told(machine(GROUP.format("olga", "5.1.1", "452 4.2.2 over quota"))) == [("olga@clinic.example", "5.1.1")]
    assert told(machine(GROUP.format("olga", "5.1.1", "550 5.0.0 no"))) == [("olga@clinic.example", "5.1.1")]


def test_the_fields_of_a_report_pasted_into_the_text_are_read_as_such():
    text = (
        f"The letter below could not be delivered.\n\nFrom MAILER-DAEMON\n\n{GROUP.format('olga', '4.0.0', 'later')}\n"
    )
    assert told(written(text, subject="Undelivered Mail Returned to Sender")) == [("olga@clinic.example", "4.0.0")]


def test_names_without_a_domain_are_of_the_server_that_writes():
    text = (
        "Your mail to the following recipients could not be delivered because\nthey do not accept mail from"
        " desk@other.example:\n\tolga\n\tivan.k\n"
    )
    found = told(written(text, author="MAILER-DAEMON@Clinic.example", subject="Mail Delivery Problem"))
    assert {address for address, _ in found} == {"olga@clinic.example", "ivan.k@clinic.example"}


def test_a_name_that_an_archive_hid_is_no_address_and_the_status_stays():
    hidden = machine(GROUP.format("ol...", "5.7.1", "550 5.7.1 unwanted"))
    assert told(hidden) == [("", "5.7.1")]


def test_a_letter_that_says_nothing_but_that_another_came_not_through_is_a_report():
    for text in (
        "****\nVotre message n'a pas pu etre delivre a\nolga@clinic.example\n\n****\n"
        "Your message could not be delivered to\nolga@clinic.example\n****\n",
        "Ваше сообщение не доставлено:\n<olga@clinic.example>\n",
    ):
        message = written(text, author="relay.team@clinic.example", subject="RE: hello (delivery failed)")
        assert [address for address, _ in told(message)] == ["olga@clinic.example"]


def test_a_person_who_writes_about_an_undelivered_letter_is_heard():
    for text in (
        "Your message could not be delivered to\nolga@clinic.example\n\nCan you see why? It worked yesterday.\n",
        "Здравствуйте! Ваше сообщение не доставлено:\nolga@clinic.example\n",
        "Ваше сообщение не доставлено, пишет мне почта. Что делать?\n",
        "Письмо не доставлено на olga@clinic.example\n",
    ):
        assert report(written(text, author="anna@clinic.example", subject="Не доставлено письмо")) is None
    answer = written(
        "Your message could not be delivered to\nolga@clinic.example\n",
        author="anna@clinic.example",
        subject="Re: delivery failed",
        In_Reply_To="<1@desk.example>",
    )
    assert report(answer) is None


def test_what_befell_one_address_is_not_told_of_another():
    text = (
        "This is a permanent error. The following address(es) failed:\n\n  olga@clinic.example\n    SMTP error:\n"
        "    550 5.1.1 User unknown\n  ivan@clinic.example\n    mailbox is full: retry timeout exceeded\n"
    )
    both = "olga@clinic.example, ivan@clinic.example"
    found = told(written(text, subject="Mail delivery failed: returning message", X_Failed_Recipients=both))
    assert found == [("olga@clinic.example", "5.1.1"), ("ivan@clinic.example", "5.0.0")]


def test_russian_reports_are_read_by_their_words():
    for line in ("Сбой доставки следующим получателям:", "Не доставлено адресату", "Письмо не было доставлено"):
        message = written(f"{line}\n\n  olga@clinic.example\n", subject="Сбой", author="postmaster@clinic.example")
        assert [address for address, _ in told(message)] == ["olga@clinic.example"], line


def test_administrators_who_write_from_a_daemons_address_are_heard():
    for author in ("Админ <postmaster@clinic.example>", "MDaemon <it@clinic.example>", "Mail Delivery <m@p.example>"):
        for text in ("У olga@clinic.example не открывается почта.", "Не работает принтер 550 в кабинете 12."):
            assert report(written(text, author=author, subject="Помогите")) is None


def test_a_report_that_somebody_sends_on_is_his_letter():
    text = "Почему не уходит?\n\nYour message could not be delivered to the following recipients:\nolga@bank.example\n"
    for author in ("System Administrator <sysadmin@clinic.example>", "postmaster@clinic.example"):
        for subject in ("Fwd: Undeliverable: отчёт", "FW: Undeliverable mail", "Re: Undeliverable: отчёт"):
            found = report(written(text, author=author, subject=subject, In_Reply_To="<1@x.example>"))
            assert found is None, (author, subject)
