"""A requester reports, reads, answers, confirms and objects in the portal; strangers find nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from otklik import clock
from otklik.feedback.models import Score
from otklik.journal.models import Entry
from otklik.people.models import Person
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Draft, Message, Ticket, Upload
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def client_of(person: Person) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


@pytest.fixture
def katya() -> Person:
    """A requester with a place, in an organisation with colleagues."""
    clinic = make.organisation("Clinic")
    make.person("Нина Павлова", organisation=clinic)
    return make.person("Екатерина Власова", organisation=clinic, place=make.place("Кабинет 314"), device="ПК-0314")


def answers(**more: Any) -> dict[str, Any]:
    """A filled report form."""
    return {
        "subject": "Не печатает принтер",
        "description": "Отправляю на печать, ничего не выходит",
        "effect": "hard",
        "scope": "department",
        "key": "k-1",
        **more,
    }


def words(response: Any) -> str:
    """The page's text."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_promise_stands_before_sending_and_after_it(katya: Person) -> None:
    ensure_defaults("ru")
    client = client_of(katya)
    with clock.at(datetime(2026, 11, 24, 7, 0, tzinfo=UTC)):  # Tuesday, ten in Moscow
        card = words(client.get("/report/promise?effect=hard&scope=department"))
        assert "Первый ответ за 4 ч до 15:00" in card
        sent = words(client.get(client.post("/report", answers())["Location"]))
        assert "до 15:00" in sent
        number = Ticket.objects.get().number
        assert "Напишем до 15:00" in words(client.get("/requests"))
        assert "Ответить до 15:00" in words(client.get(f"/requests/{number}"))
    with clock.at(datetime(2026, 11, 24, 13, 0, tzinfo=UTC)):
        assert "Обещали написать до 15:00 и опаздываем" in words(client.get("/requests"))


def test_a_report_outside_our_hours_names_the_opening_on_the_readers_own_clock(katya: Person) -> None:
    ensure_defaults("ru")
    katya.timezone = "Asia/Omsk"
    katya.save()
    client = client_of(katya)
    with clock.at(datetime(2026, 11, 24, 22, 0, tzinfo=UTC)):  # Wednesday, one in Moscow and four in Omsk
        sent = words(client.get(client.post("/report", answers())["Location"]))
        assert "Сейчас нерабочее время, откроемся сегодня в 12:00." in sent
    with clock.at(datetime(2026, 11, 25, 7, 0, tzinfo=UTC)):
        sent = words(client.get(client.post("/report", answers(key="k-2"))["Location"]))
        assert "нерабочее время" not in sent


def test_a_report_becomes_one_ticket_in_the_trades_words(katya: Person) -> None:
    client = client_of(katya)
    answer = client.post("/report", answers(error_text="E-17", deadline_text="сегодня в 17:00"))
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/report/sent/{ticket.number}"
    assert (ticket.type, ticket.impact, ticket.urgency, ticket.channel) == ("incident", 2, 2, "portal")
    assert (ticket.requester, ticket.error_text, ticket.deadline_text) == (katya, "E-17", "сегодня в 17:00")
    assert str(ticket.number) in words(client.get(answer["Location"]))


def test_a_double_click_makes_one_ticket(katya: Person) -> None:
    client = client_of(katya)
    places = {client.post("/report", answers())["Location"] for _ in range(2)}
    assert len(places) == 1
    assert Ticket.objects.count() == 1


def test_nothing_typed_and_no_file_is_lost_when_an_answer_is_missing(katya: Person, png: bytes) -> None:
    client = client_of(katya)
    up = client.post("/uploads", {"file": named("снимок.png", png)}).json()["id"]
    answer = client.post("/report", answers(subject="", files=[up], files_plain=named("лог.txt", b"x")))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Отправляю на печать" in page
    assert 'value="hard" checked' in page
    assert page.count('name="files" value="') == 2
    assert 'href="#id_subject"' in page
    assert Ticket.objects.count() == 0


def test_files_travel_with_the_report(katya: Person, png: bytes) -> None:
    client = client_of(katya)
    up = client.post("/uploads", {"file": named("../../снимок.png", png)}).json()["id"]
    client.post("/report", answers(files=[up]))
    assert [(one.name, one.size) for one in Message.objects.get().attachments.all()] == [("снимок.png", len(png))]
    assert Upload.objects.count() == 0


def test_a_file_of_somebody_else_is_not_taken(katya: Person, png: bytes) -> None:
    stranger = client_of(make.person())
    up = stranger.post("/uploads", {"file": named("a.png", png)}).json()["id"]
    client_of(katya).post("/report", answers(files=[up, "no-uuid"]))
    assert Message.objects.get().attachments.count() == 0


def test_only_colleagues_are_found_and_put_in_copy(katya: Person) -> None:
    nina = Person.objects.get(name="Нина Павлова")
    stranger = make.person("Нина Чужая", organisation=make.organisation("Other"))
    client = client_of(katya)
    assert "Нина Чужая" not in client.get("/report/colleagues?q=нина").content.decode()
    client.post("/report", answers(cc=[nina.pk, stranger.pk]))
    assert [one.person for one in Ticket.objects.get().watches.all()] == [nina]


def test_the_draft_is_restored_on_another_device_and_dropped_when_sent(katya: Person) -> None:
    client_of(katya).post("/drafts/report", answers(subject="Половина фразы"))
    page = client_of(katya).get("/report").content.decode()
    assert 'value="Половина фразы"' in page
    assert 'value="department" checked' in page
    client_of(katya).post("/report", answers())
    assert not Draft.objects.exists()


def test_a_draft_is_ones_own(katya: Person) -> None:
    client_of(katya).post("/drafts/report", {"subject": "тайна"})
    assert "тайна" not in client_of(make.person()).get("/report").content.decode()
    assert client_of(katya).post("/drafts/..%2Fx", {"text": "a"}).status_code in {400, 404}


def test_the_page_shows_who_is_on_it_and_never_a_note(katya: Person) -> None:
    anna = make.agent("Анна Ким")
    ticket = make.ticket(requester=katya, status="open", by=anna)
    desk.note(ticket, desk.Content(text="CANARY-INT-7f3a"), actor=make.actor(anna))
    desk.reply(ticket, desk.Content(text="Еду к вам"), actor=make.actor(anna))
    for who in (katya, anna):
        page = client_of(who).get(f"/requests/{ticket.number}").content.decode()
        assert "Анна Ким" in page
        assert "Еду к вам" in page
        assert "CANARY" not in page


def test_a_stranger_finds_no_request_and_can_do_nothing_to_it(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    stranger = client_of(make.person())
    pages = [stranger.get(f"/requests/{ticket.number}"), stranger.get("/requests/99999")]
    acts = [
        stranger.post(f"/requests/{ticket.number}/{act}", {"body": "x", "comment": "x", "score": "1"})
        for act in ("messages", "confirmation", "reopening", "withdrawal", "rating", "complaint")
    ]
    assert [one.status_code for one in pages + acts] == [404] * 8
    assert words(pages[0]) == words(pages[1])
    assert Ticket.objects.get().status == "resolved"


def test_nothing_changes_by_get(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    client, before = client_of(katya), Entry.objects.count()
    acts = ("messages", "confirmation", "reopening", "withdrawal", "rating", "complaint")
    assert [client.get(f"/requests/{ticket.number}/{act}").status_code for act in acts] == [405] * 6
    assert Entry.objects.count() == before


def test_an_answer_wakes_the_ticket_that_waited_for_it(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="pending")
    assert "ваш ответ" in words(client_of(katya).get("/")).lower()
    client_of(katya).post(f"/requests/{ticket.number}/messages", {"body": "Номер 0314", "key": "m1"})
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_message_sent_twice_stands_once(katya: Person) -> None:
    ticket = make.ticket(requester=katya)
    for _ in range(2):
        client_of(katya).post(f"/requests/{ticket.number}/messages", {"body": "Ещё одно", "key": "m1"})
    assert Message.objects.filter(text="Ещё одно").count() == 1


def test_solved_may_be_said_at_any_time_and_with_a_score(katya: Person) -> None:
    early, solved = make.ticket(requester=katya), make.ticket(requester=katya, status="resolved")
    client = client_of(katya)
    client.post(f"/requests/{early.number}/confirmation")
    client.post(f"/requests/{solved.number}/confirmation", {"score": "4", "comment": "Быстро"})
    early.refresh_from_db()
    solved.refresh_from_db()
    assert (early.status, early.resolution_code, solved.status) == ("closed", "resolved_by_requester", "closed")
    assert [(one.survey.ticket, one.score, one.comment) for one in Score.objects.all()] == [(solved, 4, "Быстро")]


def test_thanks_alone_do_not_reopen_a_solved_request(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    client = client_of(katya)
    client.post(f"/requests/{ticket.number}/messages", {"body": "Спасибо!", "key": "m1"})
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    client.post(f"/requests/{ticket.number}/messages", {"body": "Спасибо, но не печатает", "key": "m2"})
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_representative_sees_the_requests_of_the_organisation_and_no_other(katya: Person) -> None:
    boss = make.person("Главврач", organisation=katya.organisation, roles=["org_manager"])
    boss.manages.add(katya.organisation)
    theirs, other = make.ticket(requester=katya), make.ticket(requester=make.person())
    pages = [client_of(one).get("/requests?of=organisation").content.decode() for one in (boss, katya, other.requester)]
    assert [f"/requests/{theirs.number}" in page for page in pages] == [True, True, False]
    assert f"/requests/{other.number}" not in pages[0]
    assert f"/requests/{theirs.number}" not in client_of(boss).get("/requests").content.decode()


def test_not_solved_needs_words_and_goes_back_to_the_same_person(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    client, person = client_of(katya), ticket.assignee
    assert client.post(f"/requests/{ticket.number}/reopening", {"comment": " "}).status_code == 422
    client.post(f"/requests/{ticket.number}/reopening", {"comment": "Опять не печатает"})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.reopen_count) == ("open", person, 1)


def test_a_word_on_a_closed_request_opens_one_that_follows_it(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="closed")
    answer = client_of(katya).post(f"/requests/{ticket.number}/messages", {"body": "Снова то же", "key": "m1"})
    fresh = Ticket.objects.exclude(pk=ticket.pk).get()
    assert answer["Location"].startswith(f"/requests/{fresh.number}")
    assert str(fresh.number) in words(client_of(katya).get(f"/requests/{ticket.number}"))


def test_a_new_request_is_withdrawn_and_one_in_work_is_not(katya: Person) -> None:
    new, work = make.ticket(requester=katya), make.ticket(requester=katya, status="open")
    client = client_of(katya)
    client.post(f"/requests/{new.number}/withdrawal")
    assert client.post(f"/requests/{work.number}/withdrawal").status_code == 422
    new.refresh_from_db()
    work.refresh_from_db()
    assert (new.status, work.status) == ("cancelled", "open")


def test_a_complaint_reaches_the_record_once_an_hour(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="open")
    for _ in range(2):
        client_of(katya).post(f"/requests/{ticket.number}/complaint", {"comment": "Третий день"})
    assert Entry.objects.filter(kind="complaint.made").count() == 1


def test_those_that_need_me_come_first_and_pages_lose_none(katya: Person) -> None:
    open_ones = [make.ticket(requester=katya) for _ in range(27)]
    solved = make.ticket(requester=katya, status="resolved")
    client = client_of(katya)
    first = client.get("/requests").content.decode()
    numbers = [int(found) for found in re.findall(r'href="/requests/(\d+)"', first)]
    assert numbers[0] == solved.number
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further is not None
    second = client.get(further[1].replace("&amp;", "&")).content.decode()
    numbers += [int(found) for found in re.findall(r'href="/requests/(\d+)"', second)]
    assert sorted(numbers) == sorted([*(one.number for one in open_ones), solved.number])
    assert client.get("/requests?after=nonsense.1.2").status_code == 200


def test_lists_ask_as_often_for_many_rows_as_for_one(katya: Person, queries: Any) -> None:
    client = client_of(katya)
    make.ticket(requester=katya, status="open")
    client.get("/requests")
    one = [queries.count(lambda page=page: client.get(page)) for page in ("/", "/requests")]
    for _ in range(9):
        make.ticket(requester=katya, status="open")
    assert [queries.count(lambda page=page: client.get(page)) for page in ("/", "/requests")] == one


def test_the_request_asks_as_often_for_many_messages_as_for_one(katya: Person, queries: Any) -> None:
    ticket = make.ticket(requester=katya, status="open")
    client, address = client_of(katya), f"/requests/{ticket.number}"
    client.get(address)
    one = queries.count(lambda: client.get(address))
    for n in range(8):
        desk.hear(ticket, desk.Content(text=f"{n}"), author=katya, channel="portal", actor=make.actor(katya))
    assert queries.count(lambda: client.get(address)) == one


def test_an_empty_list_says_what_to_do(katya: Person) -> None:
    assert 'href="/report"' in client_of(katya).get("/requests").content.decode()


def test_the_form_opened_from_a_service_makes_a_ticket_of_it(katya: Person) -> None:
    service = make.service("printing")
    page = client_of(katya).get("/report?service=printing").content.decode()
    assert 'name="service" value="printing"' in page
    client_of(katya).post("/report", answers(service="printing"))
    assert Ticket.objects.get().service == service


def named(name: str, data: bytes) -> Any:
    """A file as a browser sends it."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data)
