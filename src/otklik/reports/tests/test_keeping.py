"""A closed month is kept with all behind it; what would differ later is listed beside it, with the reason."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import InternalError, ProgrammingError, transaction

from otklik import clock
from otklik.journal.models import Entry
from otklik.people.models import Person
from otklik.reports import keeping, monthly, restating
from otklik.reports.figures import TICKETS, Figure, Month, parts_of
from otklik.reports.models import Snapshot
from otklik.reports.tests.test_monthly import opened
from otklik.sla import settling, shipped
from otklik.sla.models import PROMISED
from otklik.sla.tests.calendars import msk
from otklik.tickets import access, desk
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

NOVEMBER = Month(2026, 11, ZoneInfo("Europe/Moscow"))
OVER, LATER = msk("01.12 12:00"), msk("03.12 12:00")


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements of the Russian profile."""
    shipped.ensure_defaults("ru")


@pytest.fixture
def manager() -> Person:
    person: Person = make.person("Мария", roles=["service_manager"])
    return person


def kept_by(person: Person) -> Snapshot:
    """November as it stood on the first of December."""
    with clock.at(OVER):
        return keeping.keep(NOVEMBER, person=person, actor=make.actor(person))


def told(kept: Snapshot, person: Person) -> list[tuple[Any, ...]]:
    """The differences, without the tickets."""
    found = restating.restated(kept, access.viewer(person), LATER)
    return [(one.ticket.number, one.what, one.was, one.now, one.why) for one in found]


def test_a_kept_month_has_the_figures_it_had_for_every_reader_with_their_lists(manager: Person) -> None:
    clinic = make.organisation("Clinic")
    opened("24.11 10:00", solved="27.11 17:00", requester=make.person(organisation=clinic), organisation=clinic)
    opened("24.11 10:00", solved="24.11 11:00")
    opened("24.11 10:00", visibility="restricted")
    represents = make.person(roles=["org_manager"])
    represents.manages.add(clinic)
    kept = kept_by(manager)
    assert keeping.is_whole(kept)
    for reader in (manager, represents, make.agent(), make.person(roles=["auditor"]), make.person()):
        who = access.viewer(reader)
        fresh, stored = monthly.table(who, NOVEMBER, OVER), keeping.table(kept, who)
        assert (stored.rows, stored.total) == (fresh.rows, fresh.total)
        for row in [*stored.rows, stored.total]:
            for name in [*TICKETS, *(f"{metric}.{part}" for metric in PROMISED for part in parts_of(metric))]:
                assert len(keeping.listed(kept, who, Figure.named(name), row.cell)) == row.of(name), name
    assert told(kept, manager) == []


def test_keeping_is_on_record_once_and_only_for_a_month_that_is_over(manager: Person) -> None:
    opened("24.11 10:00")
    with clock.at(msk("30.11 23:59")), pytest.raises(keeping.NotOver):
        keeping.keep(NOVEMBER, person=manager, actor=make.actor(manager))
    kept = kept_by(manager)
    assert kept_by(make.person(roles=["service_manager"])) == kept
    entry = Entry.objects.get(kind="report.kept")
    assert (entry.subject_id, entry.payload["hash"], entry.payload["tickets"]) == ("2026-11", kept.hash, 1)
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Snapshot.objects.update(hash="")
    kept.items[next(iter(kept.items))]["figures"] = []
    assert not keeping.is_whole(kept)


def test_a_breach_waived_later_is_told_and_the_kept_figures_stay(manager: Person) -> None:
    ticket = opened("24.11 10:00", solved="27.11 17:00")
    kept = kept_by(manager)
    before = keeping.table(kept, access.viewer(manager)).total.figures
    with clock.at(LATER):
        settling.waive(ticket, metric="resolution", reason="Авария у поставщика", actor=make.actor(manager))
    assert told(kept, manager) == [(ticket.number, "resolution", ("breached",), ("waived",), "waived")]
    assert keeping.table(kept, access.viewer(manager)).total.figures == before
    assert monthly.table(access.viewer(manager), NOVEMBER, LATER).total.figures != before
    assert told(kept, make.person(roles=["org_manager"])) == []


def test_a_ticket_reopened_or_in_another_row_or_entered_late_is_told_with_its_reason(manager: Person) -> None:
    ticket, other = opened("24.11 10:00", solved="24.11 12:00"), opened("24.11 10:00")
    kept = kept_by(manager)
    with clock.at(LATER):
        desk.reopen(ticket, cause="agent", reason="Не печатает", actor=make.actor(manager))
        desk.edit(other, service=make.service("Сеть"), actor=make.actor(manager))
    late = opened("25.11 10:00")
    found = told(kept, manager)
    assert (ticket.number, "solved", ("solved",), (), "reopened") in found
    assert [(row[1], row[4]) for row in found if row[0] == other.number] == [("cell", "service")]
    assert (late.number, "opened", (), ("opened",), "added") in found


def test_a_ticket_cancelled_later_stays_in_the_kept_month(manager: Person) -> None:
    ticket = opened("24.11 10:00")
    kept = kept_by(manager)
    with clock.at(LATER):
        desk.cancel(ticket, reason="test", actor=make.actor(manager))
    assert keeping.table(kept, access.viewer(manager)).total.of("opened") == 1
    assert {row[4] for row in told(kept, manager)} == {"cancelled"}
