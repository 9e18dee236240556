"""Limits on our own automatic answers (domain.md §10.4), decided on the history of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Lower

from otklik import clock, database
from otklik.journal.questions import Question
from otklik.outbox.headers import normal
from otklik.outbox.models import Delivery

RECEIPT = "receipt"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN_AN_HOUR = 5
STRANGER_AN_HOUR = 1
STRANGER_A_DAY = 5
IN_A_LOOP = 2  # an hour
_SENT = Question(
    lambda address, since: (
        Delivery.objects.alias(lower=Lower("recipient"))
        .filter(lower=Lower(address), created_at__gt=since, kind=RECEIPT)
        .values_list("created_at", flat=True)
    ),
    slots=2,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an automatic answer may go out, and why not; ``alarm`` when a person should hear of the silence."""

    allowed: bool
    reason: str = ""
    alarm: bool = False


def may_answer(address: str, *, known: bool, loop_suspected: bool = False) -> Verdict:
    """May a receipt go to this address now?

    ``known``: the address is a participant's, and verified. ``loop_suspected``: the mail to be answered looks like an
    answer to our own. Mail written by a person, and the reminder of its question, is never counted. Called in the
    transaction that will post the receipt: askers for one address wait for each other.
    """
    recipient = normal(address)
    with transaction.atomic(savepoint=False):
        database.rows("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"answer:{recipient.lower()}",))
        now = clock.now()
        sent = _SENT.all(recipient, now - DAY)
    in_hour = sum(moment > now - HOUR for moment in sent)
    if loop_suspected and in_hour >= IN_A_LOOP:
        return Verdict(False, "loop", alarm=True)
    if known:
        return Verdict(True) if in_hour < KNOWN_AN_HOUR else Verdict(False, "known_hour")
    if in_hour >= STRANGER_AN_HOUR:
        return Verdict(False, "stranger_hour")
    return Verdict(True) if len(sent) < STRANGER_A_DAY else Verdict(False, "stranger_day", alarm=True)
