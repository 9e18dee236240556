"""F-21: a worker whose machine shows a wrong time tells nothing early, nothing late and nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from otklik import clock
from otklik.journal.record import Subject
from otklik.journal.timeline import entries
from otklik.sla import shipped, waking
from otklik.sla.models import SlaClock
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

LOOK = """
from otklik.loading import load
load()
from otklik.sla import waking
print(sum(waking.wake(key) for key in waking.due_now()))
"""


def look(shift: str) -> int:
    """A worker's look at the clocks, on a machine whose clock is off by ``shift``; how many words it told."""
    run = ["faketime", "-f", shift, sys.executable, "-c", LOOK]
    done = subprocess.run(run, env=os.environ, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout.split()[-1])


@pytest.mark.django_db(transaction=True)
def test_f21_workers_with_wrong_clocks_tell_nothing_early_and_nothing_twice() -> None:
    shipped.ensure_defaults("ru")
    with clock.at(clock.now() - timedelta(minutes=10)):
        ticket = make.ticket(impact=1, urgency=1, service=make.service())  # P1, around the clock: 75 % after 11:15
    subject = Subject(kind="ticket", id=str(ticket.pk))
    SlaClock.objects.filter(ticket=ticket, metric__in=("ack", "hold")).update(wake_at=None)
    assert (look("+5m"), look("-1h")) == (0, 0)
    assert entries(subject, kinds=["sla.warned", "sla.breached"]) == []
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert waking.wake(Ticket.objects.get(pk=ticket.pk).pk) >= 1
    told = [one.seq for one in entries(subject, kinds=["sla.warned", "sla.breached"])]
    SlaClock.objects.filter(ticket=ticket, metric__in=("ack", "hold")).update(wake_at=None)
    assert (look("+5m"), look("-1h")) == (0, 0)
    assert [one.seq for one in entries(subject, kinds=["sla.warned", "sla.breached"])] == told
