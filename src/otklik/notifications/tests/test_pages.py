"""The pages of letters: texts with versions, outgoing mail with its test, deliveries with their cures."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from otklik import clock
from otklik.jobs import drain
from otklik.notifications import bell, deliveries, letters, outgoing, preferences, suppression
from otklik.outbox import sender
from otklik.outbox.models import Delivery, State
from otklik.outbox.tests.make import mail_set_up
from otklik.outbox.tests.sink import Sink
from otklik.outbox.vault import unseal
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def page_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


@pytest.fixture
def admin() -> Person:
    return make.person("Аким", roles=["admin"])


# -- texts ---------------------------------------------------------------------------------------------------------
def test_a_text_is_changed_shown_with_its_history_and_brought_back(admin: Person) -> None:
    page = page_of(admin)
    shipped = letters.text_of("receipt", "ru")
    values = {"subject": "Приняли: {ticket.subject}", "body": "Номер {ticket.number}.\n\n{link}"}
    assert page.post("/settings/letters/receipt.ru", values).status_code == 302
    assert letters.text_of("receipt", "ru").subject == "Приняли: {ticket.subject}"
    assert letters.text_of("receipt", "en") == letters.shipped("receipt", "en")
    shown = page.get("/settings/letters/receipt.ru").content.decode()
    assert "Приняли: {ticket.subject}" in shown and "Аким" in shown
    page.post("/settings/letters/receipt.ru/versions/0")
    assert letters.text_of("receipt", "ru") == shipped


def test_an_unknown_word_is_refused_with_its_place(admin: Person) -> None:
    values = {"subject": "Тема", "body": "Добрый день\n{ticket.password}"}
    answer = page_of(admin).post("/settings/letters/receipt.ru", values)
    assert answer.status_code == 422
    assert "Строка 2, знак 1" in answer.content.decode()


def test_every_letter_has_a_preview_without_scripts_in_both_languages(admin: Person) -> None:
    page = page_of(admin)
    for letter in letters.LETTERS:
        for language in letters.LANGUAGES:
            answer = page.get(f"/settings/letters/{letter}/preview/{language}")
            assert answer.status_code == 200 and "sandbox" in answer["Content-Security-Policy"]
            assert "{" not in answer.content.decode().split("</style>")[1]
    assert page.get("/settings/letters/nothing/preview/ru").status_code == 404


def test_strangers_find_no_such_pages() -> None:
    page = page_of(make.agent())
    for path in ("letters", "letters/receipt.ru", "outgoing", "deliveries", "letters/receipt/preview/ru"):
        assert page.get(f"/settings/{path}").status_code == 404


def test_the_desk_says_that_it_closed_a_request_only_where_it_is_asked_to(admin: Person) -> None:
    page_of(admin).post("/settings/letter-policy/requesters", {"closed": "on", "taken": "on"})
    anna = make.person()
    ticket = make.ticket(requester=anna, status="resolved")
    desk.close(ticket, actor=desk.conversation.Actor(kind="system"))
    drain()
    assert Delivery.objects.filter(recipient=anna.email, kind="closed").count() == 1


# -- outgoing mail -------------------------------------------------------------------------------------------------
VALUES: dict[str, Any] = {"from_address": "desk@clinic.example", "from_name": "Поддержка", "tls": "none"}


def test_outgoing_mail_is_set_up_tested_and_its_password_never_shown(admin: Person) -> None:
    page = page_of(admin)
    with Sink() as sink:
        values = VALUES | {"host": sink.host, "port": sink.port}
        tried = page.post("/settings/outgoing", values | {"check": "1"}).content.decode()
        assert "Сервер принимает нашу почту." in tried and sender.current() is None
        assert page.post("/settings/outgoing", values | {"user": "", "secret": "s3cret"}).status_code == 303
    kept = sender.current()
    assert kept is not None and kept.from_name == "Поддержка" and kept.made_by == admin.pk
    shown = page.get("/settings/outgoing").content.decode()
    assert "s3cret" not in shown and "Аким" in shown and "desk@clinic.example" in shown
    page.post("/settings/outgoing", values | {"from_name": "Отклик"})
    assert sender.current().secret == kept.secret  # an empty password keeps the old one


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host": "no-such-host.invalid"}, "Сервера с таким именем нет."),
        ({"port": 1}, "Там никто не отвечает."),
        ({"tls": "starttls"}, "Сервер не предлагает того, что от него требуется"),
        ({"tls": "tls"}, "Так соединение не защитить."),
        ({"user": "desk", "secret": "x"}, "Сервер не предлагает того, что от него требуется"),
    ],
)
def test_the_test_of_outgoing_mail_says_in_words_what_is_wrong(admin: Person, change: Any, words: str) -> None:
    with Sink() as sink:
        values = VALUES | {"host": sink.host, "port": sink.port, "check": "1"} | change
        assert words in page_of(admin).post("/settings/outgoing", values).content.decode()


BY_TOKEN = {"sign_in": "oauth2", "user": "desk@clinic.example", "token_url": "https://127.0.0.1:9/token"}
BY_TOKEN |= {"client_id": "otklik", "client_secret": "shh-1", "refresh_token": "refresh-1", "scope": "mail.send"}


def test_a_sign_in_by_token_is_set_up_with_secrets_kept_and_never_shown(admin: Person) -> None:
    page = page_of(admin)
    values = VALUES | {"host": "127.0.0.1", "port": 587}
    lacking = page.post("/settings/outgoing", values | {"sign_in": "oauth2", "token_url": "http://x.example/"})
    assert lacking.status_code == 422 and sender.current() is None
    for words in (
        "адрес начинается с https://",
        "каким именем нас знает",
        "Без токена продления",
        "под каким именем входить",
    ):
        assert words in lacking.content.decode()
    assert page.post("/settings/outgoing", values | BY_TOKEN).status_code == 303
    kept = sender.current()
    assert kept is not None and (kept.sign_in, unseal(kept.refresh_token)) == ("oauth2", "refresh-1")
    shown = page.get("/settings/outgoing").content.decode()
    assert "refresh-1" not in shown and "shh-1" not in shown and "mail.send" in shown
    again = BY_TOKEN | {"client_secret": "", "refresh_token": "", "scope": ""}
    assert page.post("/settings/outgoing", values | again).status_code == 303
    now = sender.current()
    assert now is not None and now.pk != kept.pk and (now.scope, unseal(now.client_secret)) == ("", "shh-1")
    assert all("refresh-1" not in str(entry.payload) for entry in outgoing.history())


def test_the_test_of_a_sign_in_by_token_asks_for_none_where_the_server_takes_none(admin: Person) -> None:
    with Sink() as sink:
        values = VALUES | BY_TOKEN | {"host": sink.host, "port": sink.port, "check": "1"}
        shown = page_of(admin).post("/settings/outgoing", values).content.decode()
    assert "Сервер не предлагает того, что от него требуется" in shown


def test_a_server_that_refuses_our_address_is_named(admin: Person) -> None:
    with Sink() as sink:
        sink.script("mail", "*", "550 not you")
        values = VALUES | {"host": sink.host, "port": sink.port, "check": "1"}
        shown = page_of(admin).post("/settings/outgoing", values).content.decode()
    assert "Сервер не принимает адрес отправителя." in shown and "550 not you" in shown


# -- deliveries ----------------------------------------------------------------------------------------------------
def failed(person: Person) -> Delivery:
    """A receipt that the mail server refused."""
    with Sink() as sink:
        mail_set_up(sink)
        sink.script("rcpt", person.email or "", "550 5.1.1 no such user")
        make.ticket(requester=person)
        drain()
    return Delivery.objects.get(recipient=person.email, kind="receipt")


def test_a_letter_that_failed_is_a_task_for_a_person_on_its_ticket_and_on_the_page(admin: Person) -> None:
    anna = make.person()
    delivery = failed(anna)
    assert delivery.state == State.FAILED
    ticket = anna.requested.get()
    (fate,) = [one for group in deliveries.of_ticket(ticket).values() for one in group if one.recipient == anna.email]
    assert fate.state == "failed" and "5.1.1" in fate.said
    page = page_of(admin)
    shown = page.get("/settings/deliveries").content.decode()
    assert anna.email in shown and "не доставлено" in shown and ticket.subject not in shown
    page.post(f"/deliveries/{delivery.pk}/acknowledgement")
    assert anna.email not in page.get("/settings/deliveries").content.decode()
    found = page.get(f"/settings/deliveries?view=all&q=%23{ticket.number}").content.decode()
    assert anna.email in found


def test_who_works_on_the_ticket_sends_its_letter_again_and_nobody_else() -> None:
    anna = make.person()
    delivery = failed(anna)
    stranger = make.agent(team=make.team("Другая"))
    assert page_of(stranger).post(f"/deliveries/{delivery.pk}/sending").status_code == 404
    assert page_of(anna).post(f"/deliveries/{delivery.pk}/sending").status_code == 404
    with Sink() as sink:
        mail_set_up(sink)
        assert page_of(make.agent()).post(f"/deliveries/{delivery.pk}/sending").status_code == 303
        drain()
        assert [taken.message_id for taken in sink.to(anna.email or "")] == [delivery.message_id]


def test_an_address_that_letters_came_back_from_is_written_to_again(admin: Person) -> None:
    suppression.suppress("anna@clinic.example", because="bounced", detail="5.1.1")
    page = page_of(admin)
    assert "anna@clinic.example" in page.get("/settings/deliveries").content.decode()
    row = suppression.of("anna@clinic.example")
    page.post(f"/settings/suppressed/{row.pk}/lifting")
    assert suppression.of("anna@clinic.example") is None


def test_the_page_of_deliveries_asks_as_often_for_fifty_as_for_one(admin: Person, queries: Any) -> None:
    page = page_of(admin)
    make.ticket()
    drain()
    page.get("/settings/deliveries?view=all")  # what is read once for a session
    one = queries.count(lambda: page.get("/settings/deliveries?view=all"))
    for _ in range(5):
        make.ticket()
    drain()
    assert queries.count(lambda: page.get("/settings/deliveries?view=all")) == one


# -- one's own choice ----------------------------------------------------------------------------------------------
def test_staff_choose_letters_digest_and_quiet_hours() -> None:
    olga = make.agent()
    page = page_of(olga)
    values = {"on": ["mentioned"], "digest": "daily", "quiet_from": "22:00", "quiet_until": "07:00"}
    assert page.post("/me/notifications", values).status_code == 303
    chosen = preferences.of(olga)
    assert "assigned" in chosen.off and "mentioned" not in chosen.off and chosen.digest == "daily"
    shown = page.get("/me/notifications").content.decode()
    assert 'value="22:00"' in shown and "Меня упомянули в заметке" in shown
    assert page.post("/me/notifications", {"quiet_from": "22:00"}).status_code == 422


def test_requesters_choose_among_what_is_not_conversation() -> None:
    anna = make.person()
    page = page_of(anna)
    shown = page.get("/me/notifications").content.decode()
    assert "Взяли в работу" in shown and "упомянули" not in shown
    assert page.post("/me/notifications", {}).status_code == 303
    assert set(preferences.of(anna).off) == set(preferences.optional(staff=False))


# -- the bell ------------------------------------------------------------------------------------------------------
def test_the_bell_shows_what_happened_until_the_ticket_was_opened() -> None:
    agent, nurse = make.agent(), make.person(email="nurse@clinic.example")
    ticket = make.ticket(requester=nurse, subject="Не печатает")
    page = page_of(nurse)
    assert "Пока тихо" in page.get("/me/bell").content.decode()
    desk.reply(ticket, desk.Content(text="Иду к вам."), actor=make.actor(agent))
    drain()
    shown = page.get("/me/bell").content.decode()
    assert "Не печатает" in shown and "Я всё видел" in shown
    waiting = bell.unseen(nurse)
    assert waiting > 0
    for address in ("/", "/me/bell/count"):
        assert f'num" aria-hidden="true">{waiting}<' in page.get(address).content.decode()
    page.get(f"/requests/{ticket.number}")
    assert bell.unseen(nurse) == 0
    assert 'class="tag' not in page.get("/me/bell/count").content.decode()
    assert "Я всё видел" not in page.get("/me/bell").content.decode()


def test_all_lines_of_the_bell_are_seen_by_one_button() -> None:
    agent, nurse = make.agent(), make.person(email="nurse@clinic.example")
    desk.reply(make.ticket(requester=nurse), desk.Content(text="Иду к вам."), actor=make.actor(agent))
    drain()
    page = page_of(nurse)
    assert page.post("/me/bell").status_code == 303
    assert "Я всё видел" not in page.get("/me/bell").content.decode()
