"""The pages of reports: for staff in the workspace, for representatives in the portal, for nobody else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from otklik import clock
from otklik.people.models import Person
from otklik.reports.models import Snapshot
from otklik.sla import verify
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of
from otklik.web.tests.test_workspace import words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("role", ["service_manager", "auditor", "org_manager"])
def test_the_month_opens_with_figures_that_lead_to_their_lists(role: str, language: str) -> None:
    ensure_defaults("ru")
    clinic = make.organisation("Clinic")
    reader = make.person(roles=[role], language=language)
    reader.manages.add(clinic)
    by = make.agent()
    for status in ("new", "resolved", "resolved"):
        make.ticket(status=status, by=by, requester=make.person(organisation=clinic), organisation=clinic)
    client = client_of(reader)
    front = client.get("/reports")
    assert front.status_code == 302
    page = client.get(front["Location"])
    assert page.status_code == 200
    links = re.findall(
        rf'<a class="linkish" href="({front["Location"]}/figures/[^"]+)">(\d+)</a>', page.content.decode()
    )
    assert len(links) >= 4
    for address, count in links:
        answer: Any = client.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert answer.content.decode().count("<tr>") - 1 == int(count)


def test_the_page_says_when_the_clocks_were_last_compared() -> None:
    manager = make.person(roles=["service_manager"], language="en")
    client = client_of(manager)
    month = client.get("/reports")["Location"]
    assert "have not been compared" in words(client.get(month))
    make.ticket()
    list(verify.kept())
    assert re.search(r"Clocks compared with the journal: .*1 ticket, 0 differences", words(client.get(month)))


def test_only_a_run_over_all_tickets_is_named_in_reports() -> None:
    ticket = make.ticket()
    assert list(verify.kept([ticket.number])) == []
    assert verify.last_run() is None


@pytest.mark.parametrize(
    "address", ["", "/2026-11", "/2026-11/table.csv", "/2026-11/table.xlsx", "/2026-11/figures/opened"]
)
def test_for_requesters_there_are_no_reports(address: str) -> None:
    assert client_of(make.person()).get(f"/reports{address}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["2026-13", "x", "2026-11/figures/none", "2026-11/figures/opened?service=x", "2026-11/figures/opened?priority=P9"],
)
def test_what_is_no_month_and_no_figure_is_not_found(address: str) -> None:
    assert client_of(make.person(roles=["auditor"])).get(f"/reports/{address}").status_code == 404


def test_the_files_are_kept_by_nobody() -> None:
    manager: Person = make.person(roles=["service_manager"])
    name = f"{clock.now():%Y-%m}"
    for kind, type_ in (("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats")):
        answer = client_of(manager).get(f"/reports/{name}/table.{kind}")
        assert answer["Content-Type"].startswith(type_)
        assert answer["Cache-Control"] == "private, no-store"


def test_a_month_that_is_over_is_kept_by_the_service_manager_alone() -> None:
    ensure_defaults("ru")
    name = f"{clock.now() - timedelta(days=35):%Y-%m}"
    with clock.at(datetime.fromisoformat(f"{name}-15T10:00:00+00:00")):
        ticket = make.ticket()
    manager = client_of(make.person("Mary", roles=["service_manager"], language="en"))
    auditor = client_of(make.person(roles=["auditor"], language="en"))
    assert "Keep these figures" in words(manager.get(f"/reports/{name}"))
    assert "Keep these figures" not in words(auditor.get(f"/reports/{name}"))
    assert auditor.post(f"/reports/{name}/snapshot").status_code == 404
    assert not Snapshot.objects.exists()
    for _time in range(2):
        assert manager.post(f"/reports/{name}/snapshot").status_code == 303
    kept = Snapshot.objects.get()
    for client in (manager, auditor):
        text = words(client.get(f"/reports/{name}"))
        assert "These figures were kept by Mary" in text
        assert f"SHA-256 {kept.hash}" in text
        assert "Nothing: counted today, the month has the same figures." in text
    later = make.agent(team=ticket.team)
    desk.cancel(ticket, reason="test", actor=make.actor(later))
    text = words(manager.get(f"/reports/{name}"))
    assert "Opened not counted cancelled afterwards" in text.replace("Opened Opened", "Opened")
    assert f" {ticket.number} " in words(manager.get(f"/reports/{name}/figures/opened"))


def test_a_month_that_runs_is_not_kept() -> None:
    manager = client_of(make.person(roles=["service_manager"], language="en"))
    name = f"{clock.now():%Y-%m}"
    assert "Keep these figures" not in words(manager.get(f"/reports/{name}"))
    answer = manager.post(f"/reports/{name}/snapshot", follow=True)
    assert "not over yet" in words(answer)
    assert not Snapshot.objects.exists()
    assert manager.post("/reports/2026-13/snapshot").status_code == 404
