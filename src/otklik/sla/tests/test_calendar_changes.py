"""New versions of calendars: what only changes dates to come moves the running clocks, and no clock that is over."""

from __future__ import annotations

import pytest
from django.test import Client

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.calendars.publishing import BEGINNING, publish
from otklik.jobs import drain
from otklik.journal.record import SYSTEM, Subject
from otklik.people.models import Person
from otklik.sla import shipped
from otklik.sla.models import Agreement, SlaClock, Target
from otklik.sla.publishing import publish as publish_agreement
from otklik.sla.reading import clocks_of, story_of
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.test_agreements import table_hash
from otklik.sla.verify import verify
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreements() -> None:
    """The shipped calendars, and a solution in 80 hours of RU8."""
    shipped.ensure_defaults("ru")
    Agreement.objects.update(is_active=False)
    made = Agreement.objects.create(code="long", name_ru="Долго", name_en="Long")
    office = Calendar.objects.get(code="ru-5x2")
    publish_agreement(
        made, [Target(metric="resolution", value=80 * 3600, calendar=office)], valid_from=BEGINNING, actor=SYSTEM
    )


@pytest.fixture
def boss() -> Person:
    """The service manager."""
    return make.person(roles=["service_manager"])


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def test_example_39_a_day_closed_in_advance_moves_the_running_clock_and_nothing_spent() -> None:
    with clock.at(msk("30.11 17:00")):
        ticket = make.ticket()
        make.ticket(status="resolved")
    over = table_hash()
    assert SlaClock.objects.get(ticket=ticket).due_at == msk("14.12 17:00")
    with clock.at(msk("01.12 12:00")):
        subject = Subject(kind="ticket", id=str(ticket.pk))
        (before,) = clocks_of(story_of(subject), clock.now())
        closed = [{"date": "2026-12-11", "kind": "holiday", "why": "переезд"}]
        publish(Calendar.objects.get(code="ru-5x2"), {"exceptions": closed}, actor=SYSTEM)
        drain()
        (after,) = clocks_of(story_of(subject), clock.now())
    row = SlaClock.objects.get(ticket=ticket)
    assert (row.due_at, row.binding) == (msk("15.12 17:00"), 1)
    assert before.reading.elapsed == after.reading.elapsed == row.elapsed
    assert table_hash() == over
    assert list(verify()) == []


def test_a_correction_of_the_past_moves_nothing_by_itself() -> None:
    with clock.at(msk("30.11 17:00")):
        ticket = make.ticket()
    with clock.at(msk("02.12 12:00")):
        closed = [{"date": "2026-12-01", "kind": "holiday", "why": "авария"}]
        office = Calendar.objects.get(code="ru-5x2")
        publish(office, {"exceptions": closed}, actor=SYSTEM, reason="были закрыты", corrective=True)
        drain()
    assert SlaClock.objects.get(ticket=ticket).due_at == msk("14.12 17:00")


def test_the_year_is_a_page_and_a_date_that_differs_makes_a_version(boss: Person) -> None:
    client = browser(boss)
    assert client.get("/settings/calendars").status_code == 200
    page = client.get("/settings/calendars/ru-5x2?year=2026").content.decode()
    assert "247" in page
    for code in ("24x7", "ru-5x2-vladivostok"):
        assert client.get(f"/settings/calendars/{code}").status_code == 200
    address = "/settings/calendars/ru-5x2/exceptions"
    row = {"date": "2030-12-11", "kind": "hours", "hours": "10:00–15:00", "why": "учёт", "reason": ""}
    assert client.post(address, row).status_code == 303
    newest = Calendar.objects.get(code="ru-5x2").versions.order_by("-number").first()
    assert newest is not None
    assert newest.exceptions[-1]["hours"] == [["10:00", "15:00"]]
    assert client.post(address, row | {"hours": "поздно"}).status_code == 422
    past = row | {"date": "2026-01-13"}
    assert client.post(address, past).status_code == 422
    assert client.post(address, past | {"reason": "так и было"}).status_code == 303


def test_hours_of_the_week_change_from_tomorrow_on(boss: Person) -> None:
    client = browser(boss)
    form = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00–20:00") | {"sat": "", "sun": "", "reason": ""}
    assert client.post("/settings/calendars/ru-5x2/week", form).status_code == 303
    newest = Calendar.objects.get(code="ru-5x2").versions.order_by("-number").first()
    assert newest is not None
    assert (newest.kind, newest.weekly["mon"]) == ("prospective", [["08:00", "20:00"]])


def test_a_file_of_holidays_waits_for_a_person(boss: Person) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from otklik.calendars.models import HolidaySet

    client = browser(boss)
    xml = b'<calendar year="2028" lang="ru" country="ru"><holidays><holiday id="1" title="NY"/></holidays>'
    xml += b'<days><day d="01.01" t="1" h="1"/></days></calendar>'
    sent = {"file": SimpleUploadedFile("2028.xml", xml), "country": "ru", "year": "2028"}
    assert client.post("/settings/calendars/holidays", sent).status_code == 303
    kept = HolidaySet.objects.get(country="RU", year=2028)
    assert kept.confirmed_at is None
    assert client.post(f"/settings/calendars/holidays/{kept.pk}/confirmation").status_code == 303
    kept.refresh_from_db()
    assert kept.confirmed_at is not None
    sent["file"] = SimpleUploadedFile("x.xml", b"not xml")
    assert client.post("/settings/calendars/holidays", sent).status_code == 422


def test_other_people_find_no_such_pages() -> None:
    client = browser(make.person())
    for address in ("/settings/calendars", "/settings/calendars/ru-5x2", "/settings/agreements"):
        assert client.get(address).status_code == 404
