"""A clock that is over is never changed by a configuration, whichever: shown by a hash over the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from otklik import clock, jobs
from otklik.calendars.models import Calendar
from otklik.calendars.publishing import publish as publish_calendar
from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.people.models import Team
from otklik.sla import moving
from otklik.sla.models import Agreement, HoursOf, SlaClock
from otklik.sla.publishing import publish
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.test_agreements import desk_agreement, drafts, table_hash
from otklik.sla.verify import verify
from otklik.tickets.policy import MATRIX_NAME, TIMERS_NAME
from otklik.tickets.tests import make

__all__ = ["desk_agreement"]


def an_agreement(agreement: Agreement) -> None:
    shorter = drafts(agreement, P1=600, P2=600, P3=600, P4=600)
    version = publish(agreement, shorter, valid_from=clock.now(), actor=SYSTEM)
    moving.enqueue_moves(version, "from_start")


def an_agreement_out_of_use(agreement: Agreement) -> None:
    Agreement.objects.filter(pk=agreement.pk).update(is_active=False)


def hours_to_come(agreement: Agreement) -> None:
    _calendar("2026-11-27")


def hours_of_the_past(agreement: Agreement) -> None:
    _calendar("2026-11-23", corrective=True)


def _calendar(day: str, *, corrective: bool = False) -> None:
    office = Calendar.objects.get(code="ru-5x2")
    exceptions = [*office.versions.order_by("-number")[0].exceptions, {"date": day, "kind": "holiday"}]
    publish_calendar(office, {"exceptions": exceptions}, actor=SYSTEM, reason="power cut", corrective=corrective)


def hours_of_a_team(agreement: Agreement) -> None:
    for team in Team.objects.all():
        HoursOf.objects.create(kind="team", subject=team.pk, calendar=Calendar.objects.get(code="24x7"))


def the_matrix(agreement: Agreement) -> None:
    matrix = config.current(MATRIX_NAME).data["matrix"]
    upside_down = {row: dict.fromkeys(cells, "P1") for row, cells in matrix.items()}
    config.publish(MATRIX_NAME, {"matrix": upside_down}, actor=SYSTEM)


def the_timers(agreement: Agreement) -> None:
    config.publish(TIMERS_NAME, {"close_bd": 1}, actor=SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        an_agreement,
        an_agreement_out_of_use,
        hours_to_come,
        hours_of_the_past,
        hours_of_a_team,
        the_matrix,
        the_timers,
    ],
)
def test_no_configuration_changes_a_clock_that_is_over(
    desk_agreement: Agreement, change: Callable[[Agreement], None]
) -> None:
    with clock.at(msk("23.11 10:00")):
        for status in ("new", "pending", "resolved", "closed", "cancelled"):
            make.ticket(impact=2, urgency=2, status=status)
    over = table_hash()
    assert SlaClock.objects.exclude(stopped_at=None).count() > 5
    with clock.at(msk("24.11 12:00")):
        change(desk_agreement)
        jobs.drain(["decide", "slow"])
    assert table_hash() == over
    assert list(verify()) == []
