"""An agent's day: the queue, a ticket, replies that can be taken back, calls; others find nothing of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from otklik import clock
from otklik.jobs import drain
from otklik.people.models import Person
from otklik.routing import hands
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Draft, Message, Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def anna() -> Person:
    return make.agent("Анна Ким")


def later(seconds: int) -> Any:
    return clock.at(clock.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("status", ["new", "open", "pending", "resolved", "closed", "cancelled"])
def test_a_ticket_can_be_read_in_every_state(anna: Person, status: str, language: str) -> None:
    Person.objects.filter(pk=anna.pk).update(language=language)
    ticket = make.ticket(status=status, by=anna)
    answer = client_of(anna).get(f"/tickets/{ticket.number}")
    assert answer.status_code == 200
    assert str(ticket.number) in words(answer)


@pytest.mark.parametrize("view", ["mine", "unassigned", "risk", "waiting", "answered", "check", "all"])
def test_every_queue_opens_empty_and_full(anna: Person, view: str) -> None:
    client = client_of(anna)
    assert client.get(f"/queue/{view}").status_code == 200
    for status in ("new", "open", "pending", "resolved"):
        make.ticket(status=status, by=anna)
    assert client.get(f"/queue/{view}").status_code == 200


def test_the_queue_asks_as_often_for_fifty_rows_as_for_one(anna: Person, queries: Any) -> None:
    client = client_of(anna)
    make.ticket()
    client.get("/queue/all")
    one = queries.count(lambda: client.get("/queue/all"))
    for _ in range(49):
        make.ticket()
    assert queries.count(lambda: client.get("/queue/all")) == one


def test_queue_and_ticket_ask_the_database_no_more_than_this(anna: Person, queries: Any) -> None:
    ticket = make.ticket(status="open", by=anna)
    client = client_of(anna)
    for address in ("/queue/all", f"/tickets/{ticket.number}"):
        client.get(address)
    assert queries.count(lambda: client.get("/queue/all")) <= 14
    assert queries.count(lambda: client.get(f"/tickets/{ticket.number}")) <= 30


def test_the_clocks_are_explained_in_a_dialog_and_on_a_page(anna: Person) -> None:
    ensure_defaults("ru")
    ticket = make.ticket(status="open", by=anna)
    client = client_of(anna)
    alone = client.get(f"/tickets/{ticket.number}/clocks")
    inside = client.get(f"/tickets/{ticket.number}/clocks", headers={"HX-Request": "true"})
    assert ticket.subject in words(alone)
    assert "<h1" not in inside.content.decode()
    assert "<table" in inside.content.decode()
    assert client_of(make.agent(team=make.team())).get(f"/tickets/{ticket.number}/clocks").status_code == 404


def test_a_long_conversation_keeps_its_older_part_folded(anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    for at in range(31):
        desk.note(ticket, desk.Content(text=f"Заметка {at}"), actor=make.actor(anna))
    page = client_of(anna).get(f"/tickets/{ticket.number}").content.decode()
    older = page[page.index('class="older"') : page.index("</details>", page.index('class="older"'))]
    assert "Ничего не печатает" in older
    assert "Заметка 30" not in older


def test_paging_shows_every_ticket_once(anna: Person) -> None:
    client = client_of(anna)
    made = {make.ticket().number for _ in range(60)}
    first = client.get("/queue/all").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = client.get("/queue/all" + following[1].replace("&amp;", "&")).content.decode()
    shown = [int(number) for page in (first, second) for number in re.findall(r'id="t-(\d+)"', page)]
    assert (sorted(shown), len(shown)) == (sorted(made), 60)


def test_a_stranger_of_another_team_and_a_requester_find_no_such_page(anna: Person) -> None:
    ticket = make.ticket()
    other = make.agent(team=make.team())
    assert client_of(other).get(f"/tickets/{ticket.number}").status_code == 404
    assert client_of(make.person()).get("/queue/all").status_code == 404
    assert client_of(other).post(f"/tickets/{ticket.number}/take").status_code == 404


def test_taking_from_the_queue_comes_back_to_it(anna: Person) -> None:
    ticket = make.ticket()
    answer = client_of(anna).post(f"/tickets/{ticket.number}/take", {"next": "/queue/unassigned"})
    assert answer["Location"] == "/queue/unassigned"
    assert Ticket.objects.get().assignee == anna


def test_a_reply_can_be_taken_back_for_five_seconds(anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    client = client_of(anna)
    client.post(f"/tickets/{ticket.number}/replies", {"body": "Иду к вам", "key": "k"})
    held = Draft.objects.get(slot__startswith="sending:")
    with later(3):
        drain(lanes=["tell"])
    assert not ticket.messages.filter(text="Иду к вам").exists()
    client.post(f"/tickets/{ticket.number}/replies/{held.pk}/undo")
    with later(10):
        drain(lanes=["tell"])
    assert not ticket.messages.filter(text="Иду к вам").exists()
    assert Draft.objects.get().data["text"] == "Иду к вам"


def test_after_five_seconds_the_reply_is_sent_once(anna: Person) -> None:
    ticket = make.ticket()
    client = client_of(anna)
    for _ in range(2):
        client.post(f"/tickets/{ticket.number}/replies", {"body": "Иду к вам", "key": "k"})
    with later(6):
        drain(lanes=["tell"])
    assert ticket.messages.filter(text="Иду к вам").count() == 1
    assert Ticket.objects.get().status == "open"


def test_a_newer_message_is_shown_before_mine_is_sent(anna: Person) -> None:
    requester = make.person()
    ticket = make.ticket(requester=requester, status="open", by=anna)
    seen = str(ticket.messages.get().pk)
    client = client_of(anna)
    desk.hear(
        ticket, desk.Content(text="Уже починилось"), author=requester, channel="portal", actor=make.actor(requester)
    )
    form = {"body": "Иду к вам", "key": "k", "seen": seen}
    answer = client.post(f"/tickets/{ticket.number}/replies", form)
    assert answer.status_code == 409
    assert "Уже починилось" in words(answer)
    assert "Иду к вам" in words(answer)
    assert client.post(f"/tickets/{ticket.number}/replies", form | {"anyway": "1"}).status_code == 302


def test_a_reply_that_waits_for_the_requester_puts_the_ticket_on_hold(anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    client_of(anna).post(f"/tickets/{ticket.number}/replies", {"body": "Какой номер?", "then": "wait", "key": "k"})
    with later(6):
        drain(lanes=["tell"])
    assert Ticket.objects.get().pending_reason == "requester"


def test_a_note_stays_inside(anna: Person) -> None:
    requester = make.person()
    ticket = make.ticket(requester=requester)
    client_of(anna).post(f"/tickets/{ticket.number}/notes", {"body": "Картридж на складе", "key": "n"})
    assert "Картридж на складе" in words(client_of(anna).get(f"/tickets/{ticket.number}"))
    assert "Картридж на складе" not in words(client_of(requester).get(f"/requests/{ticket.number}"))


def test_a_refused_hold_says_why_and_keeps_the_words(anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    answer = client_of(anna).post(f"/tickets/{ticket.number}/hold", {"reason": "third_party", "supplier": "HP"})
    assert answer.status_code == 422
    assert 'value="HP"' in answer.content.decode()
    assert Ticket.objects.get().status == "open"


ACTS = [
    ("hold", {"reason": "requester", "question": "Какой номер?"}, ("pending", "requester")),
    (
        "hold",
        {"reason": "third_party", "supplier": "HP", "reference": "7", "follow_up_at": "soon"},
        ("pending", "third_party"),
    ),
    ("hold", {"reason": "scheduled", "until": "soon", "asked_by": "requester"}, ("pending", "scheduled")),
    ("solution", {"text": "Заменили картридж, печатает", "code": "fixed", "service": "own"}, ("resolved", "")),
    ("cancellation", {"reason": "out_of_scope", "text": "Это к хозяйственной службе"}, ("cancelled", "")),
]


@pytest.mark.parametrize(("act", "form", "outcome"), ACTS)
def test_an_act_of_the_page_changes_the_ticket(anna: Person, act: str, form: dict[str, str], outcome: Any) -> None:
    ticket = make.ticket(status="open", by=anna)
    soon = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%d")
    form = {name: {"soon": soon, "own": str(ticket.service_id)}.get(value, value) for name, value in form.items()}
    answer = client_of(anna).post(f"/tickets/{ticket.number}/{act}", form)
    assert answer.status_code == 302, words(answer)
    fresh = Ticket.objects.get()
    assert (fresh.status, fresh.pending_reason) == outcome


def test_priority_is_set_by_the_matrix_and_can_be_undone(anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    client = client_of(anna)
    answer = client.post(f"/tickets/{ticket.number}/level", {"cell": "1:1"}, follow=True)
    assert Ticket.objects.get().priority == "P1"
    undo = re.search(r'data-undo-url="([^"]+)"', answer.content.decode())
    assert undo is not None
    client.post(undo[1].replace("&amp;", "&"))
    assert Ticket.objects.get().priority == "P4"


def test_a_call_of_somebody_without_an_address_makes_a_ticket(anna: Person) -> None:
    client = client_of(anna)
    form = {
        "new_name": "Зинаида Орлова",
        "new_phone": "318",
        "what": "Не включается монитор",
        "outcome": "new",
        "key": "c",
    }
    answer = client.post("/calls/new", form)
    assert answer.status_code == 302, words(answer)
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.requester.email, ticket.contact["phone"]) == ("phone", None, "318")
    assert ticket.first_response_at == ticket.opened_at
    assert client.post("/calls/new", form).status_code == 302
    assert Ticket.objects.count() == 1


def test_a_caller_joins_a_known_ticket(anna: Person) -> None:
    known = make.ticket(status="open", by=anna)
    caller = make.person("Вера Орлова")
    form = {
        "person": str(caller.pk),
        "what": "Тоже не печатает",
        "outcome": "join",
        "join": str(known.number),
        "key": "c",
    }
    client_of(anna).post("/calls/new", form)
    assert known.watches.get().person == caller
    assert Ticket.objects.count() == 1
    assert "Тоже не печатает" in Message.objects.get(audience="internal").text


def test_a_call_can_be_solved_on_the_spot(anna: Person) -> None:
    caller = make.person("Вера Орлова")
    form = {
        "person": str(caller.pk),
        "what": "Забыла пароль",
        "outcome": "solved",
        "service": str(make.service().pk),
        "solution": "Сбросили пароль, вход проверили вместе",
        "code": "answered",
        "key": "c",
    }
    answer = client_of(anna).post("/calls/new", form)
    assert answer.status_code == 302, words(answer)
    assert Ticket.objects.get().status == "resolved"


@pytest.mark.parametrize("typed", ["орл 318", "318", "Вера", "каб 7", "ПК-07"])
def test_the_caller_is_found_by_name_phone_room_and_device(anna: Person, typed: str) -> None:
    make.person("Вера Орлова", phone="8 (495) 55-318", place=make.place("Кабинет 7"), device="ПК-0714")
    make.person("Нина Павлова", phone="214")
    found = words(client_of(anna).get("/calls/people", {"q": typed}))
    assert "Вера Орлова" in found
    assert "Нина Павлова" not in found


def test_the_palette_finds_tickets_people_and_places_to_go(anna: Person) -> None:
    ticket = make.ticket(subject="Сканер не отправляет на почту")
    make.person("Вера Орлова")
    client = client_of(anna)
    assert f"/tickets/{ticket.number}" in client.get("/palette", {"q": f"#{ticket.number}"}).content.decode()
    assert f"/tickets/{ticket.number}" in client.get("/palette", {"q": "сканеры"}).content.decode()
    assert "Вера Орлова" in words(client.get("/palette", {"q": "@вера"}))


def test_many_at_once_are_taken_and_failures_are_named(anna: Person) -> None:
    first, second = make.ticket(), make.ticket(status="closed")
    answer = client_of(anna).post(
        "/bulk", {"act": "take", "numbers": f"{first.number},{second.number}", "next": "/queue/all"}, follow=True
    )
    assert Ticket.objects.get(pk=first.pk).assignee == anna
    assert str(second.number) in words(answer)


def test_a_ticket_of_a_colleague_is_given_on_with_a_reason_only(anna: Person) -> None:
    other = make.agent("Борис", team=anna.teams.get())
    ticket = make.ticket(status="open", by=other)
    client = client_of(anna)
    address, choice = f"/tickets/{ticket.number}/assignment", {"assignee": str(anna.pk), "text": "Беру"}
    for refused in (
        client.post(address, choice),
        client.post(f"/tickets/{ticket.number}/take"),
        client.post("/bulk", {"act": "assign", "numbers": str(ticket.number)} | choice, follow=True),
        client.post("/bulk", {"act": "take", "numbers": str(ticket.number)}, follow=True),
    ):
        assert "Укажите причину" in words(refused)
        assert Ticket.objects.get().assignee == other
    dialog = client.post(address, choice).content.decode()
    assert f'<option value="{anna.pk}" selected' in dialog, "what was chosen is kept"
    given = client.post(address, choice | {"reason_code": "absence"}, follow=True).content.decode()
    assert Ticket.objects.get().assignee == anna
    undo = re.search(r'data-undo-url="([^"]+)"', given)
    assert undo is not None
    client.post(undo[1])
    assert Ticket.objects.get().assignee == other
    client.post("/bulk", {"act": "assign", "numbers": str(ticket.number), "reason_code": "load"} | choice)
    assert Ticket.objects.get().assignee == anna


def test_the_queue_says_that_nobody_is_available_and_why(anna: Person) -> None:
    crew = anna.teams.get()
    ticket = make.ticket()
    crew.mode = "suggest"
    crew.save()
    drain(lanes=["decide"])
    for name in ("unassigned", "all"):
        found = words(client_of(anna).get(f"/queue/{name}"))
        assert "Сейчас некого назначить: Анна Ким: смен впереди нет" in found
    dispatcher = words(client_of(make.person(roles=["dispatcher"])).get("/queue/unassigned"))
    assert "Сейчас некого назначить" in dispatcher
    assert "смен впереди нет" not in dispatcher, "the reasons are for the team"
    hands.give(ticket, to=anna, text="Я здесь", actor=make.actor(anna))
    assert "некого назначить" not in words(client_of(anna).get("/queue/all"))


def test_who_is_at_a_ticket_is_seen_by_others_only(anna: Person) -> None:
    ticket = make.ticket()
    client_of(anna).post(f"/tickets/{ticket.number}/presence", {"verb": "writing"})
    assert "Анна пишет" in words(client_of(make.agent()).get(f"/tickets/{ticket.number}"))
    assert "Анна пишет" not in words(client_of(anna).get(f"/tickets/{ticket.number}"))


def test_a_waiting_message_is_confirmed_with_one_button(anna: Person) -> None:
    stranger = make.person("Олег Рябов")
    ticket = make.ticket(status="open", by=anna)
    content = desk.Content(text="Я за Веру", author_address=stranger.email)
    waiting = desk.wait(
        ticket, content, author=stranger, sender=stranger.email, why="unknown", channel="email", actor=make.actor(anna)
    )
    client_of(anna).post(f"/tickets/{ticket.number}/messages/{waiting.pk}/confirmation")
    assert Message.objects.get(pk=waiting.pk).audience == "public"


def test_nobody_signed_in_sees_the_queue() -> None:
    assert Client().get("/queue/all").status_code == 302
