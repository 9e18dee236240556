"""Who is asked to rate, how a score is given, changed, counted, and what follows from a low one (domain.md §9.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from otklik import clock
from otklik.feedback import surveys
from otklik.feedback.models import AnonymousScore, Score, Survey
from otklik.feedback.ticket_panel import panel
from otklik.journal.config import publish
from otklik.journal.models import Entry
from otklik.journal.record import SYSTEM
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def katya() -> Person:
    """A requester."""
    return make.person("Екатерина Власова")


def solve(ticket: Ticket, by: Person) -> Ticket:
    """Solve once more."""
    return desk.resolve(
        ticket, code="fixed", content=desk.Content(text="Ещё раз всё проверили и исправили."), cause_code="software",
        actor=make.actor(by),
    )  # fmt: skip


def kinds(ticket: Ticket) -> list[str]:
    """Facts of this room on a ticket."""
    facts = Entry.objects.filter(subject_id=str(ticket.pk), kind__startswith="csat.")
    return list(facts.order_by("seq").values_list("kind", flat=True))


def key_of(ticket: Ticket) -> str:
    """A mailed key of the ticket's survey."""
    return surveys.new_key(Survey.objects.get(ticket=ticket, superseded_at=None))


def test_a_solution_offers_one_survey_and_the_requesters_own_word_none(katya: Person) -> None:
    solved = make.ticket(requester=katya, status="resolved")
    mine = desk.confirm(make.ticket(requester=make.person()), actor=SYSTEM)
    assert kinds(solved) == ["csat.sent"]
    assert kinds(mine) == []


def test_a_person_is_asked_by_letter_once_in_seven_days(katya: Person) -> None:
    with clock.at(clock.now() - timedelta(days=8)):
        make.ticket(requester=katya, status="resolved")
    second = make.ticket(requester=katya, status="resolved")
    third = make.ticket(requester=katya, status="resolved")
    assert [kinds(second), kinds(third)] == [["csat.sent"], []]
    assert surveys.rate_in_portal(third, katya, score=5) is not None


def test_nobody_is_asked_after_silence_and_an_agent_not_about_own_work() -> None:
    anna = make.agent("Анна")
    waiting = make.ticket(status="pending")
    with clock.at(clock.now() + timedelta(days=30)):
        assert desk.give_up_waiting(waiting, text="Мы не дождались ответа на вопрос.", actor=SYSTEM)
    own = make.ticket(requester=anna, status="resolved", by=anna)
    assert [kinds(waiting), kinds(own)] == [[], []]
    assert surveys.form_for(own, anna) is None
    assert surveys.rate_in_portal(own, anna, score=5) is None


def test_the_last_score_counts_and_all_are_kept(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    survey = Survey.objects.get()
    for score, comment in [(2, ""), (2, "Долго"), (2, "Долго"), (5, "Нет, хорошо")]:
        surveys.rate(survey, score=score, comment=comment, channel="letter")
    assert [(one.score, one.comment) for one in survey.scores.order_by("pk")] == [
        (2, ""),
        (2, "Долго"),
        (5, "Нет, хорошо"),
    ]
    last = surveys.last_score(survey)
    assert last is not None
    assert last.score == 5
    assert kinds(ticket) == [
        "csat.sent",
        "csat.rated",
        "csat.review_asked",
        "csat.commented",
        "csat.rated",
        "csat.commented",
    ]


def test_a_score_makes_nobodys_page_stale_and_the_record_stays_true(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    surveys.rate(Survey.objects.get(), score=4, channel="letter")
    version = ticket.version
    ticket.refresh_from_db()
    assert ticket.version == version
    assert desk.differences(ticket) == {}


def test_a_new_solution_supersedes_the_survey_of_the_former(katya: Person) -> None:
    anna = make.agent("Анна")
    ticket = make.ticket(requester=katya, status="resolved", by=anna)
    first = Survey.objects.get()
    surveys.rate(first, score=1, channel="letter")
    ticket = desk.reopen(ticket, cause="not_solved", content=desk.Content(text="Нет"), actor=make.actor(katya))
    solve(ticket, anna)
    with pytest.raises(surveys.CannotRate, match="superseded"):
        surveys.rate(first, score=5, channel="letter")
    now = Survey.objects.get(superseded_at=None)
    assert now != first
    assert surveys.rate(now, score=5, channel="letter") is not None
    assert Score.objects.count() == 2


def test_after_fourteen_days_no_score_is_taken(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    with clock.at(clock.now() + timedelta(days=14, minutes=1)):
        with pytest.raises(surveys.CannotRate, match="expired"):
            surveys.rate(Survey.objects.get(), score=5, channel="letter")
        assert surveys.form_for(ticket, katya) is None


def test_a_low_score_calls_the_lead_within_two_working_days(katya: Person) -> None:
    make.ticket(requester=katya, status="resolved")
    surveys.rate(Survey.objects.get(), score=1, channel="letter")
    asked = Entry.objects.get(kind="csat.review_asked")
    assert asked.payload["until"] > clock.now().isoformat()


@pytest.mark.parametrize(
    ("mode", "team_reads", "manager_reads"), [("named", True, True), ("confidential", False, True)]
)
def test_the_mode_says_who_reads_the_score(katya: Person, mode: str, team_reads: bool, manager_reads: bool) -> None:
    publish(surveys.NAME, {"mode": mode}, actor=SYSTEM)
    anna, boss = make.agent("Анна"), make.person("Менеджер", roles=["service_manager"])
    ticket = make.ticket(requester=katya, status="resolved", by=anna)
    surveys.rate(Survey.objects.get(), score=3, comment="Слова", channel="letter")
    shown = [panel(ticket, access.viewer(one)) or "" for one in (anna, boss, katya)]
    assert ["Слова" in one for one in shown] == [team_reads, manager_reads, False]
    assert Entry.objects.get(kind="csat.rated").audience == ("internal" if mode == "named" else "restricted")


def test_an_anonymous_score_leads_back_to_nobody(katya: Person) -> None:
    publish(surveys.NAME, {"mode": "anonymous"}, actor=SYSTEM)
    ticket = make.ticket(requester=katya, status="resolved")
    survey = Survey.objects.get()
    assert surveys.rate(survey, score=1, comment="Плохо", channel="letter") is None
    kept = AnonymousScore.objects.get()
    assert (kept.month.day, kept.team, kept.service, kept.score) == (1, ticket.team, ticket.service, 1)
    assert (Score.objects.count(), kinds(ticket)) == (0, ["csat.sent"])
    with pytest.raises(surveys.CannotRate, match="spent"):
        surveys.rate(survey, score=5, channel="letter")


# -- by the mailed key -----------------------------------------------------------------------------------------------
def test_opening_a_score_changes_nothing_and_the_button_keeps_it(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    secret, client = key_of(ticket), Client()
    before = Entry.objects.count()
    page = client.get(f"/feedback/{secret}?score=4")
    assert 'value="4" checked' in page.content.decode()
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-referrer", "noindex, nofollow")
    assert client.head(f"/feedback/{secret}?score=1").status_code == 200
    assert (Score.objects.count(), Entry.objects.count()) == (0, before)
    client.post(f"/feedback/{secret}", {"score": "4", "comment": "Хорошо"})
    assert [(one.score, one.channel) for one in Score.objects.all()] == [(4, "letter")]


def test_a_gesture_counts_unless_two_score_links_were_opened_within_a_minute(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    secret, client, now = key_of(ticket), Client(), clock.now()
    for score in ("1", "5"):
        client.post(f"/feedback/{secret}/openings", {"score": score})
    assert client.post(f"/feedback/{secret}", {"score": "5", "by": "gesture"}).status_code == 409
    assert not Score.objects.exists()
    with clock.at(now + timedelta(seconds=90)):
        assert client.post(f"/feedback/{secret}", {"score": "5", "by": "gesture"}).json() == {"kept": True}


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_low_score_offers_to_say_that_it_is_not_solved(katya: Person, status: str) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    secret, client = key_of(ticket), Client()
    if status == "closed":
        desk.confirm(ticket, actor=make.actor(katya))
    assert "Проблема не решена" in client.post(f"/feedback/{secret}", {"score": "1"}).content.decode()
    client.post(f"/feedback/{secret}/objection", {"comment": "Всё по-старому"})
    ticket.refresh_from_db()
    follow_ups = Ticket.objects.exclude(pk=ticket.pk).count()
    assert (ticket.status, follow_ups) == (("open", 0) if status == "resolved" else ("closed", 1))


def test_a_wrong_or_stale_key_opens_nothing(katya: Person) -> None:
    ticket = make.ticket(requester=katya, status="resolved")
    secret = key_of(ticket)
    assert Client().get("/feedback/none").status_code == 404
    Person.objects.filter(pk=katya.pk).update(is_active=False)
    assert Client().get(f"/feedback/{secret}").status_code == 404
    assert len(secret) >= 22
    assert not Survey.objects.filter(keys__digest=secret).exists()


def test_a_history_brings_its_scores_along(katya: Person) -> None:
    from otklik.feedback.events import CsatRated, CsatSent
    from otklik.tickets.events import TicketCreated

    at = clock.now()
    created = TicketCreated(
        number=0,
        type="incident",
        origin="human",
        subject="Не печатает принтер",
        opened_at=at.isoformat(),
        channel="portal",
        requester=katya.pk,
    )
    facts = [CsatSent(survey=7, person=katya.pk), CsatRated(survey=7, person=katya.pk, score=4)]
    past = [desk.Past(at=at, actor=SYSTEM, fact=fact) for fact in facts]
    ticket = desk.history(created, past, at=at, actor=SYSTEM, provenance={"source": "test"})
    assert [(one.survey.ticket, one.score) for one in Score.objects.all()] == [(ticket, 4)]
