"""The API carries a ticket from its opening to its end, and says no in a way programs understand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otklik import clock
from otklik.api.tests.call import Api, by, token
from otklik.journal.models import Entry
from otklik.people.models import ApiToken
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def test_a_report_by_a_program_becomes_one_ticket_of_the_tokens_owner():
    vera = make.person("Вера")
    make.default_team()
    answer = by(vera).post("/tickets", {"subject": "Не печатает", "text": "Ничего не выходит"})
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer.json()["number"], answer.json()["audience"]) == (201, ticket.number, "public")
    assert (ticket.channel, ticket.requester, ticket.opened_at is not None) == ("api", vera, True)
    entry = Entry.objects.get(kind="ticket.created")
    assert (entry.actor_kind, entry.on_behalf_of) == ("client", f"person:{vera.pk}")


def test_the_same_key_is_answered_as_the_first_time():
    vera = make.person()
    api = by(vera)
    report = {"subject": "Не печатает", "text": "Ничего"}
    first = api.post("/tickets", report, **{"Idempotency-Key": "abc"})
    second = api.post("/tickets", report, **{"Idempotency-Key": "abc"})
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert Ticket.objects.count() == 1
    other = api.post("/tickets", report | {"subject": "Другое"}, **{"Idempotency-Key": "abc"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_refused_write_leaves_its_key_free():
    api = by(make.person())
    assert api.post("/tickets", {"subject": " ", "text": "x"}, **{"Idempotency-Key": "k"}).json()["code"] == "refused"
    assert api.post("/tickets", {"subject": "Да", "text": "x"}, **{"Idempotency-Key": "k"}).status_code == 201


def test_an_agent_opens_a_ticket_for_somebody_by_address():
    agent, vera = make.agent(), make.person(email="vera@clinic.example")
    answer = by(agent).post(
        "/tickets", {"subject": "Телефон", "text": "x", "requester": {"email": "VERA@clinic.example"}}
    )
    assert (answer.status_code, answer.json()["requester"]["id"]) == (201, vera.pk)
    assert answer.json()["audience"] == "internal"


def test_a_requester_may_not_open_tickets_for_others_nor_learn_who_exists():
    api, other = by(make.person()), make.person(email="other@clinic.example")
    known = api.post("/tickets", {"subject": "x", "text": "x", "requester": {"email": other.email}})
    unknown = api.post("/tickets", {"subject": "x", "text": "x", "requester": {"email": "nobody@x.example"}})
    assert (known.status_code, known.content) == (403, unknown.content)


def test_a_token_of_one_organisation_reaches_no_other():
    mine, other = make.organisation("Mine"), make.organisation("Other")
    manager = make.person(roles=["service_manager"], organisation=mine)
    near = make.ticket(requester=make.person(organisation=mine))
    far = make.ticket(requester=make.person(organisation=other))
    api = by(manager, organisation=mine)
    assert [one["number"] for one in api.get("/tickets").json()["tickets"]] == [near.number]
    assert api.get(f"/tickets/{far.number}").status_code == 404
    refused = api.post("/tickets", {"subject": "x", "text": "x", "requester": {"id": far.requester_id}})
    assert (refused.status_code, refused.json()["wrong"][0]["where"]) == (422, "requester")


def test_a_token_is_never_more_than_its_owner():
    ticket = make.ticket()
    assert by(make.person()).get(f"/tickets/{ticket.number}").status_code == 404
    assert (
        by(make.agent(team=make.team())).put(f"/tickets/{ticket.number}/hold", {"reason": "requester"}).status_code
        == 404
    )


def test_a_token_does_only_what_its_scopes_say():
    agent, ticket = make.agent(), make.ticket()
    reader = by(agent, "tickets.read")
    assert reader.get(f"/tickets/{ticket.number}").json()["audience"] == "public"
    for answer in (
        reader.post("/tickets", {"subject": "x", "text": "x"}),
        reader.post(f"/tickets/{ticket.number}/messages", {"text": "x"}),
        reader.post(f"/tickets/{ticket.number}/notes", {"text": "x"}),
        reader.post(f"/tickets/{ticket.number}/take"),
        reader.put(f"/tickets/{ticket.number}/assignment", {"assignee": agent.pk}),
        reader.get("/people?q=person"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_ticket_of_somebody_else_is_given_on_with_a_reason():
    agent, other = make.agent("Ольга"), make.agent("Пётр")
    ticket = make.ticket(status="open", by=other)
    client = by(agent, "tickets.read", "tickets.assign", "tickets.work", "relay")
    address = f"/tickets/{ticket.number}/assignment"
    for refused in (
        client.put(address, {"assignee": agent.pk, "text": "Беру"}),
        client.put(address, {"assignee": agent.pk, "reason_code": "whim", "text": "Беру"}),
        client.post(f"/tickets/{ticket.number}/take", {"on_behalf_of": {"id": agent.pk}}),
    ):
        assert (refused.status_code, refused.json()["conditions"][0]["code"]) == (422, "reason")
    limit = client.put(address, {"assignee": agent.pk, "reason_code": "load"})
    assert limit.json()["conditions"][0]["code"] == "over_limit", "nobody is on shift: words are wanted"
    given = client.put(address, {"assignee": agent.pk, "reason_code": "load", "text": "Беру"})
    assert (given.status_code, Ticket.objects.get().assignee) == (200, agent)


def test_an_answer_counts_as_a_response_only_in_the_name_of_a_person():
    agent, ticket = make.agent("Ольга"), make.ticket()
    unnamed = by(agent, "tickets.read", "tickets.reply").post(f"/tickets/{ticket.number}/messages", {"text": "Принято"})
    ticket.refresh_from_db()
    assert (unnamed.status_code, ticket.status, ticket.first_response_at) == (201, "new", None)
    named = {"text": "Иду", "on_behalf_of": {"id": agent.pk}}
    without = by(agent, "tickets.read", "tickets.reply").post(f"/tickets/{ticket.number}/messages", named)
    assert without.status_code == 403
    by(agent, "tickets.read", "tickets.reply", "relay").post(f"/tickets/{ticket.number}/messages", named)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.first_response_at is not None) == ("open", agent, True)
    assert Message.objects.filter(side="staff", author=agent, author_kind="human").count() == 1
    assert desk.differences(ticket) == {}


def test_who_is_named_must_have_the_right_too():
    agent, stranger, ticket = make.agent(), make.agent(team=make.team()), make.ticket()
    answer = by(agent).post(f"/tickets/{ticket.number}/messages", {"text": "x", "on_behalf_of": {"id": stranger.pk}})
    assert answer.status_code == 403
    assert not Message.objects.filter(side="staff").exists()


def test_a_bridge_speaks_for_the_requester():
    agent, ticket = make.agent(), make.ticket(status="pending")
    answer = by(agent).post(
        f"/tickets/{ticket.number}/messages", {"text": "Номер 4711", "on_behalf_of": {"id": ticket.requester_id}}
    )
    ticket.refresh_from_db()
    assert (answer.json()["outcome"], ticket.status, answer.json()["message"]["side"]) == ("joined", "open", "customer")


def test_a_word_after_the_end_opens_a_new_ticket():
    vera = make.person()
    ticket = make.ticket(requester=vera, status="closed")
    answer = by(vera).post(f"/tickets/{ticket.number}/messages", {"text": "Снова"})
    assert (answer.json()["outcome"], answer.json()["ticket"] != ticket.number) == ("opened", True)


def test_a_ticket_goes_its_whole_way():
    agent, vera = make.agent(), make.person()
    service = make.service("print")
    staff, customer = by(agent), by(vera)
    number = customer.post("/tickets", {"subject": "Печать", "text": "Нет печати", "service": "print"}).json()["number"]
    at = f"/tickets/{number}"
    assert staff.post(f"{at}/take", {"on_behalf_of": {"id": agent.pk}}).json()["status"] == "open"
    held = staff.put(f"{at}/hold", {"reason": "requester", "question": {"text": "Какой номер?"}})
    assert (held.json()["status"], held.json()["pending_reason"]) == ("pending", "requester")
    assert staff.delete(f"{at}/hold").json()["status"] == "open"
    until = (clock.now() + timedelta(hours=2)).isoformat()
    assert staff.put(f"{at}/promise", {"until": until}).json()["promised_until"] is not None
    assert staff.put(f"{at}/public-status", {"text": "Едет картридж"}).json()["public_status"] == "Едет картридж"
    assert staff.put(f"{at}/priority", {"impact": 2, "urgency": 2}).json()["priority"] == "P3"
    assert staff.patch(at, {"tags": ["Принтер"], "device": "4711"}).json()["tags"] == ["принтер"]
    solved = {"code": "fixed", "text": "Заменили картридж, печатает."}
    assert staff.put(f"{at}/resolution", solved).json()["status"] == "resolved"
    assert customer.delete(f"{at}/resolution?reason=%D0%9D%D0%B5%D1%82").json()["status"] == "open"
    assert staff.put(f"{at}/resolution", solved).json()["status"] == "resolved"
    assert customer.put(f"{at}/confirmation").json()["status"] == "closed"
    ticket = Ticket.objects.get(number=number)
    assert (ticket.service, desk.differences(ticket)) == (service, {})


def test_what_is_missing_for_a_solution_is_named():
    answer = by(make.agent()).put(f"/tickets/{make.ticket().number}/resolution", {"code": "", "text": "Да"})
    assert (answer.status_code, answer.json()["code"]) == (422, "refused")
    assert {one["code"] for one in answer.json()["conditions"]} == {"resolution_code", "solution_text"}
    assert answer["Content-Type"] == "application/problem+json"


def test_an_old_version_is_told_the_new_one():
    agent, ticket = make.agent(), make.ticket()
    desk.take(ticket, actor=make.actor(agent))
    answer = by(agent).patch(f"/tickets/{ticket.number}", {"device": "1", "version": 1})
    assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (409, "stale", 2)


def test_no_program_overrides_the_priority_or_takes_a_cancellation_back():
    lead = make.lead()
    ticket = make.ticket()
    override = {"override": "P1", "reason_code": "deadline", "text": "x"}
    assert by(lead).put(f"/tickets/{ticket.number}/priority", override).status_code == 403
    desk.cancel(ticket, reason="test", actor=make.actor(lead))
    assert by(lead).delete(f"/tickets/{ticket.number}/cancellation?reason=x").status_code == 403


def test_a_requesters_token_is_never_handed_an_internal_word():
    vera, agent = make.person(), make.agent()
    ticket = make.ticket(requester=vera)
    desk.note(ticket, desk.Content(text="CANARY"), actor=make.actor(agent))
    desk.edit(ticket, tags=["CANARY"], actor=make.actor(agent))
    api = by(vera)
    for path in ("/tickets", f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/messages"):
        assert b"canary" not in api.get(path).content.lower()
    assert b"CANARY" in by(agent).get(f"/tickets/{ticket.number}/messages").content


def test_links_to_what_one_may_not_see_show_only_that_they_are():
    vera, agent = make.person(), make.agent()
    mine, other = make.ticket(requester=vera), make.ticket(subject="Чужое")
    by(agent).post(f"/tickets/{mine.number}/links", {"number": other.number})
    assert by(vera).get(f"/tickets/{mine.number}/links").json()["links"] == [
        {"kind": "relates", "number": None, "subject": None}
    ]
    assert by(agent).delete(f"/tickets/{mine.number}/links/{other.number}").json()["links"] == []


def test_participants_join_and_leave():
    agent, friend, ticket = make.agent(), make.person(), make.ticket()
    at = f"/tickets/{ticket.number}/participants"
    assert by(agent).post(at, {"person": {"id": friend.pk}}).json()["participants"][0]["person"]["id"] == friend.pk
    assert by(friend).get(f"/tickets/{ticket.number}").status_code == 200
    assert by(agent).delete(f"{at}/{friend.pk}").json()["participants"] == []


def test_dead_tokens_open_nothing():
    vera = make.person()
    secret = token(vera)
    assert Api(secret).get("/me").status_code == 200
    ApiToken.objects.update(revoked_at=clock.now())
    assert Api(secret).get("/me").status_code == 401
    assert Api("otk_wrong").get("/me").status_code == 401
    assert Api().get("/me")["WWW-Authenticate"] == "Bearer"
    with clock.at(clock.now() + timedelta(days=31)):
        assert by(vera, days=1).get("/me").status_code == 200
        assert Api(secret).get("/me").status_code == 401


def test_a_password_is_no_way_in():
    vera = make.person(email="v@clinic.example")
    vera.set_password("correct horse battery")
    vera.save()
    import base64

    basic = base64.b64encode(b"v@clinic.example:correct horse battery").decode()
    assert Api(Authorization=f"Basic {basic}").get("/me").status_code == 401


def test_too_many_calls_are_told_when_to_come_back(monkeypatch):
    from otklik.api import limits

    monkeypatch.setattr(limits, "PER_MINUTE", 2)
    api = by(make.person())
    with clock.at(clock.now().replace(second=10)):
        assert [api.get("/me").status_code for _ in range(3)] == [200, 200, 429]
        assert api.get("/me")["Retry-After"] == "50"


def test_pages_go_on_where_they_ended_and_sync_finds_every_change():
    agent = make.agent()
    tickets = [make.ticket() for _ in range(5)]
    api = by(agent)
    seen, cursor = [], ""
    while True:
        page = api.get(f"/tickets?limit=2&cursor={cursor}").json()
        seen += [one["number"] for one in page["tickets"]]
        if not (cursor := page["next"]):
            break
    assert seen == [one.number for one in reversed(tickets)]
    since = "2020-01-01T00:00:00Z"
    desk.take(tickets[0], actor=make.actor(agent))
    changed, cursor = [], ""
    while True:
        page = api.get(f"/tickets?limit=2&updated_since={since}&cursor={cursor}").json()
        changed += [one["number"] for one in page["tickets"]]
        if not (cursor := page["next"]):
            break
    assert changed == [one.number for one in [*tickets[1:], tickets[0]]]


def test_filters_come_from_a_fixed_list():
    api = by(make.agent())
    make.ticket()
    assert api.get("/tickets?requester__password=x").status_code == 422
    assert api.get("/tickets?status=new&assignee=none").json()["tickets"] != []
    assert api.get("/tickets?cursor=%5B%5D").status_code == 422
    assert by(make.person()).get("/tickets?assignee=none").status_code == 403


def test_the_list_asks_as_often_for_many_tickets_as_for_one(queries):
    api = by(make.agent())
    make.ticket()
    api.get("/tickets")
    one = queries.count(lambda: api.get("/tickets"))
    for _ in range(6):
        make.ticket()
    assert queries.count(lambda: api.get("/tickets")) == one


def test_answers_speak_the_language_that_was_asked_for():
    ru = by(make.person(language="ru"))
    assert ru.get("/tickets/999", **{"Accept-Language": "en"}).json()["title"].startswith("There is no such")
    assert not ru.get("/tickets/999").json()["title"].startswith("There is no such")


def test_bodies_are_read_strictly():
    api = by(make.person())
    assert api.post("/tickets", "{").json()["code"] == "unreadable"
    assert api.post("/tickets", '{"subject": "a", "subject": "b", "text": "c"}').status_code == 422
    assert api.post("/tickets", {"subject": "a\u0000", "text": "c"}).status_code == 422
    assert api.post("/tickets", '{"subject": "\\ud800", "text": "c"}').status_code == 422
    assert api.post("/tickets", {"subject": "a", "text": "c" * 3_000_000}).status_code == 413
    assert api.call("PUT", "/me").status_code == 405
    assert api.get("/nothing-here").status_code == 404
