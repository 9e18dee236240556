"""Alarms about the way by which mail leaves: that it will stop, or that nothing has left for a while."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from otklik import clock
from otklik.journal.models import Entry
from otklik.journal.record import SYSTEM, Subject, record
from otklik.outbox.events import SenderAlarm
from otklik.outbox.models import Delivery, Sender, State

SUBJECT = Subject(kind="sender", id="mail")
ALARM_AGAIN = timedelta(hours=1)
PATIENCE = timedelta(minutes=15)


def alarm(sender: Sender, what: str, detail: str) -> None:
    """Tell people; at most once an hour the same, and only about the settings that count, not ones being tried."""
    if sender.pk is None:
        return
    recent = Entry.objects.filter(
        subject_kind=SUBJECT.kind, subject_id=SUBJECT.id, kind=SenderAlarm.kind, payload__what=what
    )
    if not recent.filter(recorded_at__gt=clock.now() - ALARM_AGAIN).exists():
        fact = SenderAlarm(what=what, address=sender.from_address, detail=detail[:500])
        with transaction.atomic():
            record(SUBJECT, fact, actor=SYSTEM)


def stuck() -> Delivery | None:
    """The letter that waits longest, where nothing at all has left since it was first tried a quarter of an hour ago.

    A server that does not answer, or refuses our password, is meant. Letters that it took up and put off (450 to 452,
    RFC 5321 §4.2.3) wait for their recipients and are not.
    """
    tried = Delivery.objects.filter(state__in=(State.QUEUED, State.SENDING), attempts__gt=0)
    ours = tried.exclude(first_attempt_at=None).exclude(answer__regex=r"^45[0-2] ")
    first = ours.order_by("first_attempt_at").first()
    if first is None or first.first_attempt_at is None or clock.now() - first.first_attempt_at < PATIENCE:
        return None
    sent = Delivery.objects.filter(state=State.SENT).order_by("-id").values_list("settled_at", flat=True)[:100]
    return None if any(at and at > first.first_attempt_at for at in sent) else first
