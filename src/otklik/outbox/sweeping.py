"""What heals and tidies the outbox: lines nobody sends are woken, old texts are erased."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from otklik import clock
from otklik.jobs import enqueue
from otklik.outbox.alarms import alarm, stuck
from otklik.outbox.models import OPEN, Delivery, State
from otklik.outbox.sender import current, holding

KEPT = timedelta(days=90)
OVERDUE = timedelta(minutes=1)
LINES_A_SWEEP = 1000


def wake_lines() -> int:
    """Enqueue a job for lines whose letters are overdue or whose run vanished; how many lines."""
    now = clock.now()
    sender = current()
    if holding(sender):
        return 0
    if sender is not None and (waits := stuck()) is not None:
        alarm(sender, "stuck_out", waits.answer)
    due = Q(not_before=None) | Q(not_before__lte=now)
    overdue = Q(state=State.QUEUED, next_attempt_at__lte=now - OVERDUE)
    vanished = Q(state=State.SENDING, lease_until__lte=now)
    lines = Delivery.objects.filter(due, overdue | vanished).values_list("line", flat=True).distinct()[:LINES_A_SWEEP]
    for line in lines:
        enqueue("outbox.send", {"line": line}, key=f"mail:{line}", unless_waiting=True)
    return len(lines)


def forget_texts() -> int:
    """Erase the text of letters settled more than 90 days ago: the messages themselves are in their tickets."""
    old = Delivery.objects.exclude(state__in=OPEN).filter(settled_at__lt=clock.now() - KEPT)
    return old.exclude(text="", html="").update(text="", html="", attachments=[])
