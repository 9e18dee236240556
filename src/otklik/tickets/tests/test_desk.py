"""The desk: each command with what it changes, what it refuses and what it leaves on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik import clock
from otklik.journal.models import Entry
from otklik.journal.timeline import entries
from otklik.tickets import desk
from otklik.tickets._gate import subject_of
from otklik.tickets.models import Message, Ticket, WriteOutsideGate
from otklik.tickets.refusal import Forbidden, Refused, Stale
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def kinds(ticket: Ticket) -> list[str]:
    return [one.kind for one in entries(subject_of(ticket))]


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {missing.code for missing in refused.value.missing}


def test_a_report_becomes_one_numbered_ticket_with_its_description():
    requester = make.person("Вера Титова", phone="214")
    ticket = make.ticket(requester=requester, impact=2, urgency=1)
    assert (ticket.status, ticket.priority, ticket.requester, ticket.version) == ("new", "P2", requester, 1)
    assert ticket.contact["phone"] == "214"
    assert [(m.kind, m.side, m.audience) for m in ticket.messages.all()] == [("description", "customer", "public")]
    assert kinds(ticket) == ["ticket.created", "message.public"]


def test_the_same_key_opens_one_ticket():
    requester = make.person()
    first = make.ticket(requester=requester, key="abc")
    second = make.ticket(requester=requester, key="abc")
    assert first.pk == second.pk
    assert Ticket.objects.count() == 1


def test_a_critical_service_raises_urgency_by_one_step_and_says_so():
    ticket = make.ticket(
        service=make.service(is_critical=True), impact=2, urgency=2, place=make.place(is_critical=True)
    )
    assert (ticket.urgency, ticket.priority, ticket.raised_by) == (1, "P2", ["place", "service"])


def test_taking_a_new_ticket_puts_it_into_work_with_its_taker():
    agent = make.agent()
    ticket = desk.take(make.ticket(), actor=make.actor(agent))
    assert (ticket.status, ticket.assignee) == ("open", agent)
    assert ticket.acknowledged_at is not None


def test_assignment_alone_does_not_leave_new():
    agent, lead = make.agent(), make.lead()
    ticket = desk.assign(make.ticket(), to=agent, actor=make.actor(lead))
    assert (ticket.status, ticket.assignee) == ("new", agent)


def test_only_a_member_of_the_team_can_be_assigned():
    stranger = make.agent(team=make.team())
    with pytest.raises(Refused) as refused:
        desk.assign(make.ticket(), to=stranger, actor=make.actor(make.lead()))
    assert codes(refused) == {"not_member"}


def test_an_agent_may_not_hand_a_ticket_to_another_team_but_the_lead_may():
    other, ticket = make.team(), make.ticket()
    with pytest.raises(Refused) as refused:
        desk.assign(ticket, team=other, actor=make.actor(make.agent()))
    assert codes(refused) == {"across"}
    ticket = desk.assign(ticket, team=other, reason_code="wrong_team", actor=make.actor(make.lead()))
    assert (ticket.team, ticket.assignee) == (other, None)


def test_a_stranger_may_not_work_on_a_ticket():
    with pytest.raises(Forbidden):
        desk.take(make.ticket(), actor=make.actor(make.agent(team=make.team())))


def test_the_first_answer_takes_the_ticket_into_work_and_counts_as_response():
    agent, ticket = make.agent(), make.ticket()
    desk.reply(ticket, desk.Content(text="Иду к вам."), actor=make.actor(agent))
    assert (ticket.status, ticket.assignee) == ("open", agent)
    assert ticket.first_response_at is not None


def test_a_note_changes_nothing_but_the_record():
    agent, ticket = make.agent(), make.ticket()
    desk.note(ticket, desk.Content(text="Картридж на складе"), actor=make.actor(agent))
    assert (ticket.status, ticket.first_response_at) == ("new", None)
    assert kinds(ticket)[-1] == "message.internal"


def test_an_old_page_cannot_overwrite():
    agent = make.agent()
    ticket = make.ticket()
    seen = ticket.version
    desk.take(ticket, actor=make.actor(agent))
    with pytest.raises(Stale):
        desk.reply(ticket, desk.Content(text="Уже не так"), expect=seen, actor=make.actor(agent))


def test_to_wait_for_the_requester_one_must_ask():
    with pytest.raises(Refused) as refused:
        desk.hold(make.ticket(), reason="requester", actor=make.actor(make.agent()))
    assert codes(refused) == {"question"}


def test_an_answer_ends_the_wait_and_an_autoresponder_does_not():
    requester = make.person()
    ticket = make.ticket(requester=requester, status="pending")
    desk.hear(
        ticket,
        desk.Content(text="Я в отпуске"),
        author=requester,
        channel="email",
        automatic=True,
        actor=make.actor(requester),
    )
    assert ticket.status == "pending"
    desk.hear(ticket, desk.Content(text="Номер 4711"), author=requester, channel="portal", actor=make.actor(requester))
    assert (ticket.status, ticket.pending_reason, ticket.customer_waiting_since is not None) == ("open", "", True)


def test_putting_off_needs_a_date_within_ninety_days_and_who_asked():
    agent = make.actor(make.agent())
    with clock.at(TUESDAY), pytest.raises(Refused) as refused:
        desk.hold(make.ticket(), reason="scheduled", until=TUESDAY + timedelta(days=91), actor=agent)
    assert codes(refused) == {"until", "asked_by"}


def test_a_supplier_needs_name_reference_and_a_date_within_ten_working_days():
    agent = make.actor(make.agent())
    with clock.at(TUESDAY):
        ticket = make.ticket()
        late = TUESDAY + timedelta(days=20)
        with pytest.raises(Refused) as refused:
            desk.hold(ticket, reason="third_party", supplier="HP", follow_up_at=late, actor=agent)
        assert codes(refused) == {"reference", "follow_up_at"}
        soon = TUESDAY + timedelta(days=3)
        ticket = desk.hold(ticket, reason="third_party", supplier="HP", reference="A-1", follow_up_at=soon, actor=agent)
    assert ticket.pending_data == {"supplier": "HP", "reference": "A-1", "follow_up_at": soon.isoformat()}


def test_a_solution_names_everything_that_is_missing():
    ticket = make.ticket(service=make.service(is_critical=True), impact=1, urgency=1)
    ticket = desk.edit(ticket, service=None, actor=make.actor(make.agent()))
    with pytest.raises(Refused) as refused:
        desk.resolve(ticket, code="", content=desk.Content(text="Готово"), actor=make.actor(make.agent()))
    assert codes(refused) == {"resolution_code", "solution_text", "service", "cause_code"}


def test_solving_stops_the_wait_and_makes_the_resolver_the_assignee():
    agent = make.agent()
    solution = desk.Content(text="Заменили картридж, печатает.", instructions="Не вынимайте лоток.")
    ticket = desk.resolve(make.ticket(), code="fixed", content=solution, actor=make.actor(agent))
    assert (ticket.status, ticket.assignee, ticket.resolution_code) == ("resolved", agent, "fixed")
    stored = ticket.messages.get(kind="solution")
    assert stored.instructions == "Не вынимайте лоток."


def test_the_requester_confirms_and_the_ticket_is_closed():
    requester = make.person()
    ticket = desk.confirm(make.ticket(requester=requester, status="resolved"), actor=make.actor(requester))
    assert ticket.status == "closed"
    assert desk.confirm(ticket, actor=make.actor(requester)).version == ticket.version


def test_the_requester_may_say_at_any_time_that_it_works():
    requester = make.person()
    ticket = desk.confirm(make.ticket(requester=requester), actor=make.actor(requester))
    assert (ticket.status, ticket.resolution_code) == ("closed", "resolved_by_requester")


def test_a_colleague_may_not_confirm():
    with pytest.raises(Forbidden):
        desk.confirm(make.ticket(status="resolved"), actor=make.actor(make.person()))


def test_not_solved_reopens_with_the_same_person():
    requester = make.person()
    ticket = make.ticket(requester=requester, status="resolved")
    was = ticket.assignee
    words = desk.Content(text="Опять полосы")
    ticket = desk.reopen(ticket, cause="not_solved", content=words, actor=make.actor(requester))
    assert (ticket.status, ticket.assignee, ticket.reopen_count, ticket.resolved_at) == ("open", was, 1, None)


def test_thanks_do_not_reopen_but_any_other_word_does():
    requester = make.person()
    ticket = make.ticket(requester=requester, status="resolved")
    thanks = desk.Content(text="Спасибо!")
    heard = desk.hear(ticket, thanks, author=requester, channel="email", is_gratitude=True, actor=make.actor(requester))
    assert (heard.outcome, ticket.status) == ("joined", "resolved")
    desk.hear(ticket, desk.Content(text="Снова не то"), author=requester, channel="email", actor=make.actor(requester))
    assert ticket.status == "open"


def test_a_word_after_closing_opens_a_ticket_that_follows():
    requester = make.person()
    ticket = make.ticket(requester=requester, status="closed")
    words = desk.Content(text="Снова не печатает")
    heard = desk.hear(ticket, words, author=requester, channel="email", actor=make.actor(requester))
    assert (heard.outcome, heard.ticket.service, heard.ticket.status) == ("opened", ticket.service, "new")
    assert heard.ticket.links.get().kind == "follow_up_of"
    assert kinds(ticket)[-1] == "follow_up.created"


def test_an_automatic_word_after_closing_opens_nothing():
    requester = make.person()
    ticket = make.ticket(requester=requester, status="closed")
    words = desk.Content(text="Меня нет")
    heard = desk.hear(ticket, words, author=requester, channel="email", automatic=True, actor=make.actor(requester))
    assert (heard.outcome, Ticket.objects.count()) == ("ignored", 1)


def test_a_reopening_that_was_none_is_taken_back():
    requester, agent = make.person(), make.agent()
    with clock.at(TUESDAY):
        ticket = make.ticket(requester=requester, status="resolved", by=agent)
    with clock.at(TUESDAY + timedelta(hours=1)):
        desk.hear(
            ticket, desk.Content(text="ок, принято"), author=requester, channel="email", actor=make.actor(requester)
        )
        ticket = desk.void_reopen(ticket, reason="gratitude", actor=make.actor(agent))
    assert (ticket.status, ticket.resolved_at, ticket.resolution_code, ticket.reopen_count) == (
        "resolved",
        TUESDAY,
        "fixed",
        0,
    )


def test_cancelling_tells_why_except_for_spam():
    agent = make.actor(make.agent())
    with pytest.raises(Refused) as refused:
        desk.cancel(make.ticket(), reason="out_of_scope", actor=agent)
    assert codes(refused) == {"cancel_text"}
    assert desk.cancel(make.ticket(), reason="spam", actor=agent).status == "cancelled"


def test_the_lead_brings_a_cancelled_ticket_back_to_where_it_was():
    lead = make.actor(make.lead())
    ticket = make.ticket(status="pending")
    data = ticket.pending_reason
    ticket = desk.cancel(ticket, reason="test", actor=lead)
    ticket = desk.uncancel(ticket, reason="не тест", actor=lead)
    assert (ticket.status, ticket.pending_reason, ticket.cancelled_at) == ("pending", data, None)


def test_an_agent_overrides_by_one_step_and_the_lead_by_any():
    ticket = make.ticket()
    reasons = {"reason_code": "deadline", "text": "Приём закрыт"}
    with pytest.raises(Refused) as refused:
        desk.prioritise(ticket, override="P1", actor=make.actor(make.agent()), **reasons)
    assert codes(refused) == {"override_step"}
    ticket = desk.prioritise(ticket, override="P1", actor=make.actor(make.lead()), **reasons)
    assert (ticket.priority, ticket.priority_computed, ticket.priority_override) == ("P1", "P4", "P1")
    ticket = desk.prioritise(ticket, impact=2, actor=make.actor(make.agent()))
    assert (ticket.priority, ticket.priority_computed) == ("P1", "P4")


def test_a_message_of_a_stranger_waits_until_somebody_confirms_it():
    stranger = make.person()
    ticket = make.ticket(status="pending")
    agent = make.actor(make.agent())
    waiting = desk.wait(
        ticket,
        desk.Content(text="Я за Веру"),
        author=stranger,
        sender="x@y.example",
        why="unknown",
        channel="email",
        actor=agent,
    )
    assert (ticket.status, waiting.audience) == ("pending", "waiting")
    desk.accept(ticket, waiting, person=stranger, actor=agent)
    assert (ticket.status, ticket.watches.get().person, Message.objects.get(pk=waiting.pk).audience) == (
        "open",
        stranger,
        "public",
    )


def test_nobody_writes_around_the_desk():
    ticket = make.ticket()
    with pytest.raises(WriteOutsideGate):
        ticket.save()
    with pytest.raises(WriteOutsideGate):
        Ticket.objects.update(status="closed")
    with pytest.raises(WriteOutsideGate):
        ticket.delete()


def test_what_is_stored_is_what_the_journal_tells():
    requester, agent, lead = make.person(), make.agent(), make.lead()
    ticket = make.ticket(requester=requester, status="pending", by=agent)
    desk.hear(ticket, desk.Content(text="4711"), author=requester, channel="email", actor=make.actor(requester))
    desk.promise(ticket, until=clock.now() + timedelta(hours=2), actor=make.actor(agent))
    desk.prioritise(ticket, impact=1, urgency=1, actor=make.actor(lead))
    desk.watch(ticket, make.person(), role="cc", actor=make.actor(agent))
    desk.edit(ticket, subject="Новая тема", tags=["Печать"], place=make.place(), actor=make.actor(agent))
    desk.resolve(
        ticket,
        code="fixed",
        cause_code="hardware",
        content=desk.Content(text="Починили принтер на месте."),
        actor=make.actor(agent),
    )
    ticket.refresh_from_db()
    assert desk.differences(ticket) == {}
    assert ticket.version == Entry.objects.filter(bumps_version=True).values("correlation").distinct().count()
