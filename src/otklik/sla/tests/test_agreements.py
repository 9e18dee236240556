"""Agreements: the most specific target wins with its reasons, versions never change, running clocks move when asked."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from otklik import clock, jobs
from otklik.calendars.models import Calendar
from otklik.jobs.models import QueuedJob
from otklik.journal.record import SYSTEM, Subject
from otklik.journal.timeline import entries
from otklik.sla import binding, moving, previewing, shipped
from otklik.sla.models import Agreement, SlaClock, Target
from otklik.sla.pages import agreements as agreements_page
from otklik.sla.pages.amounts import parse, written
from otklik.sla.publishing import Unpublishable, publish
from otklik.sla.selection import Keys, Terms, choose
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.pages import sent, signed_in
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make


def terms(number: int, **scope: Any) -> Terms:
    return Terms(id=number, version=1, metric="resolution", value=3600, calendar=1, **scope)


def test_the_more_specific_target_wins_and_each_loser_is_told_why() -> None:
    keys = Keys(organisation=(7, 3), service=(5, 2), type="incident", priority="P2", team=9)
    anybody, by_priority = terms(1), terms(2, priority="P2")
    by_parent, by_service = terms(3, service=2), terms(4, service=5)
    stranger = terms(5, organisation=8)
    choice = choose([anybody, by_priority, by_parent, by_service, stranger], keys)
    assert choice.won is by_service
    assert {one.terms.id: one.misfit or one.behind for one in choice.lost} == {
        1: "service",
        2: "service",
        3: "service",
        5: "organisation",
    }
    assert choose([terms(1), terms(2, rank=1)], keys).won == terms(1)
    assert choose([by_service, terms(6, organisation=3)], keys).won == terms(6, organisation=3)
    assert choose([stranger], keys).won is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("30 min", (1800, "seconds")),
        ("4 ч", (14_400, "seconds")),
        ("1 ч 30 мин", (5400, "seconds")),
        ("2 рабочих дня", (2, "bd")),
        ("1 working day", (1, "bd")),
        ("5bd", (5, "bd")),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: tuple[int, str]) -> None:
    assert parse(text) == amount
    assert parse(written(*amount)) == amount


@pytest.mark.parametrize("text", ["2 days", "4", "2 рабочих дня 3 ч", "soon"])
def test_days_of_24_hours_and_bare_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse(text)


@pytest.fixture
def desk_agreement(db: None) -> Agreement:
    """The shipped agreement with customers."""
    shipped.ensure_defaults("ru")
    return Agreement.objects.get(code="desk")


def drafts(agreement: Agreement, **values: int) -> list[Target]:
    """The newest targets with other solution times, by priority."""
    newest = agreement.versions.order_by("-number").first()
    assert newest is not None
    found = list(newest.targets.all())
    for target in found:
        if target.metric == "resolution" and target.priority in values and not target.type:
            target.value = values[target.priority]
    return found


def test_two_targets_that_nothing_decides_between_are_refused(desk_agreement: Agreement) -> None:
    office = Calendar.objects.get(code="ru-5x2")
    twins = [Target(metric="resolution", priority="P1", value=value, calendar=office) for value in (60, 120)]
    with pytest.raises(Unpublishable):
        publish(desk_agreement, twins, valid_from=clock.now(), actor=SYSTEM)


def test_a_later_version_begins_now_or_later_and_none_is_ever_changed(desk_agreement: Agreement) -> None:
    with pytest.raises(Unpublishable):
        publish(desk_agreement, drafts(desk_agreement), valid_from=clock.now() - timedelta(days=1), actor=SYSTEM)
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Target.objects.update(value=1)


def test_a_version_from_now_on_is_taken_also_where_the_minute_ends_on_the_way(desk_agreement: Agreement) -> None:
    drafts = list(desk_agreement.versions.get().targets.all())
    asked = clock.now().replace(second=0, microsecond=0) + timedelta(days=1)
    with clock.at(asked):
        begins = asked - timedelta(milliseconds=1)
        assert publish(desk_agreement, drafts, valid_from=begins, actor=SYSTEM).valid_from == begins


def test_a_ticket_is_judged_by_the_version_of_its_opening(desk_agreement: Agreement) -> None:
    with clock.at(msk("23.11 10:00")):
        old = make.ticket(impact=2, urgency=2)
    with clock.at(msk("23.11 11:00")):
        publish(desk_agreement, drafts(desk_agreement, P3=8 * 3600), valid_from=clock.now(), actor=SYSTEM)
        new = make.ticket(impact=2, urgency=2)
    found = {row.ticket_id: row.target for row in SlaClock.objects.filter(metric="resolution")}
    assert (found[old.pk], found[new.pk]) == (16 * 3600, 8 * 3600)


def table_hash() -> str:
    """Everything stored about clocks that are over, but when their ticket was last read."""
    names = [name for name in SlaClock.VALUES if name != "read_at"]
    rows = SlaClock.objects.exclude(stopped_at=None).order_by("pk").values_list("pk", *names)
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


def test_publishing_moves_running_clocks_only_when_asked_and_never_one_that_is_over(desk_agreement: Agreement) -> None:
    with clock.at(msk("23.11 10:00")):
        going = make.ticket(impact=2, urgency=2)
        make.ticket(impact=2, urgency=2, status="resolved")
    over = table_hash()
    with clock.at(msk("23.11 12:00")):
        shorter = drafts(desk_agreement, P3=8 * 3600)
        preview = previewing.preview(desk_agreement, shorter, "from_start")
        (told,) = [move for move in preview.moves if move.metric == "resolution"]
        assert (told.was, told.becomes, told.earlier) == (msk("25.11 10:00"), msk("24.11 10:00"), True)
        version = publish(desk_agreement, shorter, valid_from=clock.now(), actor=SYSTEM)
        assert SlaClock.objects.get(ticket=going, metric="resolution").due_at == msk("25.11 10:00")
        assert moving.move(going.pk, version, "from_start", actor=SYSTEM)
        assert not moving.move(going.pk, version, "from_start", actor=SYSTEM)
    row = SlaClock.objects.get(ticket=going, metric="resolution")
    assert (row.due_at, row.binding) == (msk("24.11 10:00"), 1)
    assert table_hash() == over
    assert list(verify()) == []
    told_facts: list[Any] = entries(Subject(kind="ticket", id=str(going.pk)), kinds=["sla.rebound"])
    assert told_facts[0].fact.cause == "published"
    assert "resolution" in told_facts[0].fact.dues


def test_a_moved_ticket_stays_with_its_new_version(desk_agreement: Agreement) -> None:
    from otklik.tickets import desk

    agent = make.agent()
    with clock.at(msk("23.11 10:00")):
        going = make.ticket(impact=2, urgency=2)
    with clock.at(msk("23.11 12:00")):
        changed = drafts(desk_agreement, P3=8 * 3600, P4=20 * 3600)
        version = publish(desk_agreement, changed, valid_from=clock.now(), actor=SYSTEM)
        moving.move(going.pk, version, "from_start", actor=SYSTEM)
    with clock.at(msk("23.11 13:00")):
        desk.prioritise(going, impact=3, urgency=3, actor=make.actor(agent))
    assert SlaClock.objects.get(ticket=going, metric="resolution").target == 20 * 3600
    assert list(verify()) == []


def test_a_preview_of_every_clock_is_read_in_parts_that_are_counted_once_in_any_order(
    desk_agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "BATCH", 1)
    with clock.at(msk("23.11 10:00")):
        tickets = [make.ticket(impact=2, urgency=2) for _ in range(3)]
        waiting = make.ticket(impact=2, urgency=2, status="pending")
    with clock.at(msk("23.11 12:00")):
        whole = previewing.preview(desk_agreement, drafts(desk_agreement, P3=3600), "from_start")
        run = previewing.begin(desk_agreement, drafts(desk_agreement, P3=3600), "from_start")
        jobs.drain(["slow"], until_idle=False)
        parts = [row.args for row in QueuedJob.objects.filter(task="sla.preview_part")]
        assert sorted(part["part"] for part in parts) == [0, 1, 2, 3]
        seen = []
        for part in [*reversed(parts), parts[-1]]:  # one of them twice, as after a worker that vanished
            previewing.read_part(part["run"], part["part"], part["tickets"])
            run.refresh_from_db()
            seen.append(previewing.Preview.from_data(run.told).read)
        jobs.drain(["slow"])  # the jobs themselves find it done
        run.refresh_from_db()
        told = previewing.Preview.from_data(run.told)
    assert run.ended_at is not None and told.whole and told == whole
    assert seen == sorted(seen) and len(set(seen)) == 4 and not QueuedJob.objects.filter(lane="slow").exists()
    late = {move.number for move in told.moves if move.late_at_once}
    assert late == {ticket.number for ticket in tickets}  # what rests since its opening is not late
    assert waiting.number in {move.number for move in told.moves}


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_somebody_is_at_work_on_holds_up_none_of_the_others() -> None:
    shipped.ensure_defaults("ru")
    agreement = Agreement.objects.get(code="desk")
    with clock.at(msk("23.11 10:00")):
        going = [make.ticket(impact=2, urgency=2) for _ in range(3)]
    held, freed, moved = threading.Event(), threading.Event(), []

    def at_work() -> None:
        with transaction.atomic():
            Ticket.objects.select_for_update(of=("self",)).get(pk=going[1].pk)
            held.set()
            freed.wait(20)
        connection.close()

    def move() -> None:
        moved.append(moving.move_all([one.pk for one in going], version, "from_start", actor=SYSTEM))
        connection.close()

    with clock.at(msk("23.11 12:00")):
        version = publish(agreement, drafts(agreement, P3=8 * 3600), valid_from=clock.now(), actor=SYSTEM)
        writer, mover = threading.Thread(target=at_work), threading.Thread(target=move)
        writer.start()
        assert held.wait(20)
        mover.start()
        mine = SlaClock.objects.filter(metric="resolution", agreement_version=version.pk)
        ended = time.monotonic() + 20
        while mine.count() < 2 and time.monotonic() < ended:
            time.sleep(0.01)
        assert {row.ticket_id for row in mine.all()} == {going[0].pk, going[2].pk}
        freed.set()
        writer.join()
        mover.join()
    assert moved == [3] and mine.count() == 3 and list(verify()) == []


def test_a_ticket_that_went_on_while_its_move_was_computed_is_computed_again(
    desk_agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.at(msk("23.11 10:00")):
        going = [make.ticket(impact=2, urgency=2) for _ in range(2)]
    with clock.at(msk("23.11 12:00")):
        version = publish(desk_agreement, drafts(desk_agreement, P3=8 * 3600), valid_from=clock.now(), actor=SYSTEM)
        boss, told = make.lead(), []

        def meanwhile(name: str) -> None:
            if name == "sla.move" and not told:
                told.append(name)
                desk.prioritise(going[0], impact=1, urgency=1, actor=make.actor(boss))

        monkeypatch.setattr(clock, "faultpoint", meanwhile)
        assert moving.move_all([one.pk for one in going], version, "from_start", actor=SYSTEM) == 2
    rows = SlaClock.objects.filter(metric="resolution", agreement_version=version.pk)
    assert {row.ticket_id: row.target for row in rows} == {going[0].pk: 4 * 3600, going[1].pk: 8 * 3600}
    assert list(verify()) == []


def test_the_page_shows_old_values_and_publishes_only_after_a_preview(
    desk_agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = make.person(roles=["service_manager"])
    client = signed_in(boss)
    make.ticket(impact=2, urgency=2)
    address = "/settings/agreements/desk"
    assert b"P3-resolution" in client.get(address).content
    assert b"/settings/agreements/desk" in client.get("/settings/agreements").content
    form = sent(desk_agreement) | {"mode": "from_start", "note": "быстрее"}
    form["P3-resolution"] = "8 ч"
    seen = client.post(address, form | {"review": "1"})
    assert seen.status_code == 200
    assert desk_agreement.versions.count() == 1
    monkeypatch.setattr(agreements_page, "SOME", 0)
    going = client.post(address, form | {"review": "1"}).content.decode()
    part = re.search(r'hx-get="(/settings/agreements/desk/previews/\d+)"', going)
    assert part is not None
    assert "hx-trigger" in client.get(part[1]).content.decode()
    jobs.drain(["slow"])
    over = client.get(part[1]).content.decode()
    assert "hx-trigger" not in over and over.count("<tr>") == 2
    done = client.post(address, form | {"publish": "1"})
    assert done.status_code == 303
    assert "hx-trigger" in client.get(address + "/moving").content.decode()
    assert 'id="moving"' in client.get(address).content.decode()
    jobs.drain(["slow"])
    assert "hx-trigger" not in client.get(address + "/moving").content.decode()
    newest = desk_agreement.versions.order_by("-number").first()
    assert newest is not None
    assert newest.targets.get(metric="resolution", priority="P3").value == 8 * 3600
    assert newest.targets.filter(type="service_request").count() == 2
    assert client.post(address, form | {"P3-resolution": "2 days"}).status_code == 422
    assert binding.in_force(clock.now())
