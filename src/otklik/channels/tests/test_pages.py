"""The screens of mail: mailboxes, ledger, quarantine, and what a person decides there."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from otklik import clock
from otklik.channels.email import lookalike, relay
from otklik.channels.models import Inbound, Mailbox, RefusedSender
from otklik.channels.tests import make
from otklik.channels.tests.dovecot import Dovecot
from otklik.journal.models import Entry
from otklik.outbox.vault import seal, unseal
from otklik.tickets.attachments import path_of
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db


def sign_in(client, person) -> None:
    """Let the client be this person, as of now."""
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()


@pytest.fixture
def admin(client):
    person = tickets.person("Ольга Сергеева", email="olga@desk.example", roles=["admin"], language="en")
    sign_in(client, person)
    return person


def parked(**headers: str) -> Inbound:
    """A letter that waits for a decision."""
    row = make.arrive(make.letter("Скидки на картриджи http://x.example/1", Precedence="bulk", **headers))
    assert row.outcome == "parked"
    return row


@pytest.mark.parametrize(
    "address",
    ["mail", "mail/boxes", "mail/boxes/new", "mail/ledger", "mail/quarantine"],
)
def test_only_administrators_see_the_pages_of_mail(client, address):
    person = tickets.agent()
    sign_in(client, person)
    assert client.get(f"/settings/{address}").status_code == 404


def test_mailboxes_show_their_balance(client, admin):
    assert "No letter came in this time." in client.get("/settings/mail").content.decode()
    make.arrive(make.letter())
    parked()
    page = client.get("/settings/mail").content.decode()
    assert "2 letters came, each has its outcome." in page
    assert "adds up" in page


BOX = {
    "name": "it", "address": "it@desk.example", "host": "imap.desk.example", "port": "993", "tls": "tls",
    "verify": "on", "user": "it", "folder": "INBOX", "after": "seen", "poll_seconds": "60",
    "language": "en", "staff_replies": "public", "is_active": "on", "authserv_ids": "mx.desk.example, MX2",
}  # fmt: skip
BY_TOKEN = {
    "sign_in": "oauth2", "token_url": "https://login.cloud.example/token", "client_id": "otklik",
    "client_secret": "shh-1", "refresh_token": "refresh-1", "scope": "imap",
}  # fmt: skip


def test_a_mailbox_signs_in_by_token_and_its_secrets_are_never_shown(client, admin):
    lacking = client.post(
        "/settings/mail/boxes/new", BOX | BY_TOKEN | {"refresh_token": "", "token_url": "http://x.example/"}
    )
    assert lacking.status_code == 422 and not Mailbox.objects.exists()
    assert "it begins with https://" in lacking.content.decode()
    assert client.post("/settings/mail/boxes/new", BOX | BY_TOKEN).status_code == 302
    box = Mailbox.objects.get()
    assert (box.sign_in, unseal(box.refresh_token), unseal(box.client_secret)) == ("oauth2", "refresh-1", "shh-1")
    empty = {"client_secret": "", "refresh_token": "", "scope": "mail"}
    assert client.post(f"/settings/mail/boxes/{box.pk}", BOX | BY_TOKEN | empty).status_code == 302
    box.refresh_from_db()
    assert (box.scope, unseal(box.refresh_token)) == ("mail", "refresh-1")
    shown = client.get(f"/settings/mail/boxes/{box.pk}").content.decode()
    assert "refresh-1" not in shown and "shh-1" not in shown and "https://login.cloud.example/token" in shown


def test_a_mailbox_is_added_and_changed_and_its_password_never_shown(client, admin):
    values = BOX | {"password": "geheim-7"}
    added = client.post("/settings/mail/boxes/new", values)
    box = Mailbox.objects.get()
    assert (added.status_code, box.authserv_ids, unseal(box.secret)) == (302, ["mx.desk.example", "mx2"], "geheim-7")
    changed = client.post(f"/settings/mail/boxes/{box.pk}", values | {"password": "", "folder": "Desk"})
    box.refresh_from_db()
    assert (changed.status_code, box.folder, unseal(box.secret)) == (302, "Desk", "geheim-7")
    facts = Entry.objects.filter(subject_kind="mailbox").order_by("pk")
    assert [fact.kind for fact in facts] == ["record.added", "record.changed"]
    assert facts[1].payload["changes"] == {"folder": ["INBOX", "Desk"]}
    page = client.get(f"/settings/mail/boxes/{box.pk}").content.decode()
    assert "geheim-7" not in page
    assert box.secret not in page
    assert "geheim-7" not in str([fact.payload for fact in facts])


def test_a_form_says_what_is_missing(client, admin):
    page = client.post("/settings/mail/boxes/new", {"name": "x", "host": "imap.x.example", "after": "move"})
    assert page.status_code == 422
    assert "Say under which user we sign in" in page.content.decode()
    assert "Say where letters are moved" in page.content.decode()


def test_the_test_of_a_mailbox_says_in_words_what_is_wrong(client, admin):
    box = make.mailbox(host="127.0.0.1", user="x")
    page = client.post(f"/settings/mail/boxes/{box.pk}/test", follow=True).content.decode()
    assert "inside our own network" in page


def test_a_slip_in_the_form_of_a_mailbox_is_told_by_its_test_against_a_real_server(client, admin, monkeypatch):
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", "127.0.0.0/8")
    server = Dovecot()
    try:
        box = server.mailbox()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            nobody = taken.getsockname()[1]
        slips = [
            ({"secret": seal("wrong")}, "does not accept this user and password"),
            ({"folder": "Support"}, "no such folder"),
            ({"port": nobody}, "nobody listens on this port"),
            ({"host": "no-such-server.invalid"}, "no such server"),
            ({"tls": "tls"}, "No protected connection came about"),
            ({"tls": "starttls"}, "offers no STARTTLS"),
        ]
        right = {name: getattr(box, name) for change, _told in slips for name in change}
        for change, told in slips:
            Mailbox.objects.filter(pk=box.pk).update(**right | change)
            page = client.post(f"/settings/mail/boxes/{box.pk}/test", follow=True).content.decode()
            assert told in page, (change, told)
        Mailbox.objects.filter(pk=box.pk).update(**right)
        page = client.post(f"/settings/mail/boxes/{box.pk}/test", follow=True).content.decode()
        assert "Connected, signed in, folder opened: 0 letters" in page
    finally:
        server.close()


def test_a_parked_letter_is_shown_as_text_with_dead_links(client, admin):
    row = parked()
    page = client.get("/settings/mail/quarantine").content.decode()
    assert "hxxp://x.example/1" in page
    assert "http://x.example/1" not in page
    source = client.get(f"/settings/mail/letters/{row.pk}/source")
    assert source.headers["Content-Type"] == "application/octet-stream"
    assert b"Precedence: bulk" in source.content


def test_a_letter_is_let_through_as_a_new_ticket_once(client, admin):
    row = parked()
    client.post(f"/settings/mail/letters/{row.pk}/release")
    row.refresh_from_db()
    assert (row.outcome, row.reason, row.decided_by) == ("opened", "released", admin.pk)
    assert row.ticket.requester.email == "anna@clinic.example"
    assert client.post(f"/settings/mail/letters/{row.pk}/release").status_code == 404
    assert Ticket.objects.count() == 1
    assert Entry.objects.get(subject_kind="letter").payload == {"outcome": "opened", "ticket": str(row.ticket.pk)}


def test_a_letter_that_cannot_be_taken_apart_is_let_through_as_a_file(client, admin):
    bomb = make.letter().replace(b"Subject:", b"X-Many: a\n" * 1001 + b"Subject:", 1)
    row = make.arrive(bomb)
    assert (row.outcome, row.reason) == ("parked", "limit")
    client.post(f"/settings/mail/letters/{row.pk}/release")
    row.refresh_from_db()
    assert row.outcome == "opened"
    assert [file.name for file in row.message.attachments.all()] == ["letter.eml"]


def test_a_letter_is_put_into_a_ticket(client, admin):
    anna = tickets.person(email="anna@clinic.example")
    own, foreign = tickets.ticket(requester=anna), tickets.ticket()
    first, second = parked(), parked(X_N="2")
    assert client.post(f"/settings/mail/letters/{first.pk}/ticket", {"number": "999999"}).status_code == 303
    client.post(f"/settings/mail/letters/{first.pk}/ticket", {"number": f"№ {own.number}"})
    client.post(f"/settings/mail/letters/{second.pk}/ticket", {"number": str(foreign.number)})
    audiences = {row.ticket: row.message.audience for row in Inbound.objects.filter(outcome="joined")}
    assert audiences == {own: "public", foreign: "waiting"}


def test_a_refusal_may_hold_for_a_whole_domain_and_be_taken_back_for_thirty_days(client, admin):
    row = parked()
    client.post(f"/settings/mail/letters/{row.pk}/refusal", {"whole_domain": "1"})
    row.refresh_from_db()
    assert (row.outcome, row.reason) == ("refused", "person_refused")
    assert [one.value for one in RefusedSender.objects.all()] == ["clinic.example"]
    with clock.at(clock.now() + timedelta(days=31)):
        sign_in(client, admin)
        client.post(f"/settings/mail/letters/{row.pk}/return")
        assert Inbound.objects.get().outcome == "refused"
    sign_in(client, admin)
    client.post(f"/settings/mail/letters/{row.pk}/return")
    row.refresh_from_db()
    assert (row.outcome, row.reason, RefusedSender.objects.count()) == ("parked", "automatic", 0)
    assert [fact.kind for fact in Entry.objects.filter(subject_kind="letter").order_by("pk")] == [
        "letter.refused",
        "letter.parked_again",
    ]


def test_the_ledger_hides_what_a_ticket_says_from_those_who_may_not_see_it(client, admin):
    make.arrive(make.letter(subject="Жалоба на заведующую"))
    parked()
    page = client.get("/settings/mail/ledger").content.decode()
    assert "anna@clinic.example" in page
    assert "Жалоба" not in page
    assert client.get(f"/settings/mail/letters/{Inbound.objects.first().pk}/source").status_code == 404
    assert "1001" not in client.get("/settings/mail/ledger?outcome=parked").content.decode()


def test_the_ledger_asks_as_often_for_many_letters_as_for_one(client, admin, queries):
    make.arrive(make.letter("1"))
    client.get("/settings/mail/ledger")
    one = queries.count(lambda: client.get("/settings/mail/ledger"))
    for number in range(5):
        make.arrive(make.letter(f"{number}", sender=f"p{number}@clinic.example"))
    assert queries.count(lambda: client.get("/settings/mail/ledger")) == one
    assert Message.objects.count() == 6


@pytest.mark.parametrize(
    ("domain", "twin"),
    [
        ("pereva1.example", "pereval.example"),
        ("рereval.example", "pereval.example"),
        ("perevall.example", "pereval.example"),
        ("pereval.example", ""),
        ("mail.pereval.example", ""),
        ("other.example", ""),
    ],
)
def test_a_domain_that_only_looks_like_ours_is_noticed(domain, twin):
    assert lookalike.twin(domain, ["pereval.example"]) == twin


# -- a trusted relay in set-up -------------------------------------------------------------------------------------
def _relayed(address: str) -> bytes:
    received = f"from mail.clinic.example ([{address}]) by mx.desk.example; Tue, 24 Nov 2026 08:00:00 +0000"
    return f"Received: {received}\r\n".encode() + make.letter(sender="anna@clinic.example")


def test_the_set_up_of_a_relay_says_in_words_whether_its_letters_are_believed(client):
    box = make.mailbox(relay_networks=["10.0.0.0/24"], relay_domains=["clinic.example"])
    assert relay.told(box)[0][0] is False  # nothing has come yet
    row = make.arrive(_relayed("10.9.9.9"), box)
    ((proved, words),) = relay.told(box)
    assert (proved, "10.9.9.9" in words, row.verdict) == (False, True, "unverified")
    row = make.arrive(_relayed("10.0.0.5"), box)
    ((proved, words),) = relay.told(box)
    assert (proved, "10.0.0.5" in words, row.verdict) == (True, True, "verified")


@pytest.mark.parametrize(
    ("sender", "forged", "refused"),
    [
        ("ads@shop.example", False, ["shop.example"]),
        ("ads@shop.example", True, ["shop.example"]),
        ("someone@gmail.com", False, ["someone@gmail.com"]),
        ("anna@clinic.example", False, ["anna@clinic.example"]),
        ("anna@clinic.example", True, []),
        ("olga@desk.example", True, []),
    ],
)
def test_a_refusal_never_shuts_out_those_who_share_a_domain_nor_the_victim_of_a_forgery(
    client, admin, sender, forged, refused
):
    tickets.organisation("Клиника", domains=["clinic.example"])
    results = {"Authentication_Results": f"{make.AUTHSERV}; dmarc=fail"} if forged else {"Precedence": "bulk"}
    row = make.arrive(make.letter(sender=sender, **results))
    client.post(f"/settings/mail/letters/{row.pk}/refusal", {"whole_domain": "1"})
    row.refresh_from_db()
    assert row.outcome == "refused"
    assert [one.value for one in RefusedSender.objects.all()] == refused


def test_a_letter_beyond_the_limits_names_its_sender_and_subject(client, admin):
    row = make.arrive(make.letter().replace(b"Subject:", b"X-Many: a\n" * 1001 + b"Subject:", 1))
    assert (row.outcome, row.sender_address) == ("parked", "anna@clinic.example")
    row = make.arrive(make.letter().replace(b"\n\n", b"\n" + b"X-Many: a\n" * 1001 + b"\n", 1))
    assert (row.reason, row.sender_name, row.subject) == ("limit", "Анна Крылова", "Принтер")


def test_the_page_stands_while_the_file_of_a_letter_is_away(client, admin):
    row = parked()
    path_of(row.sha256).unlink()
    page = client.get("/settings/mail/quarantine").content.decode()
    assert "The file of this letter cannot be read now" in page
    for act in ("source", "release"):
        way = client.get if act == "source" else client.post
        assert way(f"/settings/mail/letters/{row.pk}/{act}").status_code == 303
    row.refresh_from_db()
    assert row.outcome == "parked"


def test_a_letter_of_several_senders_is_not_blamed_on_a_server(client, admin):
    make.arrive(make.letter(sender="boss@bank.example, evil@x.example"))
    page = client.get("/settings/mail/quarantine").content.decode()
    assert "names several senders" in page
    assert "says that it did not send" not in page


@pytest.mark.parametrize("address", ["/settings/mail/ledger", "/settings/people", "/queue/all", "/sign-in"])
def test_a_nul_in_the_address_is_a_bad_request_and_no_failure(client, admin, address):
    assert client.get(f"{address}?q=a%00b").status_code == 400
