"""The board of a team: who may open it, numbers that open their lists, giving tickets to people from it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from otklik.journal.config import publish
from otklik.journal.record import SYSTEM
from otklik.people.models import Person, Team
from otklik.routing import policy
from otklik.routing.models import Decision
from otklik.routing.tests.make import TUESDAY, at, away, member, settled, team
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_portal import client_of

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def board(client: Client, crew: Team, **asked: str) -> Any:
    return client.get(f"/team/{crew.pk}", asked)


def links(response: Any) -> list[tuple[str, str]]:
    """Every link of the page as (address, words)."""
    found = re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), re.DOTALL)
    return [(unescape(href), " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())) for href, text in found]


def listed(client: Client, address: str) -> int:
    """How many tickets the list behind an address shows."""
    answer = client.get(address)
    assert answer.status_code == 200
    return len(re.findall(r'id="t-(\d+)"', answer.content.decode()))


def on(ticket: Ticket, person: Person) -> Ticket:
    return desk.assign(ticket, to=person, actor=make.actor(person))


# -- who may open it -----------------------------------------------------------------------------------------------
def test_the_board_is_for_its_own_team_and_for_those_who_oversee_all():
    with at():
        crew = team()
        own = member(crew)
        assert board(client_of(own), crew).status_code == 200
        for role in ("service_manager", "dispatcher", "auditor"):
            assert board(client_of(make.person(roles=[role])), crew).status_code == 200
        for other in (member(team()), make.person(), make.person(roles=["admin"])):
            assert board(client_of(other), crew).status_code == 404
        assert client_of(own).get("/team/999999").status_code == 404


def test_the_section_leads_to_the_team_one_leads_and_overseers_choose():
    with at():
        first, second = team(), team()
        lead = member(first)
        second.memberships.create(person=lead, role="lead")
        assert client_of(lead).get("/team")["Location"] == f"/team/{second.pk}"
        make.ticket(team=first)
        auditor = client_of(make.person(roles=["auditor"]))
        choice = auditor.get("/team")
        assert {first.name, second.name} <= {text for _href, text in links(choice)}
        (behind,) = [href for href, text in links(choice) if text.startswith("1 ")]
        assert listed(auditor, behind) == 1
        assert client_of(make.person()).get("/team").status_code == 404


def test_a_restricted_ticket_shows_to_its_team_alone():
    with at():
        crew = team("suggest")
        own = member(crew)
        deputy = member(crew, "Игорь Заместитель")
        waits = make.ticket(team=crew, visibility="restricted", subject="Увольнение директора")
        held = on(make.ticket(team=crew, visibility="restricted", subject="Проверка склада"), own)
        settled()
        away(own, deputy=deputy)
        settled()
        inside = board(client_of(own), crew)
        assert waits.subject in words(inside)
        for role in ("service_manager", "dispatcher", "auditor"):
            outside = board(client_of(make.person(roles=[role])), crew)
            assert waits.subject not in words(outside)
            assert str(waits.number) not in words(outside)
            assert held.subject not in words(outside)


def test_a_dispatcher_reads_whom_to_take_but_not_the_internal_reasons():
    with at():
        crew = team("suggest")
        own = member(crew)
        make.ticket(team=crew)
        settled()
        inside = board(client_of(own), crew)
        outside = board(client_of(make.person(roles=["dispatcher"])), crew)
        assert 'class="why' in inside.content.decode()
        assert f"Предлагаем: {own.name}" in words(outside)
        assert 'class="why' not in outside.content.decode()


# -- numbers -------------------------------------------------------------------------------------------------------
def test_every_number_opens_the_list_behind_it():
    with at():
        crew = team()
        busy, idle = member(crew, "Анна Занятая"), member(crew, "Борис Свободный")
        for _n in range(3):
            on(make.ticket(team=crew), busy)
        held = on(make.ticket(team=crew), busy)
        desk.hold(held, reason="requester", question=desk.Content(text="Какая модель?"), actor=make.actor(busy))
        for _n in range(2):
            make.ticket(team=crew)
        other = team()
        make.ticket(team=other)
        client = client_of(idle)
        page = board(client, crew)
        (waits,) = {href for href, text in links(page) if "/queue/unassigned?" in href}
        assert [text for href, text in links(page) if href == waits].count("2") >= 2
        assert listed(client, waits) == 2
        (in_work,) = [
            (href, text) for href, text in links(page) if f"assignee={busy.pk}" in href and "в работе" in text
        ]
        assert in_work[1].startswith("4 ")
        assert listed(client, in_work[0]) == 4


def test_an_overdue_number_counts_what_the_queue_calls_overdue():
    with at():
        ensure_defaults("ru")
        crew = team()
        one = member(crew)
        for _n in range(2):
            on(make.ticket(team=crew), one)
        settled()
    with at(TUESDAY + timedelta(days=30)):
        client = client_of(one)
        ((href, text),) = [(href, text) for href, text in links(board(client, crew)) if "late=1" in href]
        assert (text.rsplit(" ", 1)[1], listed(client, href)) == ("2", 2)


def test_the_bottleneck_opens_the_tickets_that_lack_the_skill():
    with at():
        crew = team()
        novice = member(crew, skills={"1c": 2})
        service = make.service()
        asked = {"services": {str(service.pk): [{"skill": "1c", "level": 3, "required": True}]}}
        publish(policy.RULES_NAME, asked, actor=SYSTEM)
        lacking = make.ticket(team=crew, service=service)
        on(make.ticket(team=crew), novice)
        settled()
        plain = make.ticket(team=crew, subject="Другое дело")
        client = client_of(novice)
        ((href, text),) = [(href, text) for href, text in links(board(client, crew)) if href.startswith("?lacks=")]
        narrowed = client.get(f"/team/{crew.pk}{href}").content.decode()
        assert "1 обращение" in text
        assert re.findall(r'id="t-(\d+)"', narrowed) == [str(lacking.number)]
        assert str(plain.number) in words(board(client, crew))


@pytest.mark.parametrize("rows", [10, pytest.param(50, marks=pytest.mark.long)])
def test_the_board_asks_as_often_for_many_people_and_tickets_as_for_one(queries: Any, rows: int):
    with at():
        crew = team("suggest")
        one = member(crew, skills={"network": 3})
        make.ticket(team=crew)
        on(make.ticket(team=crew), one)
        settled()
        client = client_of(one)
        board(client, crew)
        few = queries.count(lambda: board(client, crew))
        for _n in range(rows - 1):
            other = member(crew, skills={"network": 2})
            make.ticket(team=crew)
            on(make.ticket(team=crew), other)
        settled()
        assert queries.count(lambda: board(client, crew)) == few


# -- empty states --------------------------------------------------------------------------------------------------
def test_a_team_without_anybody_and_a_calm_one_say_so():
    with at():
        manager = client_of(make.person(roles=["service_manager"]))
        assert "В этой группе ещё никого нет" in words(board(manager, team()))
        crew = team()
        member(crew, hours=None)
        calm = words(board(manager, crew))
        assert "Сейчас на смене никого нет" in calm
        assert "Никто не ждёт" in calm


# -- giving tickets to people --------------------------------------------------------------------------------------
def give(client: Client, ticket: Ticket, person: Person | str) -> Any:
    key = person if isinstance(person, str) else str(person.pk)
    back = f"/team/{ticket.team_id}"
    return client.post(f"/tickets/{ticket.number}/placement", {"person": key, "next": back}, follow=True)


def test_the_proposed_person_is_preselected_and_accepted_from_the_board_and_that_can_be_undone():
    with at():
        crew = team("suggest")
        people = [member(crew) for _n in range(2)]
        ticket = make.ticket(team=crew)
        settled()
        client = client_of(people[0])
        chosen = re.search(r'<option value="(\d+)" selected', board(client, crew).content.decode())
        winner = Decision.objects.get(ticket=ticket).winner
        assert chosen is not None and int(chosen[1]) == winner.pk
        done = give(client, ticket, winner)
        assert done.redirect_chain[-1][0] == f"/team/{crew.pk}"
        assert Ticket.objects.get().assignee == winner
        assert Decision.objects.get(ticket=ticket).state == "accepted"
        undo = re.search(r'data-undo-url="([^"]+)"', done.content.decode())
        assert undo is not None
        client.post(unescape(undo[1]))
        assert Ticket.objects.get().assignee is None


def test_anybody_of_the_team_may_be_chosen_by_hand_with_a_reason_and_a_broken_limit_is_said():
    with at():
        crew = team("suggest")
        here, gone = member(crew), member(crew)
        away(gone)
        ticket = make.ticket(team=crew)
        settled()
        client = client_of(here)
        asked = give(client, ticket, gone)
        assert Ticket.objects.get().assignee is None
        back = asked.redirect_chain[-1][0]
        assert back == f"/team/{crew.pk}?asks={ticket.number}&to={gone.pk}"
        assert f'<option value="{gone.pk}" selected' in asked.content.decode()
        assert f'id="why-{ticket.number}"' in asked.content.decode()
        assert f'id="why-{ticket.number}"' not in board(client, crew).content.decode()
        address = f"/tickets/{ticket.number}/placement"
        words_along = {"person": str(gone.pk), "reason_code": "requester_wish", "next": back}
        again = client.post(address, words_along, follow=True)
        assert (gone.name in words(again), Ticket.objects.get().assignee) == (True, None), "a limit asks for words"
        done = client.post(address, words_along | {"text": "Он ответит из дома"}, follow=True)
        assert done.redirect_chain[-1][0] == f"/team/{crew.pk}"
        assert Ticket.objects.get().assignee == gone
        assert "хотя" in words(done)
        decision = Decision.objects.get(ticket=ticket, state="overridden")
        assert (decision.reason_code, decision.reason) == ("requester_wish", "Он ответит из дома")


def test_whoever_was_quicker_keeps_the_ticket_and_strangers_get_none():
    with at():
        crew = team()
        one, two = member(crew), member(crew)
        ticket = on(make.ticket(team=crew), one)
        assert one.name in words(give(client_of(two), ticket, two))
        assert Ticket.objects.get().assignee == one
        free = make.ticket(team=crew)
        give(client_of(one), free, member(team()))
        give(client_of(one), free, "")
        assert Ticket.objects.get(pk=free.pk).assignee is None
        assert client_of(make.person(roles=["auditor"])).post(f"/tickets/{free.number}/placement").status_code == 403
        assert give(client_of(member(team())), free, one).status_code == 404


def test_all_proposals_are_accepted_at_once_and_one_that_came_too_late_is_told():
    with at():
        crew = team("suggest")
        people = [member(crew) for _n in range(2)]
        for _n in range(3):
            make.ticket(team=crew)
        settled()
        client = client_of(people[0])
        address = f"/team/{crew.pk}/proposals"
        assert client_of(member(team())).post(address).status_code == 404
        assert client_of(make.person(roles=["auditor"])).post(address).status_code == 403
        assert "Принять все предложения: 3" in words(board(client, crew))
        late = Decision.objects.order_by("ticket__number").last()
        Decision.objects.exclude(pk=late.pk).update(winner=people[0])
        Decision.objects.filter(pk=late.pk).update(winner=people[1])
        away(people[1])
        done = client.post(address, {"next": f"/team/{crew.pk}"}, follow=True)
        assert "Принято 2 предложения" in words(done)
        assert f"{late.ticket.number}: {people[1].name}" in words(done)
        assert list(Ticket.objects.filter(assignee=None)) == [late.ticket]


def test_an_auditor_sees_no_form():
    with at():
        crew = team()
        member(crew)
        make.ticket(team=crew)
        assert "/placement" not in board(client_of(make.person(roles=["auditor"])), crew).content.decode()
