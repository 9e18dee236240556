"""From the head of a line to the mail server and back: claim, hand over, settle; every letter ends in a state."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_noop as _

from otklik import clock
from otklik.clock import faultpoint
from otklik.jobs import enqueue
from otklik.journal.questions import Question
from otklik.outbox import attachments
from otklik.outbox.handover import TIMEOUTS, Envelope, Fate, Outcome, hand_over
from otklik.outbox.headers import build, mailbox
from otklik.outbox.models import OPEN, Delivery, Sender, State
from otklik.outbox.posting import queue
from otklik.outbox.sender import current, holding, trapping
from otklik.outbox.states import changed
from otklik.outbox.vault import mark

log = logging.getLogger("otklik.outbox")
LETTERS_A_JOB = 20
FIRST_DELAY = timedelta(minutes=1)
LAST_DELAY = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=2)
LEASE = timedelta(seconds=TIMEOUTS.whole + 60)
VANISHED = _("Sending broke off at the last moment: nobody knows whether the letter arrived.")
ENDS = {Fate.SENT: State.SENT, Fate.REFUSED: State.FAILED, Fate.UNKNOWN: State.UNKNOWN}
_LINE = Question(lambda line: Delivery.objects.in_line(line).select_for_update())


def send_line(line: str) -> int:
    """Send what is due in a line, in its order; stops at the first letter that has to wait. How many were settled."""
    settled = 0
    for _turn in range(LETTERS_A_JOB):
        delivery = claim(line)
        if delivery is None:
            return settled
        sender = current()
        if not settle(delivery, _attempt(delivery, sender)):
            return settled
        settled += 1
    if Delivery.objects.in_line(line).exists():
        enqueue("outbox.send", {"line": line}, key=f"mail:{line}")
    return settled


def claim(line: str) -> Delivery | None:
    """The head of the line, made ours: state sending, attempt and token raised; None if nothing may leave now.

    The caller holds the line's key in the queue. So a letter found in ``sending`` belongs to a run that lost its lease:
    before the final dot the token stops that run, after it nobody knows, and a person has to decide.
    """
    with transaction.atomic():
        now, sender = clock.now(), current()
        for head in _LINE.all(line):
            if head.state == State.SENDING and head.handing_over_at:
                _end(
                    head,
                    State.UNKNOWN,
                    VANISHED,
                )
                continue
            if head.next_attempt_at > now or (head.not_before or now) > now or holding(sender):
                return None
            if trapping(sender):
                _end(head, State.TRAPPED, "")
                continue
            head.state, head.token, head.attempts = State.SENDING, head.token + 1, head.attempts + 1
            head.first_attempt_at = head.first_attempt_at or now
            head.lease_until = now + LEASE
            head.save()
            return head
    return None


def settle(delivery: Delivery, outcome: Outcome) -> bool:
    """Write down what became of the attempt, unless another run has the letter; True if the line may go on."""
    for pause in (0.5, 1.0, 2.0, 0.0):
        try:
            return _settle(delivery, outcome)
        except DatabaseError:
            if not pause or connection.in_atomic_block:
                raise
            log.exception("delivery %s could not be settled yet", delivery.pk)
            connection.close()
            time.sleep(pause)
    return False


def _settle(delivery: Delivery, outcome: Outcome) -> bool:
    with transaction.atomic():
        mine = Delivery.objects.select_for_update().filter(pk=delivery.pk, token=delivery.token).first()
        if mine is None or outcome.fate is Fate.STOLEN:
            log.warning("delivery %s belongs to another run", delivery.pk)
            return False
        if mine.state not in OPEN and not (mine.state == State.UNKNOWN and outcome.fate is Fate.SENT):
            return False
        if outcome.fate is Fate.LATER:
            return _put_back(mine, outcome.answer)
        _end(mine, ENDS[outcome.fate], outcome.answer)
        faultpoint("outbox.before_commit")
    return True


def _put_back(delivery: Delivery, answer: str) -> bool:
    now = clock.now()
    if now - (delivery.first_attempt_at or now) >= GIVE_UP_AFTER:
        _end(delivery, State.FAILED, answer)
        return True
    delay = min(FIRST_DELAY * 2 ** min(delivery.attempts - 1, 20), LAST_DELAY)
    delivery.state, delivery.answer, delivery.next_attempt_at = State.QUEUED, answer, now + delay
    delivery.lease_until = delivery.handing_over_at = None
    delivery.save()
    queue(delivery)
    return False


def _end(delivery: Delivery, state: State, answer: str) -> None:
    delivery.state, delivery.answer, delivery.settled_at = state, answer, clock.now()
    delivery.lease_until = None
    if state == State.SENT and delivery.confidential:
        delivery.text = delivery.html = ""
    delivery.save()
    changed(delivery)


def _attempt(delivery: Delivery, sender: Sender | None) -> Outcome:
    if sender is None:
        return Outcome(Fate.LATER, _("Outgoing mail is not set up."))
    try:
        envelope = _envelope(delivery, sender)
    except attachments.Unavailable as error:
        return Outcome(Fate.LATER, str(error))
    except ValueError as error:
        return Outcome(Fate.REFUSED, str(error))
    return hand_over(envelope, sender, before_dot=lambda: _last_word(delivery))


def _last_word(delivery: Delivery) -> bool:
    """Commit that the final dot is about to be sent; False if the letter is no longer ours."""
    with transaction.atomic():
        return bool(
            Delivery.objects.filter(pk=delivery.pk, token=delivery.token, state=State.SENDING).update(
                handing_over_at=clock.now()
            )
        )


def _envelope(delivery: Delivery, sender: Sender) -> Envelope:
    headers = dict(delivery.headers)
    headers["X-Otklik"] = mark(delivery.message_id)
    payload = build(
        sender=mailbox(sender.from_address, delivery.author or sender.from_name),
        to=mailbox(delivery.recipient, delivery.recipient_name),
        subject=delivery.subject,
        text=delivery.text,
        html=delivery.html,
        message_id=delivery.message_id,
        date=delivery.created_at,
        headers=headers,
        parts=attachments.load(delivery.attachments),
    )
    silent = delivery.automatic and sender.null_return_path
    return Envelope("" if silent else sender.from_address, delivery.recipient, payload)
