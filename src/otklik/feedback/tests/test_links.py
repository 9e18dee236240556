"""A mailed link lets one person read, confirm, object and rate on one ticket, for thirty days, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from otklik import clock
from otklik.feedback import links
from otklik.feedback.letter_parts import parts
from otklik.feedback.models import MailedLink, Score
from otklik.journal.models import Entry
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
ACTS = ("reading", "confirmation", "reopening", "rating")


@pytest.fixture
def ticket() -> Ticket:
    """A solved ticket with a note on it."""
    anna = make.agent("Анна Ким")
    one = make.ticket(requester=make.person("Катя"), status="resolved", by=anna, subject="Не печатает")
    desk.note(one, desk.Content(text="CANARY-INT-7f3a"), actor=make.actor(anna))
    return one


def secret_of(ticket: Ticket) -> str:
    """A link of the requester."""
    assert ticket.requester is not None
    return links.new_link(ticket, ticket.requester)


def test_opening_a_link_shows_the_number_only_and_changes_nothing(ticket: Ticket) -> None:
    secret, before = secret_of(ticket), Entry.objects.count()
    answer = Client().get(f"/links/{secret}")
    page = answer.content.decode()
    assert str(ticket.number) in page
    assert "Не печатает" not in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert Entry.objects.count() == before
    assert [Client().get(f"/links/{secret}/{act}").status_code for act in ACTS] == [405] * 4


def test_the_button_shows_the_public_part(ticket: Ticket) -> None:
    page = Client().post(f"/links/{secret_of(ticket)}/reading").content.decode()
    assert "Не печатает" in page
    assert "Анна Ким" in page
    assert "CANARY" not in page


def test_solved_by_link_closes_and_rates(ticket: Ticket) -> None:
    Client().post(f"/links/{secret_of(ticket)}/confirmation", {"score": "5"})
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert Score.objects.get().score == 5


def test_not_solved_by_link_needs_words(ticket: Ticket) -> None:
    secret = secret_of(ticket)
    assert Client().post(f"/links/{secret}/reopening", {"comment": " "}).status_code == 422
    Client().post(f"/links/{secret}/reopening", {"comment": "Всё ещё нет"})
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_link_ends_with_time_with_revocation_and_with_the_right(ticket: Ticket) -> None:
    person = ticket.requester
    assert person is not None
    secret = secret_of(ticket)
    with clock.at(clock.now() + timedelta(days=30, minutes=1)):
        assert Client().get(f"/links/{secret}").status_code == 404
    assert Client().get(f"/links/{secret}").status_code == 200
    links.revoke(ticket, person)
    assert Client().get(f"/links/{secret}").status_code == 404
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert Client().get(f"/links/{secret_of(ticket)}").status_code == 404


def test_a_link_of_an_agent_shows_no_more_than_a_requesters(ticket: Ticket) -> None:
    assert ticket.assignee is not None
    page = Client().post(f"/links/{links.new_link(ticket, ticket.assignee)}/reading").content.decode()
    assert "CANARY" not in page


def test_a_link_is_no_sign_in(ticket: Ticket) -> None:
    client = Client()
    client.post(f"/links/{secret_of(ticket)}/reading")
    assert client.get(f"/requests/{ticket.number}").status_code == 302


def test_only_the_digest_is_kept(ticket: Ticket) -> None:
    secret = secret_of(ticket)
    row = MailedLink.objects.get()
    assert secret not in str(vars(row))
    assert len(secret) >= 22


@pytest.mark.parametrize(("language", "words"), [("ru", "Да, решено"), ("en", "Yes, it is solved")])
def test_the_solution_letter_carries_answers_and_scores_in_the_readers_language(
    ticket: Ticket, language: str, words: str
) -> None:
    assert ticket.requester is not None
    made = parts(kind="solution", ticket=ticket, recipient=ticket.requester, language=language)
    text, html = "\n".join(part.text for part in made), "".join(part.html for part in made)
    assert words in text
    assert words in html
    assert [f"?score={score}" in text for score in range(1, 6)] == [True] * 5
    assert parts(kind="receipt", ticket=ticket, recipient=ticket.requester, language=language) == []
    assert parts(kind="solution", ticket=ticket, recipient=make.person(), language=language) == []
