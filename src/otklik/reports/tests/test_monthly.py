"""The monthly table: what it counts, for whom, and that each figure is the count of its list (§11, §15.11)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from openpyxl import load_workbook

from otklik import clock
from otklik.journal.record import Subject
from otklik.journal.timeline import entries
from otklik.people.models import Person
from otklik.reports import exports, monthly
from otklik.reports.figures import TICKETS, Cell, Figure, Month, listed_clocks, listed_tickets, parts_of
from otklik.sla import explain, settling, shipped, waking
from otklik.sla.models import PROMISED
from otklik.sla.tests.calendars import msk
from otklik.sla.verify import verify
from otklik.tickets import access, desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Europe/Moscow")
NOVEMBER = Month(2026, 11, ZONE)
NOW = msk("30.11 12:00")


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped agreements of the Russian profile."""
    shipped.ensure_defaults("ru")


@pytest.fixture
def manager() -> Person:
    return make.person("Мария", roles=["service_manager"])


def opened(moment: str, *, solved: str = "", **values: Any) -> Ticket:
    """A ticket of an instant, taken and solved at another."""
    with clock.at(msk(moment)):
        ticket = make.ticket(impact=2, urgency=2, **values)
    if solved:
        with clock.at(msk(solved)):
            by = make.actor(make.agent(team=ticket.team))
            desk.take(ticket, actor=by)
            ticket = desk.resolve(
                ticket,
                code="fixed",
                content=desk.Content(text="Заменили картридж и проверили печать."),
                cause_code="hardware",
                actor=by,
            )
    return ticket


def table(who: Person, month: Month = NOVEMBER, now: datetime = NOW) -> monthly.Table:
    return monthly.table(access.viewer(who), month, now)


def test_kept_and_broken_promises_stand_in_the_month_in_which_they_were_decided(manager: Person) -> None:
    opened("24.11 10:00", solved="24.11 12:00")
    opened("24.11 10:00", solved="27.11 17:00")
    total = table(manager).total
    assert (total.of("opened"), total.of("solved")) == (2, 2)
    assert (total.of("resolution.met"), total.of("resolution.breached")) == (1, 1)
    assert total.share("resolution") == 50.0
    october = table(manager, NOVEMBER.moved(-1))
    assert october.rows == [] and october.total.share("resolution") is None


def test_a_promise_breaks_when_its_time_is_over_though_the_ticket_is_open_and_nobody_looked(manager: Person) -> None:
    opened("24.11 10:00")
    assert table(manager, now=msk("24.11 12:00")).total.of("first_response.breached") == 0
    assert table(manager, now=msk("25.11 12:00")).total.of("first_response.breached") == 1
    with clock.at(NOW):
        for key in waking.due_now():
            waking.wake(key)
    assert table(manager).total.of("first_response.breached") == 1


def test_a_waived_breach_stands_apart_and_a_cancelled_ticket_nowhere(manager: Person) -> None:
    ticket = opened("24.11 10:00", solved="27.11 17:00")
    with clock.at(NOW):
        settling.waive(ticket, metric="resolution", reason="Авария у поставщика", actor=make.actor(manager))
        make.ticket(status="cancelled")
    total = table(manager).total
    assert (total.of("resolution.breached"), total.of("resolution.waived"), total.of("opened")) == (0, 1, 1)
    with clock.at(NOW):
        settling.withdraw_waiver(ticket, metric="resolution", reason="Подрядчик ни при чём", actor=make.actor(manager))
    total = table(manager).total
    assert (total.of("resolution.breached"), total.of("resolution.waived")) == (1, 0)
    told = [one.kind for one in entries(Subject(kind="ticket", id=str(ticket.pk))) if "waive" in one.kind]
    assert told == ["sla.waived", "sla.waiver_withdrawn"] and list(verify()) == []


def test_a_promise_judged_by_an_agreed_date_is_counted_and_named_as_such(manager: Person) -> None:
    ticket = opened("24.11 10:00")
    said = Message.objects.get(ticket=ticket, side="customer")
    anna = make.actor(make.agent(team=ticket.team))
    with clock.at(msk("24.11 11:00")):
        settling.negotiate(ticket, until=msk("27.11 12:00"), evidence=said.pk, actor=anna)
    assert table(manager, now=msk("27.11 11:00")).total.of("resolution.negotiated") == 0
    total = table(manager).total  # by then the date has passed
    assert (total.of("resolution.breached"), total.of("resolution.negotiated")) == (1, 1)
    with clock.at(msk("24.11 12:00")):
        ticket.refresh_from_db()
        assert not [one for one in explain.of(ticket) if "заново" in " ".join(one.conclusion)]
        desk.prioritise(ticket, impact=1, urgency=1, actor=anna)
        with override("ru"):
            (solution,) = [one for one in explain.of(ticket) if one.metric == "resolution"]
    assert "Срок с тех пор изменился: согласуйте дату с заявителем заново." in solution.conclusion


def test_a_share_is_never_rounded_up() -> None:
    row = monthly.Row(Cell(), "", "", "", Counter({"resolution.met": 9999, "resolution.breached": 1}))
    assert row.share("resolution") == 99.9


def test_every_figure_is_the_count_of_its_list_for_every_reader(manager: Person) -> None:
    clinic, lab = make.organisation("Clinic"), make.organisation("Lab")
    second = make.team("Вторая")
    for number, place in enumerate([clinic, lab, None, clinic]):
        who = make.person(organisation=place)
        opened(f"2{number + 3}.11 10:00", solved="27.11 17:00" if number % 2 else "", requester=who, organisation=place)
        opened(f"2{number + 3}.11 11:00", requester=who, organisation=place, team=second, visibility="restricted")
    represents = make.person(roles=["org_manager"])
    represents.manages.add(clinic)
    readers = [manager, make.agent(), make.agent(team=second), represents, make.person(roles=["auditor"])]
    seen = []
    for reader in readers:
        who = access.viewer(reader)
        found = table(reader)
        seen.append(found.total.of("opened"))
        names = [*TICKETS, *(f"{metric}.{part}" for metric in PROMISED for part in parts_of(metric))]
        for row in [*found.rows, found.total]:
            for name in names:
                figure = Figure.named(name)
                rows: Any = (
                    listed_clocks(who, NOVEMBER, figure, row.cell, NOW)
                    if figure.metric
                    else listed_tickets(who, NOVEMBER, figure, row.cell)
                )
                assert rows.count() == row.of(name), (reader, row.cell, name)
        assert found.total.figures == sum((row.figures for row in found.rows), Counter())
    assert seen == [4, 4, 4, 2, 4]
    assert table(make.person()).rows == []


def test_the_table_asks_as_often_for_many_rows_as_for_one(manager: Person, queries: Any) -> None:
    opened("24.11 10:00", requester=make.person(organisation=make.organisation("A")))
    one = queries.count(lambda: table(manager))
    for name in "BCD":
        opened("24.11 10:00", requester=make.person(organisation=make.organisation(name)))
    assert queries.count(lambda: table(manager)) == one


def test_a_month_is_half_open_in_its_zone_and_follows_its_neighbours() -> None:
    assert NOVEMBER.start == datetime(2026, 10, 31, 21, tzinfo=UTC)
    assert Month.named("2026-12", ZONE).moved(1) == Month(2027, 1, ZONE)
    assert NOVEMBER.end == NOVEMBER.moved(1).start
    assert Month.of(NOVEMBER.end - timedelta(seconds=1), ZONE) == NOVEMBER
    for wrong in ("2026-13", "2026-1", "26-11", "1999-01", "²026-11", "2026-11-1"):
        with pytest.raises(ValueError, match=wrong):
            Month.named(wrong, ZONE)


@pytest.mark.parametrize("name", ["met", "resolution.", "resolution.opened", "ack.met", "opened.met"])
def test_a_figure_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(name)):
        Figure.named(name)


def test_files_add_up_and_names_are_never_formulas(manager: Person) -> None:
    evil = make.organisation('=HYPERLINK("http://e")')
    opened("24.11 10:00", solved="27.11 17:00", requester=make.person(organisation=evil), organisation=evil)
    opened("24.11 10:00", solved="24.11 11:00")
    found = table(manager)
    sheet = load_workbook(io.BytesIO(exports.as_xlsx(found, [("=1+1", "@x")]))).worksheets[0]
    rows = list(sheet.iter_rows())
    assert {cell.data_type for row in rows for cell in row} <= {"s", "inlineStr", "n"}
    for column in [3, 4, 5, 6, 7]:
        assert sum(row[column].value for row in rows[1:-1]) == rows[-1][column].value
    with override("ru"):
        written = exports.as_csv(found).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(written), delimiter=";"))
    assert lines[0][0] == "Услуга"
    assert any(line[1] == '\'=HYPERLINK("http://e")' for line in lines)
    assert sum(int(line[3]) for line in lines[1:-1]) == int(lines[-1][3]) == 2
    assert not any(value.startswith(("=", "+", "-", "@")) for line in lines for value in line)


@pytest.mark.parametrize(("language", "share"), [("ru", "50,0"), ("en", "50.0")])
def test_files_are_read_the_same_whatever_a_spreadsheet_splits_at(manager: Person, language: str, share: str) -> None:
    ward = make.organisation("Корпус 1, «Приёмная»; дверь 3")
    opened("24.11 10:00", solved="27.11 17:00", requester=make.person(organisation=ward), organisation=ward)
    opened("24.11 10:00", solved="24.11 11:00")
    found = table(manager)
    with override(language):
        body = exports.as_csv(found)
        sheet = load_workbook(io.BytesIO(exports.as_xlsx(found, []))).worksheets[0]
    assert body.startswith(b"\xef\xbb\xbf")  # without it the letters are taken for those of another alphabet
    text = body.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert torn(text) == lines and share in lines[-1]
    for line, row in zip(lines[1:], sheet.iter_rows(min_row=2, values_only=True), strict=True):
        assert [number(value) for value in line[3:]] == list(row[3:])  # numbers in one, numbers in the other


def torn(text: str) -> list[list[str]]:
    """The file read by a program that splits at commas and tabs as well, but not inside of quotes."""
    marks = re.compile(r'"((?:[^"]|"")*)"|([^;,\t]*)')
    found = []
    for line in text.split("\r\n")[:-1]:
        cells, at = [], 0
        while at <= len(line):
            cell = marks.match(line, at)
            assert cell is not None
            cells.append(cell[1].replace('""', '"') if cell[1] is not None else cell[2])
            at = cell.end() + 1
        found.append(cells)
    return found


def number(value: str) -> float | None:
    return float(value.replace(",", ".")) if value else None
