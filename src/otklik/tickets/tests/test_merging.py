"""Merging and its undo (domain.md §2.7): by reference, refused with words, and as if it had never been."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404

from otklik import clock
from otklik.journal.record import SYSTEM
from otklik.journal.seal import verify
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden, Refused
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Person:
    return make.agent()


def said(person: Person, ticket: Ticket) -> list[str]:
    return [one.text for one in access.messages_for(access.viewer(person), ticket)]


def merged(agent: Person, source: Ticket, target: Ticket, requester: str = "cc") -> Ticket:
    return desk.merge(source, target, requester=requester, actor=make.actor(agent))


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one.code for one in refused.value.missing]


def test_the_words_of_both_stand_in_the_target_in_order_of_time(agent: Person) -> None:
    nurse = make.person()
    source = make.ticket(requester=nurse, text="Первое")
    target = make.ticket(requester=nurse, text="Второе")
    desk.note(source, desk.Content(text="Заметка о первом"), actor=make.actor(agent))
    assert merged(agent, source, target).pk == target.pk
    assert said(agent, target) == ["Первое", "Второе", "Заметка о первом"]
    assert said(nurse, target) == ["Первое", "Второе"]
    source.refresh_from_db()
    assert (source.status, source.cancel_reason) == ("cancelled", "merged")
    assert access.end_of_merges(source).pk == target.pk
    assert desk.differences(source) == desk.differences(Ticket.objects.get(pk=target.pk)) == {}
    assert list(verify()) == []


def test_a_chain_of_merges_is_read_and_followed_to_its_end(agent: Person) -> None:
    first, second, third = (make.ticket(text=text) for text in ("Раз", "Два", "Три"))
    merged(agent, first, second)
    merged(agent, second, third)
    assert said(agent, third) == ["Раз", "Два", "Три"]
    first.refresh_from_db()
    assert access.end_of_merges(first).pk == third.pk


def test_of_a_chain_the_later_merge_is_taken_back_first(agent: Person) -> None:
    first, second, third = (make.ticket(text=text) for text in ("Раз", "Два", "Три"))
    merged(agent, first, second)
    merged(agent, second, third)
    first.refresh_from_db()
    with pytest.raises(Refused) as refused:
        desk.unmerge(first, actor=make.actor(agent))
    assert codes(refused) == ["unmerge_first"]
    assert str(second.number) in refused.value.texts[0]
    second.refresh_from_db()
    desk.unmerge(second, actor=make.actor(agent))
    desk.unmerge(first, actor=make.actor(agent))
    assert [said(agent, one) for one in (first, second, third)] == [["Раз"], ["Два"], ["Три"]]


def test_the_other_requester_is_put_in_copy_or_kept_out_as_chosen(agent: Person) -> None:
    first, second, target = make.ticket(text="Моё"), make.ticket(text="И моё"), make.ticket(text="Общее")
    with pytest.raises(Refused) as refused:
        merged(agent, first, target, requester="")
    assert codes(refused) == ["merge_requester"]
    merged(agent, first, target, requester="cc")
    merged(agent, second, target, requester="out")
    assert first.requester is not None and second.requester is not None
    assert said(first.requester, target) == ["Моё", "И моё", "Общее"]
    assert said(second.requester, target) == []
    assert said(second.requester, second) == ["И моё"]


def test_a_file_is_reached_from_where_its_message_is_shown(agent: Person) -> None:
    source, target = make.ticket(text="С файлом"), make.ticket()
    message = access.messages_for(access.viewer(agent), source).get()
    merged(agent, source, target, requester="out")
    assert target.requester is not None
    stranger = make.person()
    assert access.reads(access.viewer(target.requester), message)
    assert not access.reads(access.viewer(stranger), message)
    with pytest.raises(Http404):
        access.attachment_for(access.viewer(stranger), uuid4())


def test_a_solved_target_comes_back_into_work(agent: Person) -> None:
    target = make.ticket(status="resolved", by=agent)
    merged(agent, make.ticket(requester=target.requester), target)
    target.refresh_from_db()
    assert (target.status, target.reopen_count, target.resolved_at) == ("open", 1, None)


def test_what_cannot_be_merged_is_refused_with_the_reason(agent: Person) -> None:
    live, closed = make.ticket(), make.ticket(status="closed", by=agent)
    for source, target, code in (
        (live, live, "self_link"),
        (live, closed, "merge_target"),
        (closed, live, "merge_source"),
        (make.ticket(status="resolved", by=agent), live, "merge_source"),
        (make.ticket(visibility="restricted"), live, "merge_visibility"),
        (live, make.ticket(visibility="organisation"), "merge_visibility"),
        (live, make.ticket(organisation=make.organisation("Другая")), "merge_organisation"),
    ):
        with pytest.raises(Refused) as refused:
            merged(agent, source, target)
        assert codes(refused) == [code]
        assert refused.value.texts[0]
    live.refresh_from_db()
    assert live.status == "new"


def test_merging_needs_the_right_to_work_on_both(agent: Person) -> None:
    foreign = make.ticket(team=make.team("Чужая"))
    for source, target in ((make.ticket(), foreign), (foreign, make.ticket())):
        with pytest.raises(Forbidden):
            merged(agent, source, target)


def test_the_service_manager_merges_across_organisations() -> None:
    manager = make.person(roles=["service_manager"])
    target = make.ticket(organisation=make.organisation("Другая"))
    merged(manager, make.ticket(), target)
    target.refresh_from_db()
    assert target.status == "new"


def test_nothing_more_is_written_to_a_merged_ticket(agent: Person) -> None:
    source, target = make.ticket(), make.ticket()
    merged(agent, source, target)
    words = desk.Content(text="Ещё слово")
    assert source.requester is not None
    for write in (
        lambda: desk.reply(source, words, actor=make.actor(agent)),
        lambda: desk.note(source, words, actor=make.actor(agent)),
        lambda: desk.hear(source, words, author=source.requester, channel="portal", actor=SYSTEM),
    ):
        with pytest.raises(Refused) as refused:
            write()
        assert codes(refused) == ["merged"]
    with pytest.raises(Refused) as refused:
        desk.uncancel(source, reason="ошибка", actor=SYSTEM)
    assert codes(refused) == ["unmerge"]


def test_taken_back_both_are_as_before_but_for_what_came_since(agent: Person) -> None:
    source = make.ticket(status="pending", by=agent, text="Первое", tags=["принтер"])
    target = make.ticket(text="Второе", tags=["сеть"])
    merged(agent, source, target)
    target.refresh_from_db()
    assert source.requester is not None
    assert (sorted(target.tags), target.watches.filter(person=source.requester).exists()) == (["принтер", "сеть"], True)
    heard = desk.hear(
        target,
        desk.Content(text="После объединения"),
        author=source.requester,
        channel="portal",
        actor=make.actor(source.requester),
    )
    assert heard.outcome == "joined"
    source.refresh_from_db()
    desk.unmerge(source, actor=make.actor(agent))
    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.status, source.pending_reason, source.cancel_reason) == ("pending", "requester", "")
    assert said(agent, target) == ["Второе", "После объединения"]
    assert (target.tags, target.watches.count()) == (["сеть"], 0)
    assert desk.differences(source) == desk.differences(target) == {}
    assert access.end_of_merges(source).pk == source.pk


def test_who_waits_for_an_answer_is_not_forgotten_by_a_merge_or_its_undo(agent: Person) -> None:
    source, target = make.ticket(status="open", by=agent), make.ticket(status="open", by=agent)
    assert source.requester is not None
    desk.hear(source, desk.Content(text="Ну что?"), author=source.requester, channel="portal", actor=SYSTEM)
    merged(agent, source, target)
    target.refresh_from_db()
    assert target.customer_waiting_since is not None
    source.refresh_from_db()
    desk.unmerge(source, actor=make.actor(agent))
    target.refresh_from_db()
    source.refresh_from_db()
    assert (target.customer_waiting_since is None, source.customer_waiting_since is None) == (True, False)


def test_after_thirty_days_a_merge_stays(agent: Person) -> None:
    source, target = make.ticket(), make.ticket()
    merged(agent, source, target)
    source.refresh_from_db()
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(Refused) as refused:
        desk.unmerge(source, actor=make.actor(agent))
    assert codes(refused) == ["too_late"]
