"""Letters on their way: refusals, back-off, order, and honesty about what nobody can know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.jobs import drain, enqueue
from otklik.journal.models import Entry
from otklik.outbox import alarms, handover, sender, sweeping
from otklik.outbox.attachments import openers
from otklik.outbox.letter import Attached
from otklik.outbox.models import Delivery, State
from otklik.outbox.posting import post, send_again
from otklik.outbox.tests import make
from otklik.outbox.tests.sink import DROP, STALL, Sink, silent_server

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
ANNA, BORIS, CLARA = "anna@clinic.example", "boris@clinic.example", "clara@clinic.example"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        make.mail_set_up(sink)
        yield sink
        sink.nothing_lost()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = handover.Timeouts(connect=0.4, command=0.4, data=0.4, final=0.4, whole=2)
    monkeypatch.setattr(handover, "TIMEOUTS", quick)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("recipient", "state"))


def run(start: datetime, *, minutes: int) -> None:
    """Let the worker look once a minute."""
    for minute in range(minutes + 1):
        with clock.at(start + timedelta(minutes=minute)):
            drain()


def test_a_letter_arrives_once_as_text_and_html_with_its_thread_and_our_mark(sink: Sink) -> None:
    letter = make.letter(
        html="<p>Анна, картридж заменён.</p>",
        name="Анна Гордеева",
        references=("<root@clinic.example>", "<last@clinic.example>"),
        reply_to="desk+17.anna.sig@clinic.example",
        author="Борис, поддержка",
        language="ru",
    )
    (delivery,) = post(letter)
    drain()
    (taken,) = sink.record
    message = taken.message
    assert taken.mail_from == "desk@clinic.example"
    assert message["Subject"] == "Принтер в процедурном кабинете [#4821]"
    (author,) = message["From"].addresses
    assert (author.display_name, author.addr_spec) == ("Борис, поддержка", "desk@clinic.example")
    assert message["To"] == "Анна Гордеева <anna@clinic.example>"
    assert message["Reply-To"] == "desk+17.anna.sig@clinic.example"
    assert message["Message-ID"] == delivery.message_id
    assert message["References"] == "<root@clinic.example> <last@clinic.example>"
    assert message["In-Reply-To"] == "<last@clinic.example>"
    assert message["X-Otklik"]
    assert message["Auto-Submitted"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content().strip() for part in message.iter_parts()] == [letter.text, letter.html]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.answer[:3]) == (State.SENT, 1, "250")


def test_automatic_mail_says_so_and_leaves_with_an_empty_return_path(sink: Sink) -> None:
    post(make.letter(kind="receipt", automatic=True, auto_submitted="auto-replied"))
    drain()
    (taken,) = sink.record
    assert taken.mail_from == ""
    assert taken.message["Auto-Submitted"] == "auto-replied"
    assert taken.message["X-Auto-Response-Suppress"] == "All"


def test_files_travel_by_reference_and_a_store_that_is_away_only_delays_the_letter(sink: Sink) -> None:
    def away(key: str) -> bytes:
        raise OSError("the store is away")

    openers["test"] = away
    post(make.letter(attachments=(Attached("снимок экрана.png", "image/png", "test:1"),)))
    with clock.at(NOON + timedelta(days=365)):
        drain()
        assert states() == {ANNA: State.QUEUED}
    openers["test"] = lambda key: b"\x89PNG"
    with clock.at(NOON + timedelta(days=365, minutes=2)):
        drain()
    (taken,) = sink.record
    (part,) = taken.message.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        "снимок экрана.png",
        "image/png",
        b"\x89PNG",
    )
    del openers["test"]


def test_f15_three_recipients_taken_greylisted_and_refused_each_end_in_their_own_state(sink: Sink) -> None:
    sink.script("rcpt", BORIS, "451 greylisted, come back", "451 greylisted, come back")
    sink.script("rcpt", CLARA, "550 no such mailbox")
    with clock.at(NOON):
        post(*(make.letter(to) for to in (ANNA, BORIS, CLARA)))
        drain()
        assert states() == {ANNA: State.SENT, BORIS: State.QUEUED, CLARA: State.FAILED}
        assert Delivery.objects.get(recipient=CLARA).answer == "550 no such mailbox"
    run(NOON, minutes=4)
    assert states() == {ANNA: State.SENT, BORIS: State.SENT, CLARA: State.FAILED}
    assert set(sink.copies().values()) == {1}
    assert list(Delivery.objects.needing_a_person().values_list("recipient", flat=True)) == [CLARA]


def test_f15_a_server_that_greylists_everything_takes_each_letter_once_in_the_end(sink: Sink) -> None:
    sink.script("mail", "*", *["450 not yet"] * 6)
    with clock.at(NOON):
        post(*(make.letter(to) for to in (ANNA, BORIS, CLARA)))
    run(NOON, minutes=8)
    assert set(states().values()) == {State.SENT}
    assert set(sink.copies().values()) == {1}


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("phase", ["greet", "mail", "rcpt", "data"])
def test_f15_silence_before_the_final_dot_only_delays_and_holds_nobody_else(sink: Sink, phase: str) -> None:
    sink.script(phase, "*" if phase in ("greet", "mail") else ANNA, STALL)  # type: ignore[arg-type]
    with clock.at(NOON):
        post(make.letter(ANNA), make.letter(BORIS))
        drain()
        assert states() == {ANNA: State.QUEUED, BORIS: State.SENT}
    run(NOON, minutes=2)
    assert states() == {ANNA: State.SENT, BORIS: State.SENT}
    assert set(sink.copies().values()) == {1}


@pytest.mark.usefixtures("_impatient")
def test_a_server_that_never_greets_only_delays() -> None:
    with silent_server() as port, clock.at(NOON):
        make.mail_set_up(port=port)
        post(make.letter())
        drain()
        (delivery,) = Delivery.objects.all()
        assert (delivery.state, delivery.next_attempt_at) == (State.QUEUED, NOON + timedelta(minutes=1))


@pytest.mark.parametrize("silence", [DROP, STALL])
@pytest.mark.usefixtures("_impatient")
def test_f16_silence_after_the_final_dot_is_unknown_and_never_sent_again_by_itself(sink: Sink, silence: str) -> None:
    sink.script("final", ANNA, silence)
    with clock.at(NOON):
        (delivery,) = post(make.letter())
        drain()
    run(NOON, minutes=10)
    with clock.at(NOON + timedelta(days=1)):
        sweeping.wake_lines()
        drain()
    assert states() == {ANNA: State.UNKNOWN}
    assert len(sink.record) == 1
    assert list(Delivery.objects.needing_a_person()) == [delivery]

    with clock.at(NOON + timedelta(days=1)):
        send_again(delivery.pk)  # a person's word
        sink.again[delivery.message_id, ANNA] += 1
        drain()
    assert states() == {ANNA: State.SENT}
    assert sink.copies() == {(delivery.message_id, ANNA): 2}


def test_a_connection_lost_before_the_final_dot_is_tried_again(sink: Sink) -> None:
    sink.script("data", ANNA, DROP)
    with clock.at(NOON):
        post(make.letter())
    run(NOON, minutes=2)
    assert states() == {ANNA: State.SENT}
    assert set(sink.copies().values()) == {1}


def test_letters_of_one_ticket_reach_a_recipient_in_order_and_hold_nobody_else(sink: Sink) -> None:
    sink.script("rcpt", ANNA, "451 later")
    with clock.at(NOON):
        receipt, *_ = post(make.letter(entry=1), make.letter(BORIS), make.letter(about=("ticket", 18)))
        drain()
        (taken,) = post(make.letter(entry=2, text="Взяли в работу"))
        drain()
    run(NOON, minutes=2)
    of_seventeen = [
        each.message_id for each in sink.to(ANNA) if each.message_id in (receipt.message_id, taken.message_id)
    ]
    assert of_seventeen == [receipt.message_id, taken.message_id]
    assert [each.recipient for each in sink.record][:2] == [BORIS, ANNA]  # Boris, and Anna's other ticket, did not wait


def test_a_refused_letter_lets_the_next_of_its_line_go(sink: Sink) -> None:
    sink.script("final", ANNA, "554 looks like spam")
    post(make.letter(text="one"), make.letter(text="two"))
    drain()
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == [State.FAILED, State.SENT]


def test_tries_grow_from_a_minute_to_four_hours_and_end_after_two_days_as_failed(sink: Sink) -> None:
    sink.script("rcpt", ANNA, then_always="451 never")
    with clock.at(NOON):
        (delivery,) = post(make.letter())
        drain()
    waits, now = [], NOON
    while True:
        delivery.refresh_from_db()
        if delivery.state != State.QUEUED:
            break
        waits.append(delivery.next_attempt_at - now)
        now = delivery.next_attempt_at
        with clock.at(now):
            drain()
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 240]
    assert set(minutes[9:]) == {240}
    assert timedelta(days=2) <= now - NOON < timedelta(days=2, hours=4)
    assert (delivery.state, delivery.answer) == (State.FAILED, "451 never")


def test_a_wrong_password_or_an_unreachable_server_is_nobodys_refusal(sink: Sink) -> None:
    make.mail_set_up(sink, user="desk", secret="wrong")
    with clock.at(NOON):
        post(make.letter())
        drain()
        assert states() == {ANNA: State.QUEUED}
        make.mail_set_up(sink, user="", secret="")
    run(NOON, minutes=2)
    assert states() == {ANNA: State.SENT}


def test_a_letter_waits_for_its_time(sink: Sink) -> None:
    with clock.at(NOON):
        post(make.letter(not_before=NOON + timedelta(hours=9)))
        drain()
    assert sink.record == []
    with clock.at(NOON + timedelta(hours=9)):
        drain()
    assert len(sink.record) == 1


def test_while_the_desk_is_holding_nothing_leaves_and_nothing_is_lost(sink: Sink) -> None:
    with clock.at(NOON):
        sender.configure(holding=True)
        post(make.letter())
        drain()
    with clock.at(NOON + timedelta(days=3)):
        drain(ticks=True)
        assert sink.record == []
        sender.configure(holding=False)
        drain(ticks=False)
        sweeping.wake_lines()
        drain()
    assert states() == {ANNA: State.SENT}


def test_a_run_that_lost_the_letter_stops_before_the_final_dot(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    (delivery,) = post(make.letter())

    def another_takes_it(name: str) -> None:
        if name == "outbox.in_data":
            Delivery.objects.update(token=delivery.token + 7)

    monkeypatch.setattr(handover, "faultpoint", another_takes_it)
    drain()
    assert sink.record == []
    assert states() == {ANNA: State.SENDING}  # it belongs to the other run now


def test_a_line_whose_run_vanished_is_woken_by_the_sweep(sink: Sink) -> None:
    with clock.at(NOON):
        post(make.letter())
        Delivery.objects.update(state=State.SENDING, lease_until=NOON, token=1)
    with clock.at(NOON + timedelta(minutes=1)):
        assert sweeping.wake_lines() == 1
        drain()
    assert states() == {ANNA: State.SENT}


def test_texts_are_erased_after_ninety_days(sink: Sink) -> None:
    with clock.at(NOON):
        post(make.letter())
        drain()
    with clock.at(NOON + timedelta(days=91)):
        assert sweeping.forget_texts() == 1
        enqueue("outbox.forget")
        drain()
    assert Delivery.objects.get().text == ""


def test_a_dripping_server_is_cut_off_when_the_whole_time_is_over(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "TIMEOUTS", replace(handover.TIMEOUTS, whole=0.5))
    sink.script("rcpt", ANNA, STALL)
    with clock.at(NOON):
        post(make.letter())
        drain()
    assert states() == {ANNA: State.QUEUED}


def test_one_recipient_who_is_told_to_wait_is_no_alarm(sink: Sink) -> None:
    sink.script("rcpt", ANNA, *["451 greylisted"] * 9)
    with clock.at(NOON):
        post(make.letter(to=ANNA))
    for minute in range(0, 31, 5):
        with clock.at(NOON + timedelta(minutes=minute)):
            sweeping.wake_lines()
            drain()
    assert Delivery.objects.get().attempts > 1
    assert not Entry.objects.filter(kind="sender.alarm").exists()


def test_where_nothing_leaves_for_a_quarter_of_an_hour_the_administrators_hear_of_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = handover.Timeouts(connect=0.4, command=0.4, data=0.4, final=0.4, whole=2)
    monkeypatch.setattr(handover, "TIMEOUTS", quick)
    with Sink() as sink:
        make.mail_set_up(sink)
    with clock.at(NOON):
        post(make.letter(to=ANNA))
    for minute in range(0, 31, 5):  # the server is away: the sink is closed
        with clock.at(NOON + timedelta(minutes=minute)):
            sweeping.wake_lines()
            drain()
    told = Entry.objects.filter(kind="sender.alarm")
    assert [(one.payload["what"], bool(one.payload["detail"])) for one in told] == [("stuck_out", True)]
    with clock.at(NOON + timedelta(minutes=20)):
        waits = alarms.stuck()
    assert waits is not None and waits.recipient == ANNA
    Delivery.objects.filter(pk=waits.pk).update(state=State.SENT, settled_at=NOON + timedelta(minutes=31))
    with clock.at(NOON + timedelta(minutes=32)):
        assert alarms.stuck() is None
