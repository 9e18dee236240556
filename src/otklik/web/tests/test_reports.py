"""The pages of reports: for staff in the workspace, for representatives in the portal, for nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from otklik import clock
from otklik.people.models import Person
from otklik.sla import verify
from otklik.sla.shipped import ensure_defaults
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
