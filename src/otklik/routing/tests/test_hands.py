"""People after the choice: accept, decline, hand on, take the next, bouncing, absence, calls at night."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal.config import publish
from otklik.journal.record import SYSTEM
from otklik.journal.timeline import entries
from otklik.people.models import Membership
from otklik.routing import absences, dispatcher, hands, paging, policy, pulling, reasons
from otklik.routing.models import Decision, Flag, HandOver, Page
from otklik.routing.tests.make import NIGHT, TUESDAY, at, away, member, on_call, settled, subject_of, team
from otklik.tickets import access, desk
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
HALF_PAST = TUESDAY + timedelta(minutes=30)


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("assignee", "team").get(pk=ticket.pk)


def facts(ticket: Ticket, kind: str) -> list:
    return [one.fact for one in entries(subject_of(ticket)) if one.kind == kind]


# -- accept and decline --------------------------------------------------------------------------------------------
def test_one_click_accepts_the_proposal_and_counts_for_fairness():
    with at():
        crew = team("suggest")
        best = member(crew)
        ticket = make.ticket(team=crew)
        settled()
        ticket = hands.accepted(ticket, actor=make.actor(best))
        assert (again(ticket).assignee, ticket.status) == (best, "new")
        assert Decision.objects.get(ticket=ticket).state == "accepted"
        assert ticket.given.get(person=best).automatic


def test_the_second_of_the_proposed_may_be_chosen_and_is_counted_as_otherwise_decided():
    with at():
        crew = team("suggest")
        people = [member(crew) for _n in range(2)]
        stranger = member(team("suggest"))
        ticket = make.ticket(team=crew)
        settled()
        second = next(one for one in people if one.pk != Decision.objects.get(ticket=ticket).winner_id)
        with pytest.raises(hands.NotNow):
            hands.accepted(ticket, person=stranger, actor=make.actor(people[0]))
        hands.accepted(ticket, person=second, actor=make.actor(people[0]))
        assert again(ticket).assignee == second
        assert Decision.objects.get(ticket=ticket).state == "overridden"


def test_a_proposal_whose_person_went_away_is_made_anew_instead():
    with at():
        crew = team("suggest")
        people = [member(crew) for _n in range(2)]
        ticket = make.ticket(team=crew)
        settled()
        winner = Decision.objects.get(ticket=ticket).winner
        other = next(one for one in people if one != winner)
        away(winner)
        with pytest.raises(hands.NotNow) as refused:
            hands.accepted(ticket, actor=make.actor(other))
        assert winner.name in refused.value.texts[0]
        assert again(ticket).assignee is None
        assert Decision.objects.get(ticket=ticket, state="proposed").winner == other


def test_a_requester_cannot_accept_for_the_desk():
    with at():
        crew = team("suggest")
        member(crew)
        ticket = make.ticket(team=crew)
        settled()
        with pytest.raises(Forbidden):
            hands.accepted(ticket, actor=make.actor(ticket.requester))


def test_declined_within_half_an_hour_it_goes_to_somebody_else_and_never_back():
    with at():
        crew = team("auto")
        member(crew), member(crew)
        ticket = make.ticket(team=crew)
        settled()
        first = again(ticket).assignee
    with at(HALF_PAST):
        with pytest.raises(Refused):
            hands.decline(ticket, reason="  ", actor=make.actor(first))
        hands.decline(ticket, reason="Не знаю эту систему", actor=make.actor(first))
        settled()
        assert again(ticket).assignee not in (first, None)
        assert [one.reason for one in facts(ticket, "assignment.declined")] == ["Не знаю эту систему"]
        states = list(Decision.objects.filter(ticket=ticket).order_by("pk").values_list("state", flat=True))
        assert states == ["declined", "assigned"]
        last = Decision.objects.filter(ticket=ticket).order_by("-pk")[0]
        assert [one["condition"] for one in last.result["refused"]] == ["declined"]


def test_after_half_an_hour_it_is_too_late_to_decline():
    with at():
        crew = team("auto")
        one = member(crew)
        ticket = make.ticket(team=crew)
        settled()
    with at(HALF_PAST + timedelta(seconds=1)), pytest.raises(hands.NotNow):
        hands.decline(ticket, reason="Занята", actor=make.actor(one))


def test_what_one_took_oneself_is_handed_on_and_not_declined():
    with at():
        one = member(team("pull"))
        crew = one.teams.get()
        ticket = desk.take(make.ticket(team=crew), actor=make.actor(one))
        assert not hands.may_decline(ticket, one)


# -- handing on ----------------------------------------------------------------------------------------------------
def test_handing_on_asks_a_reason_and_a_word_where_a_limit_is_broken():
    with at():
        crew = team("pull")
        one, full = member(crew), member(crew, capacity=0)
        ticket = desk.take(make.ticket(team=crew), actor=make.actor(one))
        with pytest.raises(Refused):
            hands.give(ticket, to=full, reason_code="", actor=make.actor(one))
        with pytest.raises(hands.NotNow) as refused:
            hands.give(ticket, to=full, reason_code="load", actor=make.actor(one))
        assert full.name in refused.value.texts[0]
        hands.give(ticket, to=full, reason_code="load", text="Договорились", actor=make.actor(one))
        assert again(ticket).assignee == full
        fact = facts(ticket, "assignment.changed")[-1]
        assert (fact.reason_code, fact.text) == ("load", "Договорились")


def test_to_and_fro_between_teams_is_flagged_with_the_whole_path_and_ends_with_the_solution():
    with at():
        first, second = team("pull"), team("pull")
        lead = make.lead(team=first)
        Membership.objects.create(team=second, person=lead, role="lead")
        ticket = make.ticket(team=first)
    for minutes, to in ((10, second), (20, first)):
        with at(TUESDAY + timedelta(minutes=minutes)):
            hands.give(again(ticket), team=to, reason_code="wrong_team", actor=make.actor(lead))
    assert Flag.objects.get(ticket=ticket).path == [first.pk, second.pk, first.pk]
    assert [one.path for one in facts(ticket, "assignment.flagged")] == [[first.pk, second.pk, first.pk]]
    with at(TUESDAY + timedelta(hours=1)):
        agent = member(first)
        with pytest.raises(hands.NotNow):
            hands.give(again(ticket), team=second, reason_code="wrong_team", actor=make.actor(agent))
        why = reasons.why(again(ticket), access.viewer(lead))
        assert why.path == [first.name, second.name, first.name]
        done = desk.take(again(ticket), actor=make.actor(lead))
        solution = desk.Content(text="Заменили блок питания.")
        desk.resolve(done, code="fixed", content=solution, cause_code="hardware", actor=make.actor(lead))
        assert not Flag.objects.filter(ticket=ticket).exists()


def test_a_move_undone_within_five_minutes_is_none():
    with at():
        first, second = team("pull"), team("pull")
        lead = make.lead(team=first)
        Membership.objects.create(team=second, person=lead, role="lead")
        ticket = make.ticket(team=first)
    for minutes, to in ((10, second), (14, first)):
        with at(TUESDAY + timedelta(minutes=minutes)):
            hands.give(again(ticket), team=to, reason_code="wrong_team", actor=make.actor(lead))
    assert not Flag.objects.exists()


def test_the_lock_of_a_bouncing_ticket_holds_for_clients_and_the_house_too():
    with at():
        first, second = team("pull"), team("pull")
        ticket = make.ticket(team=first)
        Flag.objects.create(ticket=ticket, path=[first.pk, second.pk, first.pk], since=TUESDAY)
        with pytest.raises(hands.NotNow) as refused:
            hands.give(ticket, team=second, reason_code="wrong_team", actor=SYSTEM)
        assert [one.code for one in refused.value.missing] == ["bouncing"]
        dispatcher = make.person(roles=["dispatcher"])
        hands.give(ticket, team=second, reason_code="wrong_team", actor=make.actor(dispatcher))
        assert again(ticket).team == second


def test_what_nobody_is_on_needs_a_reason_only_where_a_proposal_says_otherwise():
    with at():
        crew = team("suggest")
        people = [member(crew) for _n in range(5)]
        free = make.ticket(team=crew)
        hands.give(free, to=people[4], actor=make.actor(people[0]))
        assert again(free).assignee == people[4]
        ticket = make.ticket(team=crew)
        settled()
        standing = Decision.objects.get(ticket=ticket)
        other = next(one for one in people if one.pk not in [it["id"] for it in standing.result["scored"][:3]])
        with pytest.raises(hands.AsksWhy):
            hands.give(ticket, to=other, actor=make.actor(people[0]))
        hands.give(ticket, to=other, reason_code="requester_wish", text="Просила её", actor=make.actor(people[0]))
        standing.refresh_from_db()
        assert (standing.state, standing.reason_code, standing.reason) == (
            "overridden",
            "requester_wish",
            "Просила её",
        )
        [told] = facts(ticket, "assignment.overridden")
        assert (told.proposed, told.assignee, told.reason_code) == (standing.winner_id, other.pk, "requester_wish")


def test_taking_from_a_colleague_asks_a_reason_and_a_free_one_none():
    with at():
        crew = team("pull")
        one, other = member(crew), member(crew)
        ticket = hands.take(make.ticket(team=crew), actor=make.actor(one))
        assert (again(ticket).assignee, again(ticket).status) == (one, "open")
        with pytest.raises(hands.AsksWhy):
            hands.take(ticket, actor=make.actor(other))
        hands.take(ticket, reason_code="absence", actor=make.actor(other))
        assert again(ticket).assignee == other
        assert facts(ticket, "assignment.changed")[-1].reason_code == "absence"


def test_only_ones_own_last_assignment_is_taken_back_and_within_five_minutes():
    with at():
        crew = team("pull")
        one, other = member(crew), member(crew)
        ticket = make.ticket(team=crew)
        hands.give(ticket, to=other, actor=make.actor(one))
        with pytest.raises(hands.NotNow):
            hands.take_back(ticket, actor=make.actor(other))
        hands.take_back(ticket, actor=make.actor(one))
        assert again(ticket).assignee is None
        hands.give(ticket, to=other, actor=make.actor(one))
        hands.give(ticket, to=one, reason_code="load", actor=make.actor(one))
    with at(TUESDAY + timedelta(minutes=5)):
        hands.take_back(ticket, actor=make.actor(one))
        assert again(ticket).assignee == other
        hands.give(ticket, to=one, reason_code="load", actor=make.actor(one))
    with at(TUESDAY + timedelta(minutes=11)), pytest.raises(hands.NotNow):
        hands.take_back(ticket, actor=make.actor(one))


# -- the next one --------------------------------------------------------------------------------------------------
def test_the_next_one_is_the_most_due_and_a_reason_is_asked_to_pass_it_over():
    with at():
        crew = team("pull")
        one = member(crew)
        calm = make.ticket(team=crew)
        urgent = make.ticket(team=crew, impact=1, urgency=1)
        turn = pulling.next_for(one)
        assert turn is not None and turn.ticket == urgent
        with pytest.raises(Refused):
            pulling.skip(urgent, reason="", actor=make.actor(one))
        pulling.skip(urgent, reason="Жду доступ", actor=make.actor(one))
        assert [told.reason for told in facts(urgent, "assignment.skipped")] == ["Жду доступ"]
        taken = pulling.take_next(actor=make.actor(one))
        assert taken == calm
        assert (again(calm).assignee, again(calm).status) == (one, "open")
        assert pulling.take_next(actor=make.actor(one)) is None


def test_the_next_one_is_never_beyond_the_own_skills():
    with at():
        crew = team("pull")
        one, expert = member(crew), member(crew, skills={"net": 4})
        service = make.service(team=crew)
        publish(policy.RULES_NAME, {"services": {str(service.pk): [{"skill": "net", "level": 3}]}}, actor=SYSTEM)
        ticket = make.ticket(team=crew, service=service)
        assert pulling.next_for(one) is None
        assert pulling.next_for(expert).ticket == ticket


def test_what_somebody_took_meanwhile_is_not_taken_twice():
    with at():
        crew = team("pull")
        one, other = member(crew), member(crew)
        ticket = make.ticket(team=crew)
        desk.take(ticket, actor=make.actor(other))
        with pytest.raises(Refused):
            make.ticket(team=crew)
            pulling.take_next(actor=make.actor(one), number=ticket.number)


# -- away ----------------------------------------------------------------------------------------------------------
def test_an_absence_proposes_what_cannot_wait_and_one_click_hands_it_over():
    with at():
        crew = team("pull")
        one, deputy = member(crew), member(crew)
        urgent = desk.take(make.ticket(team=crew, impact=1, urgency=1), actor=make.actor(one))
        calm = desk.take(make.ticket(team=crew, type="question"), actor=make.actor(one))
        away(one, days=20, deputy=deputy)
        enqueue("routing.sweep")
        settled()
        enqueue("routing.sweep")
        settled()
        proposed = set(HandOver.objects.values_list("ticket", flat=True))
        assert urgent.pk in proposed
        assert len(facts(urgent, "assignment.hand_over_proposed")) == 1
        stranger = member(crew)
        assert not absences.concerns(one, stranger)
        assert absences.hand_over(one, actor=make.actor(stranger), decider=stranger) == (0, [])
        done, failed = absences.hand_over(one, actor=make.actor(deputy), decider=deputy)
        assert (done, failed) == (len(proposed), [])
        assert again(urgent).assignee == deputy
        assert set(HandOver.objects.values_list("state", flat=True)) == {"done"}
        if calm.pk not in proposed:
            assert again(calm).assignee == one


def test_a_customer_who_writes_to_somebody_long_away_brings_the_ticket_back():
    with at():
        crew = team("suggest")
        one, deputy = member(crew), member(crew)
        ticket = desk.take(make.ticket(team=crew), actor=make.actor(one))
        settled()
        away(one, days=5, deputy=deputy)
        desk.hear(
            ticket,
            desk.Content(text="Есть новости?"),
            author=ticket.requester,
            channel="portal",
            actor=make.actor(ticket.requester),
        )
        settled()
        assert again(ticket).assignee is None
        [fact] = facts(ticket, "assignment.returned")
        assert (fact.person, fact.deputy) == (one.pk, deputy.pk)
        assert Decision.objects.get(ticket=ticket, state="proposed").winner == deputy


def test_somebody_back_tomorrow_keeps_the_ticket():
    with at():
        crew = team("suggest")
        one = member(crew)
        ticket = desk.take(make.ticket(team=crew), actor=make.actor(one))
        away(one, days=0)
        absence = one.absences.get()
        absence.ends_at = TUESDAY + timedelta(hours=3)
        absence.save()
        desk.hear(
            ticket,
            desk.Content(text="Есть новости?"),
            author=ticket.requester,
            channel="portal",
            actor=make.actor(ticket.requester),
        )
        settled()
        assert again(ticket).assignee == one


# -- calls at night ------------------------------------------------------------------------------------------------
def test_a_p1_at_night_calls_the_ladder_until_somebody_answers():
    with at(NIGHT):
        crew = team("auto")
        first, second = member(crew), member(crew)
        lead = member(crew, role="lead")
        manager = make.person(roles=["service_manager"])
        on_call(crew, second, order=2), on_call(crew, first, order=1)
        ticket = make.ticket(team=crew, impact=1, urgency=1)
        settled()
        assert [one.person for one in facts(ticket, "assignment.paged")] == [first.pk]
    for minutes in (4, 5, 10, 15, 20):
        with at(NIGHT + timedelta(minutes=minutes)):
            enqueue("routing.sweep")
            settled()
    called = [one.person for one in facts(ticket, "assignment.paged")]
    assert called == [first.pk, second.pk, lead.pk, manager.pk, first.pk], "past its end the ladder begins anew"
    with at(NIGHT + timedelta(minutes=21)):
        with pytest.raises(Refused):
            paging.acknowledge(again(ticket), actor=make.actor(member(crew)))
        paging.acknowledge(again(ticket), actor=make.actor(second))
        assert again(ticket).assignee == second
        assert not Page.objects.filter(ended_at=None).exists()
    with at(NIGHT + timedelta(minutes=40)):
        enqueue("routing.sweep")
        settled()
        assert len(facts(ticket, "assignment.paged")) == 5


def test_a_p2_at_night_waits_for_the_morning():
    with at(NIGHT):
        crew = team("auto")
        one = member(crew)
        on_call(crew, one)
        ticket = make.ticket(team=crew, impact=1, urgency=2)
        settled()
        assert not Page.objects.exists()
    with at(NIGHT + timedelta(hours=9)):
        dispatcher.decide(ticket)
        assert again(ticket).assignee == one


# -- the words -----------------------------------------------------------------------------------------------------
def test_staff_read_the_table_and_the_requester_name_and_role_only():
    with at():
        crew = team("auto")
        one = member(crew, "Анна Ким", job_title="Инженер")
        absent = member(crew, "Олег Рябов")
        away(absent)
        ticket = make.ticket(team=crew)
        settled()
        ticket = again(ticket)
        told = reasons.why(ticket, access.viewer(one))
        assert [line.name for line in told.best] == ["Анна Ким"]
        assert len(told.lines) == 3
        assert [line.name for line in told.refused] == ["Олег Рябов"]
        seen = reasons.why(ticket, access.viewer(ticket.requester))
        assert seen == reasons.Why(name="Анна Ким", role="Инженер")
        assert clock.now() == TUESDAY
