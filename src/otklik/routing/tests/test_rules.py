"""Rules name teams: the first that fits, trees of places and organisations, the preview, the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.people.tests import make as people
from otklik.routing import policy, ruling
from otklik.routing.models import Decision
from otklik.routing.rules import Rule, Traits, asked, first, rule_of
from otklik.routing.tests.make import at, member, settled, skill, team
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

TEAMS = frozenset({1, 2, 3})


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"services": [7]}, True),
        ({"services": [8]}, False),
        ({"types": ["incident"], "channels": ["email"]}, True),
        ({"types": ["question"]}, False),
        ({"organisations": [5]}, True),  # the ticket's organisation lies in 5
        ({"places": [9]}, False),
        ({"channels": ["portal"]}, False),
        ({"alert": "zbx:db"}, True),
        ({"alert": "zbx:web"}, False),
        ({"items": [1]}, False),
    ],
)
def test_a_rule_fits_where_all_its_conditions_hold(conditions: dict[str, Any], fits: bool) -> None:
    ticket = Traits(
        service=7, organisations=frozenset({5, 6}), places=frozenset({4}), channel="email", alert="zbx:db:disk"
    )
    assert rule_of({"name": "r", "team": 1, **conditions}).fits(ticket) is fits


def test_the_first_rule_wins_and_one_whose_team_is_gone_is_passed_over() -> None:
    rules = [Rule("gone", 9), Rule("first", 2), Rule("second", 3)]
    assert first(rules, Traits(), TEAMS) == rules[1]
    assert first([], Traits(), TEAMS) is None


def test_a_rules_word_on_a_skill_counts_over_the_services() -> None:
    rule = rule_of({"name": "r", "team": 1, "skills": [{"skill": "net", "level": 5, "required": False}]})
    service = rule_of(
        {"name": "s", "team": 1, "skills": [{"skill": "net", "level": 2}, {"skill": "1c", "level": 3}]}
    ).skills
    assert {(one.skill, one.level, one.required) for one in asked(rule, service)} == {
        ("net", 5, False),
        ("1c", 3, True),
    }


@pytest.mark.django_db
def test_a_new_ticket_comes_to_the_team_of_the_rule_else_of_the_service_else_to_the_desk():
    with at():
        desk_team, support, special = make.default_team(), team("suggest"), team("suggest")
        person = member(special)
        building = make.place("Корпус 1")
        room = make.place("Кабинет 3", parent=building)
        service = make.service(team=support)
        rule = {"name": "Первый корпус", "team": special.pk, "places": [building.pk]}
        config.publish(policy.RULES_NAME, {"rules": [rule]}, actor=SYSTEM)
        here = make.ticket(team=None, service=service, place=room)
        there = make.ticket(team=None, service=service)
        nowhere = make.ticket(team=None, service=make.service())
        chosen = make.ticket(team=support, service=service, place=room)
        assert [one.team for one in (here, there, nowhere, chosen)] == [special, support, desk_team, support]
        settled()
        decision = Decision.objects.get(ticket=here)
        assert (decision.winner, decision.rule) == (person, {"version": 1, "name": "Первый корпус"})


@pytest.mark.django_db
def test_the_preview_names_exactly_the_tickets_that_would_go_elsewhere():
    with at():
        support, special = team("suggest"), team("suggest")
        service = make.service(team=support)
        by_mail = make.ticket(team=None, service=service, channel="email")
        make.ticket(team=None, service=service)
        manager = access.viewer(make.person(roles=["service_manager"]))
        draft = {"rules": [{"name": "Почта", "team": special.pk, "channels": ["email"]}], "services": {}}
        found = ruling.preview(draft, manager)
        assert (found.tried, found.hits) == (2, [1])
        assert [(one.ticket, one.now, one.then, one.rule) for one in found.elsewhere] == [
            (by_mail, support, special, "Почта")
        ]
        config.publish(policy.RULES_NAME, draft, actor=SYSTEM)
        assert ruling.preview(draft, manager).elsewhere == []


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    from otklik import clock

    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def sent(**values: Any) -> dict[str, Any]:
    return {"count": "1", "r0-position": "1"} | values


@pytest.mark.django_db
def test_rules_are_seen_before_they_are_published():
    support, special = team("suggest"), team("suggest")
    service = make.service(team=support)
    skill("net")
    ticket = make.ticket(team=None, service=service)
    client = signed_in(people.manager())
    values = sent(**{
        "r0-name": "Портал", "r0-team": special.pk, "r0-channels": ["portal"], f"s{service.pk}-skills": "net 3"
    })  # fmt: skip
    page = client.post("/settings/routing", values | {"preview": "1"})
    assert page.status_code == 200
    assert str(ticket.number) in page.content.decode()
    assert config.current(policy.RULES_NAME).version == 0
    assert client.post("/settings/routing", values | {"publish": "1"}).status_code == 303
    book = policy.book()
    assert [(rule.name, rule.team) for rule in book.rules] == [("Портал", special.pk)]
    assert [(one.skill, one.level, one.required) for one in book.services[service.pk]] == [("net", 3, True)]
    assert "Портал" in client.get("/settings/routing").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"), [("skills", "net"), ("skills", "unknown 3"), ("team", ""), ("name", ""), ("strange", "1")]
)
def test_a_wrong_rule_is_refused_and_nothing_is_published(field: str, value: str):
    skill("net")
    values = sent(**{"r0-name": "Портал", "r0-team": team("suggest").pk, f"r0-{field}": value, "publish": "1"})
    assert signed_in(people.manager()).post("/settings/routing", values).status_code == 422
    assert config.current(policy.RULES_NAME).version == 0


@pytest.mark.django_db
def test_weights_make_a_thousand():
    client = signed_in(people.manager())
    kept = {"skill": 500, "load": 200, "continuity": 150, "fairness": 100, "time": 50}
    more = {"points_P1": 8, "points_P2": 4, "points_P3": 2, "points_P4": 1}
    more |= {"relax_P1": 0, "relax_P2": 15, "relax_P3": 120, "relax_P4": 480}
    assert client.post("/settings/weights/weights", kept | more | {"skill": 501}).status_code == 422
    assert client.post("/settings/weights/weights", kept | more).status_code in {302, 303}
    weights, points = policy.weights()
    assert (weights.version, weights.skill, weights.load, points.of("P1")) == (1, 500, 200, 8)
    assert weights.relax_after == {"P1": 0, "P2": 900, "P3": 7200, "P4": 28800}


@pytest.mark.django_db
def test_the_panel_proposes_and_one_post_accepts():
    crew = team("suggest")
    with at():
        best = member(crew, "Анна Ким")
        ticket = make.ticket(team=crew)
        settled()
    with at():
        client = signed_in(best)
        page = client.get(f"/tickets/{ticket.number}").content.decode()
        assert "Анна Ким" in page and f'action="/tickets/{ticket.number}/proposal"' in page
        assert client.post(f"/tickets/{ticket.number}/proposal").status_code == 303
        assert Ticket.objects.get(pk=ticket.pk).assignee == best
        answer = client.post(f"/tickets/{ticket.number}/refusal", {"reason": "Занята до вечера"})
        assert answer.status_code == 303
        assert Ticket.objects.get(pk=ticket.pk).assignee is None
        assert client.get("/next").status_code == 200
