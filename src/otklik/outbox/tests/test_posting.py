"""The door of the outbox: all or nothing, once, trapped where nothing may leave, and clean headers for any text."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from otklik import clock
from otklik.jobs import drain
from otklik.outbox import addressing, sender, vault
from otklik.outbox.headers import build, clean, mailbox, thread
from otklik.outbox.keys import rotate, signing_keys
from otklik.outbox.models import Delivery, Sender, State
from otklik.outbox.posting import acknowledge, post, send_again
from otklik.outbox.states import delivery_changed
from otklik.outbox.tests import make
from otklik.outbox.tests.sink import Sink

FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)
any_text = st.text(st.characters(exclude_categories=[]), max_size=400)  # surrogates and controls too


@pytest.mark.django_db
def test_a_letter_exists_exactly_when_the_change_does() -> None:
    with Sink() as sink:
        make.mail_set_up(sink)
        with transaction.atomic():
            post(make.letter())
            transaction.set_rollback(True)
        drain()
        assert not Delivery.objects.exists()
        assert sink.record == []


@pytest.mark.django_db
def test_the_same_letter_to_the_same_address_is_one_delivery_however_often_it_is_posted() -> None:
    make.mail_set_up()
    letters = [
        make.letter(to, message_id="<one@clinic.example>") for to in ("a@x.example", "a@X.example", "b@x.example")
    ]
    first, again, other = post(*letters)
    assert first == again
    assert other != first


@pytest.mark.django_db
def test_letters_are_trapped_while_mail_is_not_set_up_and_leave_at_a_persons_word() -> None:
    (delivery,) = post(make.letter())
    assert delivery.state == State.TRAPPED
    with pytest.raises(ValueError, match="does not leave"):
        send_again(delivery.pk)
    with Sink() as sink:
        make.mail_set_up(sink)
        send_again(delivery.pk)
        drain()
        assert len(sink.record) == 1
    with pytest.raises(ValueError, match="sent"):
        send_again(delivery.pk)


@pytest.mark.django_db
def test_the_demo_never_mails_out_even_where_a_server_is_set_up(settings: object) -> None:
    with Sink() as sink:
        make.mail_set_up(sink)
        (waiting,) = post(make.letter())
        settings.DEMO = True  # type: ignore[attr-defined]
        (delivery,) = post(make.letter())
        drain()
        assert sink.record == []
    waiting.refresh_from_db()
    assert (waiting.state, delivery.state) == (State.TRAPPED, State.TRAPPED)
    assert set(Delivery.objects.trapped()) == {waiting, delivery}


@pytest.mark.django_db
def test_every_change_of_state_is_told_in_its_transaction() -> None:
    heard: list[str] = []
    listener = lambda delivery: heard.append(delivery.state)  # noqa: E731
    delivery_changed.append(listener)
    with Sink() as sink:
        make.mail_set_up(sink)
        post(make.letter())
        drain()
    delivery_changed.remove(listener)
    assert heard == [State.QUEUED, State.SENT]


@pytest.mark.django_db
def test_a_failed_letter_asks_for_a_person_until_one_says_it_is_seen() -> None:
    with Sink() as sink:
        make.mail_set_up(sink)
        sink.script("rcpt", "anna@clinic.example", "550 gone")
        (delivery,) = post(make.letter())
        drain()
    assert list(Delivery.objects.needing_a_person()) == [delivery]
    acknowledge(delivery.pk)
    assert not Delivery.objects.needing_a_person().exists()


@pytest.mark.django_db
def test_what_django_and_its_apps_send_leaves_by_the_same_door_and_is_forgotten_once_sent(settings: object) -> None:
    settings.EMAIL_BACKEND = "otklik.outbox.backend.EmailBackend"  # type: ignore[attr-defined]
    with Sink() as sink:
        make.mail_set_up(sink)
        message = mail.EmailMultiAlternatives(
            "Вход", "Ссылка: https://…", "evil@x.example", ["Анна <anna@clinic.example>"]
        )
        message.attach_alternative("<p>Ссылка</p>", "text/html")
        assert message.send() == 1
        drain()
        (taken,) = sink.record
    assert taken.message["From"].addresses[0].addr_spec == "desk@clinic.example"
    assert taken.message["Auto-Submitted"] == "auto-generated"
    assert (Delivery.objects.get().text, Delivery.objects.get().state) == ("", State.SENT)


@pytest.mark.django_db
def test_settings_of_the_mail_server_are_versions_and_keep_the_secret_unreadable() -> None:
    make.mail_set_up(user="desk", secret="пароль")
    newer = sender.configure(port=465, tls="tls")
    assert (newer.user, vault.unseal(newer.secret), newer.port) == ("desk", "пароль", 465)
    assert "пароль" not in newer.secret
    assert Sender.objects.count() == 2
    assert sender.current() == newer


@given(any_text, any_text, any_text)
def test_no_text_reaches_beyond_its_own_header(subject: str, name: str, value: str) -> None:
    raw = build(
        sender=mailbox("desk@clinic.example", name),
        to=mailbox("anna@clinic.example", name),
        subject=subject,
        text=clean(value, 10_000),
        html="",
        message_id="<a@clinic.example>",
        date=FRIDAY,
        headers={"X-Test": value},
    )
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert set(names) <= {
        *(b"date", b"from", b"to", b"subject", b"message-id", b"x-test"),
        *(b"mime-version", b"content-type", b"content-transfer-encoding"),
    }
    assert len(names) == len(set(names))
    assert all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n"))
    assert b"\0" not in raw


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=150))
def test_a_subject_in_any_script_reads_the_same_at_the_other_end(subject: str) -> None:
    raw = build(
        sender=mailbox("desk@clinic.example"),
        to=mailbox("anna@clinic.example"),
        subject=subject,
        text="",
        html="",
        message_id="<a@clinic.example>",
        date=FRIDAY,
        headers={},
    )
    read = str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"])
    assert read.split() == clean(subject).split()


def test_references_keep_the_root_and_the_newest_and_nothing_that_is_no_message_id() -> None:
    ids = [f"<{n}@x.example>" for n in range(40)]
    assert thread(["<root@x.example>", "broken", "<a b@x>", *ids]).split() == ["<root@x.example>", *ids[-19:]]


@pytest.mark.parametrize("address", ["", "anna", "anna@", "@clinic.example", "anna@clinic example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        mailbox(address)


@pytest.mark.django_db
def test_a_letter_about_a_ticket_carries_a_signed_id_and_a_signed_address_of_its_recipient() -> None:
    make.mail_set_up(reply_domain="desk.clinic.example", reply_mailbox="support")
    by_message, by_entry, again = post(
        make.letter(message=5, person=3), make.letter(entry=5, person=3), make.letter(entry=5, person=3)
    )
    keys = signing_keys()
    read = addressing.read_message_id(by_message.message_id, keys=keys)
    assert read == addressing.MessageId(17, 5)
    assert by_message.headers["Reply-To"].startswith("support+17.3.")
    assert addressing.read_reply_address(by_message.headers["Reply-To"], keys=keys) == addressing.ReplyAddress(17, 3)
    assert by_entry == again
    assert by_entry != by_message
    with pytest.raises(ValueError, match="already"):
        post(make.letter(message=5, kind="receipt"))


@pytest.mark.django_db
def test_ids_signed_with_an_older_key_stay_valid_for_two_years() -> None:
    with clock.at(FRIDAY):
        (delivery,) = post(make.letter(message=5))
        rotate()
    with clock.at(FRIDAY + timedelta(days=700)):
        assert addressing.read_message_id(delivery.message_id, keys=signing_keys())
    with clock.at(FRIDAY + timedelta(days=740)):
        assert addressing.read_message_id(delivery.message_id, keys=signing_keys()) is None
