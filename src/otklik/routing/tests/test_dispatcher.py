"""Tickets find people through the real tables: modes, filters, the record of decisions, relaxation, races in small."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal.config import publish
from otklik.journal.record import SYSTEM
from otklik.journal.timeline import entries
from otklik.people.models import Person
from otklik.routing import dispatcher, policy, waiting
from otklik.routing.gather import gather
from otklik.routing.models import Decision, Given
from otklik.routing.tests.make import TUESDAY, at, away, member, settled, skill, subject_of, team
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def kinds(ticket: Ticket) -> list[str]:
    return [one.kind for one in entries(subject_of(ticket)) if one.kind.startswith("assignment.")]


def decisions(ticket: Ticket) -> list[tuple[str, int | None]]:
    return list(Decision.objects.filter(ticket=ticket).order_by("pk").values_list("state", "winner_id"))


def test_a_new_ticket_goes_to_the_only_one_who_is_there():
    with at():
        crew = team("auto")
        there, absent = member(crew), member(crew)
        away(absent)
        member(crew, hours={"sat": [["10:00", "12:00"]]})
        ticket = make.ticket(team=crew)
        settled()
        assert again(ticket).assignee == there
        assert again(ticket).status == "new", "assignment alone does not leave new"
        assert kinds(ticket) == ["assignment.scored", "assignment.changed"]
        [decision] = Decision.objects.all()
        assert decision.state == "assigned"
        refused = {one["id"]: one["condition"] for one in decision.result["refused"]}
        assert sorted(refused.values()) == ["absent", "off_shift"]
        assert refused[absent.pk] == "absent"
        assert dispatcher.recompute(decision)


def test_suggest_proposes_and_leaves_the_ticket_where_it_is():
    with at():
        crew = team("suggest")
        best = member(crew)
        ticket = make.ticket(team=crew)
        settled()
        assert again(ticket).assignee is None
        assert decisions(ticket) == [("proposed", best.pk)]
        assert kinds(ticket) == ["assignment.scored"]


def test_in_a_team_that_pulls_nothing_is_proposed():
    with at():
        crew = team("pull")
        member(crew)
        ticket = make.ticket(team=crew)
        settled()
        assert (again(ticket).assignee, decisions(ticket)) == (None, [])


def test_round_robin_takes_turns():
    with at():
        crew = team("round_robin")
        people = [member(crew) for _n in range(3)]
        got = []
        for minute in range(6):
            with at(TUESDAY + timedelta(minutes=minute)):
                ticket = make.ticket(team=crew)
                settled()
                got.append(again(ticket).assignee)
        assert got == people * 2


def test_a_share_of_somebodys_time_is_a_share_of_his_capacity_and_refusing_the_machine_is_obeyed():
    with at():
        crew = team("auto")
        half, closed = member(crew, capacity=16), member(crew, capacity=400)
        half.memberships.update(share=50)
        closed.memberships.update(accepts_auto=False)
        tickets = [make.ticket(team=crew, impact=1, urgency=2) for _n in range(3)]
        settled()
        assert [again(one).assignee for one in tickets] == [half, half, None]
        refused = Decision.objects.get(ticket=tickets[2]).result["refused"]
        assert {one["id"]: one["condition"] for one in refused} == {half.pk: "full", closed.pk: "accepts"}
        full = next(one for one in refused if one["id"] == half.pk)
        assert (full["has"], full["needs"]) == (12, 8), "half of sixteen"


def test_skills_of_the_service_choose_whom_they_ask_and_say_who_lacks_what():
    with at():
        crew = team("auto")
        expert, novice = member(crew, skills={"1c": 4}), member(crew, skills={"1c": 2})
        skill("1c")
        service = make.service(team=crew)
        asked = {"services": {str(service.pk): [{"skill": "1c", "level": 3, "required": True}]}}
        publish(policy.RULES_NAME, asked, actor=SYSTEM)
        ticket = make.ticket(team=crew, service=service)
        settled()
        assert again(ticket).assignee == expert
        [refusal] = Decision.objects.get(ticket=ticket).result["refused"]
        assert (refusal["id"], refusal["condition"], refusal["has"], refusal["needs"]) == (novice.pk, "skill", 2, 3)


def test_a_skill_that_no_lead_confirmed_does_not_count():
    with at():
        crew = team("auto")
        one = member(crew, skills={"1c": 5})
        one.skills.update(confirmed_at=None)
        service = make.service(team=crew)
        publish(policy.RULES_NAME, {"services": {str(service.pk): [{"skill": "1c", "level": 1}]}}, actor=SYSTEM)
        ticket = make.ticket(team=crew, service=service)
        settled()
        assert again(ticket).assignee is None
        assert decisions(ticket) == [("unavailable", None)]


def test_nobody_there_is_recorded_once_and_ends_with_the_shift_that_begins():
    with at(TUESDAY - timedelta(hours=4)):  # eight in the morning
        crew = team("auto")
        one = member(crew)
        ticket = make.ticket(team=crew)
        settled()
        assert kinds(ticket) == ["assignment.unavailable"]
    with at(TUESDAY - timedelta(hours=3, minutes=30)):
        assert waiting.due() == [ticket.pk]
        dispatcher.decide(ticket)
        assert kinds(ticket) == ["assignment.unavailable"], "the same answer is not told twice"
    with at(TUESDAY - timedelta(hours=2, minutes=59)):
        dispatcher.decide(ticket)
        assert again(ticket).assignee == one


def test_a_full_team_waits_and_then_may_take_a_fifth_more():
    with at():
        crew = team("auto")
        one = member(crew, capacity=5)
        # P3 weighs 2: two fit into 5, the third would make 6.
        tickets = [make.ticket(team=crew, impact=2, urgency=2) for _n in range(3)]
        settled()
        assert [again(ticket).assignee for ticket in tickets] == [one, one, None]
        [refusal] = Decision.objects.get(ticket=tickets[2]).result["refused"]
        assert (refusal["condition"], refusal["has"], refusal["needs"]) == ("full", 6, 5)
    with at(TUESDAY + timedelta(hours=2)):
        decision = dispatcher.decide(tickets[2])
        assert (decision.state, decision.result["step"]) == ("assigned", "capacity"), "6 of 1.2 · 5 = 6 fits"


def test_partners_help_once_the_team_cannot():
    with at():
        helpers = team("suggest")
        helper = member(helpers)
        crew = team("auto", partner=helpers)
        ticket = make.ticket(team=crew, impact=1, urgency=1)  # P1: relaxed at once
        settled()
        ticket = again(ticket)
        assert (ticket.assignee, ticket.team) == (helper, helpers)
        assert Decision.objects.get(ticket=ticket, state="assigned").result["step"] == "partner"


def test_a_restricted_ticket_is_not_shown_to_partners():
    with at():
        helpers = team("suggest")
        member(helpers)
        crew = team("auto", partner=helpers)
        ticket = make.ticket(team=crew, impact=1, urgency=1, visibility="restricted")
        settled()
        assert again(ticket).assignee is None
        assert [one["condition"] for one in Decision.objects.get(ticket=ticket).result["refused"]] == ["sees"]


def test_the_requester_never_gets_the_own_ticket():
    with at():
        crew = team("auto")
        one = member(crew)
        ticket = make.ticket(team=crew, requester=one)
        settled()
        assert again(ticket).assignee is None


def test_whoever_holds_a_ticket_of_the_same_person_is_preferred_and_load_weighs():
    with at():
        crew = team("auto")
        first, second = member(crew), member(crew)
        requester = make.person()
        one = make.ticket(team=crew, requester=requester)
        settled()
        assert again(one).assignee == first
        other = make.ticket(team=crew)
        settled()
        assert again(other).assignee == second, "the less loaded one"
        third = make.ticket(team=crew, requester=requester)
        settled()
        assert again(third).assignee == first
        assert Decision.objects.get(ticket=third).result["scored"][0]["continuity"] == 1000


def test_a_ticket_that_is_taken_by_hand_settles_the_proposal():
    with at():
        crew = team("suggest")
        best, other = member(crew), member(crew)
        lead = make.lead(team=crew)
        accepted, changed = make.ticket(team=crew), make.ticket(team=crew)
        settled()
        desk.assign(accepted, to=best, actor=make.actor(lead))
        desk.assign(changed, to=other, reason_code="needs_expertise", text="знает клиента", actor=make.actor(lead))
        assert decisions(accepted) == [("accepted", best.pk)]
        told = [one.fact for one in entries(subject_of(changed)) if one.kind == "assignment.overridden"]
        if decisions(changed)[0][1] == other.pk:
            assert decisions(changed) == [("accepted", other.pk)]
        else:
            assert decisions(changed) == [("overridden", best.pk)]
            assert [(one.proposed, one.assignee, one.reason) for one in told] == [(best.pk, other.pk, "знает клиента")]
        assert Given.objects.filter(ticket=accepted, person=best).get().automatic


def test_every_step_of_one_ticket_is_computed_again_to_the_letter():
    with at():
        crew = team("suggest")
        for level in (2, 3, 5):
            member(crew, skills={"net": level}, capacity=20)
        service = make.service(team=crew)
        publish(
            policy.RULES_NAME,
            {"services": {str(service.pk): [{"skill": "net", "level": 3, "required": False}]}},
            actor=SYSTEM,
        )
        tickets = [make.ticket(team=crew, service=service) for _n in range(4)]
        settled()
        found = list(Decision.objects.filter(ticket__in=tickets))
        assert len(found) == 4
        assert all(dispatcher.recompute(one) for one in found)
        digests = {
            one.fact.inputs
            for ticket in tickets
            for one in entries(subject_of(ticket))
            if one.kind == "assignment.scored"
        }
        assert digests == {dispatcher.digest_of(one.inputs) for one in found}


def test_a_missed_prompt_is_healed_by_the_sweep():
    with at():
        crew = team("auto")
        one = member(crew)
        ticket = make.ticket(team=crew)
        with connection.cursor() as cursor:
            cursor.execute("delete from jobs")  # the prompt is lost
    with at(TUESDAY + timedelta(minutes=2)):
        enqueue("routing.sweep")
        settled()
        assert again(ticket).assignee == one


def test_a_person_who_is_deactivated_or_leaves_is_no_candidate():
    with at():
        crew = team("auto")
        gone = member(crew)
        Person.objects.filter(pk=gone.pk).update(is_active=False)
        ticket = make.ticket(team=crew)
        settled()
        assert again(ticket).assignee is None
        assert Decision.objects.get(ticket=ticket).result["refused"] == []


def test_gathering_asks_as_many_questions_for_ten_people_as_for_two():
    with at():
        counts = []
        for size in (2, 10):
            crew = team("suggest")
            for _n in range(size):
                member(crew, skills={"net": 3})
            service = make.service(team=crew)
            publish(policy.RULES_NAME, {"services": {str(service.pk): [{"skill": "net", "level": 3}]}}, actor=SYSTEM)
            ticket = Ticket.objects.select_related("team").get(pk=make.ticket(team=crew, service=service).pk)
            gather(ticket, clock.now())
            with CaptureQueriesContext(connection) as queries:
                gather(ticket, clock.now())
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 24
