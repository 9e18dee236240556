"""Splitting and merging back (domain.md §2.8): by reference, each ticket to its own readers, nothing lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404

from otklik import clock
from otklik.journal.record import SYSTEM
from otklik.journal.seal import verify
from otklik.people.models import Person
from otklik.tickets import access, attachments, desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.refusal import Forbidden, Refused, Stale
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Person:
    return make.agent()


def said(person: Person, ticket: Ticket) -> list[str]:
    return [one.text for one in access.messages_for(access.viewer(person), ticket)]


def hear(ticket: Ticket, author: Person, text: str, **values: object) -> Message:
    heard = desk.hear(
        ticket, desk.Content(text=text, **values), author=author, channel="portal", actor=make.actor(author)
    )  # type: ignore[arg-type]  # values are those of Content
    assert heard.message is not None
    return heard.message


def split(agent: Person, source: Ticket, *messages: Message, **values: object) -> Ticket:
    return desk.split(source, [one.pk for one in messages], actor=make.actor(agent), **values)  # type: ignore[arg-type]  # as above


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one.code for one in refused.value.missing]


def test_the_new_ticket_begins_with_its_earliest_customer_word_and_both_show_it(agent: Person) -> None:
    nurse = make.person()
    start = clock.now()
    source = make.ticket(requester=nurse, by=agent, status="open", text="Принтер")
    with clock.at(start + timedelta(minutes=10)):
        asked = hear(source, nurse, "Добрый день!\nИ нужен доступ к архиву")
    with clock.at(start + timedelta(minutes=20)):
        note = desk.note(source, desk.Content(text="Это другое"), actor=make.actor(agent))
    with clock.at(start + timedelta(minutes=30)):
        fresh = split(agent, source, note, asked)
    fresh = Ticket.objects.get(pk=fresh.pk)
    assert (fresh.opened_at, fresh.requester, fresh.status) == (start + timedelta(minutes=10), nurse, "new")
    assert (fresh.subject, fresh.service_id, fresh.team_id, fresh.priority) == (
        "И нужен доступ к архиву",
        source.service_id,
        source.team_id,
        source.priority,
    )
    assert said(agent, fresh) == ["Добрый день!\nИ нужен доступ к архиву", "Это другое"]
    assert said(nurse, fresh) == ["Добрый день!\nИ нужен доступ к архиву"]
    assert len(said(agent, source)) == 3
    assert access.split_off(access.viewer(agent), source) == {asked.pk: [fresh.number], note.pk: [fresh.number]}
    assert access.split_numbers(access.viewer(nurse), [fresh]) == {fresh.pk: source.number}
    assert desk.differences(source) == desk.differences(fresh) == {}
    assert list(verify()) == []


def test_an_answer_that_goes_along_counts_as_one(agent: Person) -> None:
    nurse, start = make.person(), clock.now()
    source = make.ticket(requester=nurse, by=agent, status="open")
    rows = []
    for minutes, text in ((5, "И ещё доступ"), (10, ""), (15, "Так что с доступом?")):
        with clock.at(start + timedelta(minutes=minutes)):
            rows.append(
                hear(source, nurse, text)
                if text
                else desk.reply(source, desk.Content(text="Узнаём"), actor=make.actor(agent))
            )
    with clock.at(start + timedelta(minutes=20)):
        answered, unanswered = split(agent, source, *rows), split(agent, source, rows[0])
    assert answered.first_response_at == start + timedelta(minutes=10)
    assert answered.customer_waiting_since == start + timedelta(minutes=15)
    assert (unanswered.first_response_at, unanswered.customer_waiting_since) == (None, None)
    assert desk.differences(answered) == desk.differences(unanswered) == {}


def test_a_description_counts_from_when_the_person_turned_to_us(agent: Person) -> None:
    earlier = clock.now() - timedelta(hours=2)
    source = make.ticket(opened_at=earlier, channel="email")
    fresh = split(agent, source, access.messages_for(access.viewer(agent), source).get())
    assert fresh.opened_at == earlier
    call = make.ticket(channel="phone", live_contact=True)
    fresh = split(agent, call, access.messages_for(access.viewer(agent), call).get())
    assert fresh.first_response_at == fresh.opened_at == call.opened_at


def test_the_author_of_the_words_asks_and_reads_nothing_else(agent: Person) -> None:
    nurse, doctor = make.person(), make.person()
    source = make.ticket(requester=nurse, cc=[doctor], text="Слова сестры")
    file = attachments.kept(b"x", name="doctor.txt", type="text/plain")
    other = attachments.kept(b"y", name="nurse.txt", type="text/plain")
    asked = hear(source, doctor, "Слова врача", files=[file])
    hidden = hear(source, nurse, "Ещё от сестры", files=[other])
    fresh = split(agent, source, asked)
    assert fresh.requester == doctor
    desk.unwatch(source, doctor, role="cc", actor=make.actor(agent))
    assert (said(doctor, source), said(doctor, fresh), said(nurse, fresh)) == ([], ["Слова врача"], [])
    who = access.viewer(doctor)
    assert access.attachment_for(who, asked.attachments.get().pk).name == "doctor.txt"
    with pytest.raises(Http404):
        access.attachment_for(who, hidden.attachments.get().pk)
    assert access.reads(access.viewer(nurse), asked)


def test_nobody_comes_to_read_words_that_they_could_not_read_before(agent: Person) -> None:
    doctor = make.person("Пётр Лунин")
    source, target = make.ticket(requester=doctor, text="Слова врача"), make.ticket(text="Чужие слова")
    desk.merge(source, target, requester="out", actor=make.actor(agent))
    target.refresh_from_db()
    rows = {one.text: one for one in access.messages_for(access.viewer(agent), target)}
    with pytest.raises(Refused) as refused:
        split(agent, target, *rows.values())
    assert codes(refused) == ["split_foreign"] and "Пётр Лунин" in refused.value.texts[0]
    fresh = split(agent, target, rows["Слова врача"])
    assert (fresh.requester, said(doctor, fresh), said(doctor, target)) == (doctor, ["Слова врача"], [])


def test_what_cannot_be_split_off_is_refused_with_the_reason(agent: Person) -> None:
    source = make.ticket(status="open", by=agent)
    reply = desk.reply(source, desk.Content(text="Иду"), actor=make.actor(agent))
    words = desk.Content(text="Чужой")
    waiting = desk.wait(source, words, author=None, sender="x@y.example", why="unknown", channel="email", actor=SYSTEM)
    elsewhere = access.messages_for(access.viewer(agent), make.ticket()).get()
    guest = make.person(organisation=make.organisation("Другая"))
    desk.watch(source, guest, role="cc", actor=make.actor(agent))
    across = hear(source, guest, "От других")
    for ticket, rows, code in (
        (source, [], "split_messages"),
        (source, [elsewhere], "split_messages"),
        (source, [reply], "split_customer"),
        (source, [waiting], "split_waiting"),
        (source, [across], "split_organisation"),
        (make.ticket(status="closed", by=agent), [elsewhere], "split_source"),
        (make.ticket(status="cancelled", by=agent), [elsewhere], "split_source"),
    ):
        with pytest.raises(Refused) as refused:
            split(agent, ticket, *rows)
        assert codes(refused) == [code]
        assert refused.value.texts[0]
    with pytest.raises(Stale):
        split(agent, source, across, expect=source.version - 1)
    manager = make.person(roles=["service_manager"])
    assert split(manager, source, across).organisation == guest.organisation
    for person in (guest, make.agent(team=make.team("Чужая"))):
        with pytest.raises(Forbidden):
            split(person, source, across)


def test_a_private_ticket_stays_private_and_a_key_makes_one(agent: Person) -> None:
    source = make.ticket(visibility="restricted")
    words = access.messages_for(access.viewer(agent), source).get()
    fresh = split(agent, source, words, key="k", subject="Второе", type="question", impact=2)
    assert (fresh.visibility, fresh.subject, fresh.type, fresh.impact) == ("restricted", "Второе", "question", 2)
    assert split(agent, source, words, key="k").pk == fresh.pk
    assert Ticket.objects.count() == 2


def test_another_subject_after_the_solution_leaves_it_solved(agent: Person) -> None:
    source = make.ticket(status="resolved", by=agent)
    assert source.requester is not None
    words = hear(source, source.requester, "А ещё сломался сканер")
    source.refresh_from_db()
    assert source.status == "open"
    fresh = split(agent, source, words, new_topic=True, expect=source.version)
    source.refresh_from_db()
    assert (source.status, source.reopen_count, fresh.status) == ("resolved", 0, "new")
    assert desk.differences(source) == {}
    assert access.split_off(access.viewer(agent), source) == {words.pk: [fresh.number]}


def test_merged_back_each_message_stands_there_once(agent: Person) -> None:
    source = make.ticket(text="Первое")
    assert source.requester is not None
    words = hear(source, source.requester, "Второе")
    fresh = split(agent, source, words)
    desk.reply(fresh, desk.Content(text="Ответ"), actor=make.actor(agent))
    source.refresh_from_db()
    desk.merge(fresh, source, actor=make.actor(agent))
    source.refresh_from_db()
    fresh.refresh_from_db()
    assert said(agent, source) == said(source.requester, source) == ["Первое", "Второе", "Ответ"]
    assert access.split_off(access.viewer(agent), source) == {}
    assert access.links_for(access.viewer(agent), source) == []
    assert desk.differences(source) == desk.differences(fresh) == {}
    desk.unmerge(fresh, actor=make.actor(agent))
    assert (said(agent, source), said(agent, fresh)) == (["Первое", "Второе"], ["Второе", "Ответ"])
