"""Where letters go: threading, closed tickets, machines, staff, copies, floods (domain.md §2.5, §10.3, §10.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otklik import clock
from otklik.channels.models import Inbound, RefusedSender
from otklik.channels.tests import make
from otklik.journal.models import Entry
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return tickets.person("Анна Крылова", email="anna@clinic.example")


def audiences(ticket: Ticket) -> list[str]:
    return list(Message.objects.filter(ticket=ticket).order_by("pk").values_list("audience", flat=True))


def test_a_first_letter_opens_one_ticket_and_makes_its_writer_a_person():
    clinic = tickets.organisation("Клиника", domains=["clinic.example"])
    row = make.arrive(make.letter())
    anna = Person.objects.get(email="anna@clinic.example")
    assert (row.outcome, row.ticket.requester, row.ticket.organisation) == ("opened", anna, clinic)
    assert (row.ticket.type, row.ticket.priority, row.ticket.service) == ("incident", "P4", None)
    assert (anna.name, anna.language, anna.organisation) == ("Анна Крылова", "ru", clinic)
    assert row.message.text == "Не печатает принтер в процедурной."
    assert row.message.mail == row.pk


def test_an_english_letter_makes_an_english_reader():
    make.arrive(make.letter("The printer in room 314 prints nothing at all.", subject="Printer"))
    assert Person.objects.get(email="anna@clinic.example").language == "en"


def test_a_domain_that_two_organisations_claim_is_nobodys():
    tickets.organisation("A", domains=["clinic.example"])
    tickets.organisation("B", domains=["clinic.example"])
    assert make.arrive(make.letter()).ticket.organisation is None


def test_the_promise_counts_from_when_the_mailbox_got_the_letter():
    received = clock.now() - timedelta(hours=3)
    row = make.arrive(make.letter(Date="Mon, 01 Jan 2001 10:00:00 +0000"), received_at=received)
    assert row.ticket.opened_at == received


@pytest.mark.parametrize("text", ["Не работает сканер", ""])
def test_a_letter_without_subject_gets_one_from_its_words(text):
    row = make.arrive(make.letter(text, subject=""))
    assert row.ticket.subject == ("Без темы: Не работает сканер…" if text else "Без темы")


def test_an_answer_to_a_signed_address_joins_without_what_it_quotes(anna):
    ticket = tickets.ticket(requester=anna, status="pending")
    text = "Номер 4471.\n\n23.11.2026 10:00, Поддержка пишет:\n> Какой номер на наклейке?\n"
    row = make.arrive(make.letter(text, to=make.signed_address(ticket, anna), subject="Re: Принтер"))
    ticket.refresh_from_db()
    assert (row.outcome, row.matched_by, row.ticket) == ("joined", "address", ticket)
    assert row.message.text == "Номер 4471."
    assert "Какой номер" in row.message.quoted
    assert ticket.status == "open"


def test_an_answer_with_our_signed_id_joins(anna):
    ticket = tickets.ticket(requester=anna)
    row = make.arrive(make.letter("Ещё одно", In_Reply_To=make.signed_id(ticket)))
    assert (row.outcome, row.matched_by, row.ticket) == ("joined", "signed_id", ticket)


def test_a_second_letter_that_answers_the_first_joins_its_ticket():
    first = make.arrive(make.letter(Message_ID="<first@clinic.example>"))
    second = make.arrive(make.letter("Добавлю: кабинет 12", References="<first@clinic.example>"))
    assert (second.outcome, second.matched_by, second.ticket) == ("joined", "stored", first.ticket)


def test_a_stranger_who_answers_a_stored_letter_opens_his_own_ticket():
    first = make.arrive(make.letter(Message_ID="<first@clinic.example>"))
    other = make.arrive(make.letter("И у меня", sender="boris@clinic.example", In_Reply_To="<first@clinic.example>"))
    assert (other.outcome, other.ticket == first.ticket) == ("opened", False)


@pytest.mark.parametrize(("verified", "outcome"), [(True, "joined"), (False, "opened")])
def test_a_bare_number_counts_only_for_a_verified_participant(anna, verified, outcome):
    ticket = tickets.ticket(requester=anna)
    row = make.arrive(make.letter(subject=f"Re: Принтер [#{ticket.number}]", verified=verified))
    assert (row.outcome, row.ticket == ticket) == (outcome, verified)


def test_s_11_a_strangers_number_opens_a_new_ticket_and_an_altered_token_is_none(anna):
    ticket = tickets.ticket(requester=anna)
    guessed = make.arrive(make.letter(sender="evil@x.example", subject=f"[#{ticket.number}]", verified=True))
    assert (guessed.outcome, guessed.ticket == ticket) == ("opened", False)
    real = make.signed_address(ticket, anna)
    local, _, domain = real.rpartition("@")
    altered = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    second = make.arrive(make.letter("Другое", sender="evil@x.example", to=altered))
    assert (second.outcome, second.matched_by, second.ticket == ticket) == ("opened", "", False)
    assert audiences(ticket) == ["public"]


def test_a_colleague_with_the_link_waits_unseen_until_confirmed(anna):
    ticket = tickets.ticket(requester=anna)
    row = make.arrive(make.letter("Я рядом", sender="boris@clinic.example", to=make.signed_address(ticket, anna)))
    assert (row.outcome, row.reason, row.message.audience) == ("joined", "confirm_unknown_sender", "waiting")
    assert not Person.objects.filter(email="boris@clinic.example").exists()


def test_s_08_a_forged_agent_is_never_an_agent():
    agent = tickets.agent("Ольга", email="olga@desk.example")
    ticket = tickets.ticket(status="open", by=agent)
    before = Entry.objects.filter(subject_id=str(ticket.pk)).count()
    forged = make.letter(
        "Решено.",
        sender="olga@desk.example",
        to=make.signed_address(ticket, agent),
        subject=f"[#{ticket.number}]",
        In_Reply_To=make.signed_id(ticket),
        Authentication_Results=f"{make.AUTHSERV}; dmarc=fail header.from=desk.example",
    )
    row = make.arrive(forged)
    assert (row.outcome, row.reason, row.verdict) == ("parked", "authentication", "failed")
    assert Entry.objects.filter(subject_id=str(ticket.pk)).count() == before
    assert row.facts["ticket"] == ticket.number


def test_s_09_a_spoofed_requester_brings_nobody_into_the_conversation(anna):
    ticket = tickets.ticket(requester=anna)
    row = make.arrive(make.letter("Пришлите всё", subject=f"[#{ticket.number}] re", Cc="evil@x.example"))
    assert row.ticket != ticket
    assert row.facts["copies"] == ["evil@x.example"]
    assert not Person.objects.filter(email="evil@x.example").exists()
    answer = make.arrive(make.letter("И мне", sender="evil@x.example", to=make.signed_address(ticket, anna)))
    assert answer.message.audience == "waiting"
    assert not ticket.watches.exists()


def test_s_12_only_our_own_servers_top_word_counts():
    top = f"Authentication-Results: {make.AUTHSERV}; dmarc=fail header.from=clinic.example\n".encode()
    lower = f"Authentication-Results: {make.AUTHSERV}; dmarc=pass header.from=clinic.example\n".encode()
    assert make.arrive(top + lower + make.letter()).verdict == "failed"
    foreign = b"Authentication-Results: evil.example; dmarc=pass header.from=clinic.example\n"
    assert make.arrive(foreign + make.letter("Другое")).verdict == "unverified"


def test_a_declared_relay_vouches_for_its_own_domains_only_through_its_own_address():
    box = make.mailbox("inside", relay_networks=["10.0.0.0/24"], relay_domains=["clinic.example"], authserv_ids=[])
    through = "from ward (ward.lan [10.0.0.7]) by mx.desk.example with ESMTP; Mon, 23 Nov 2026 10:00:00 +0000"
    outside = "from clinic.example (evil.example [203.0.113.9]) by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0000"
    assert make.arrive(make.letter("1", Received=through), box).verdict == "verified"
    assert make.arrive(make.letter("2", Received=outside), box).verdict == "unverified"
    assert make.arrive(make.letter("3", Received=through, sender="a@other.example"), box).verdict == "unverified"


def test_a_letter_to_a_closed_ticket_opens_one_that_follows_it(anna):
    closed = tickets.ticket(requester=anna, status="closed")
    row = make.arrive(make.letter("Опять", to=make.signed_address(closed, anna)))
    assert (row.outcome, row.reason, row.ticket.status) == ("opened", "follow_up", "new")
    assert row.ticket.links.filter(kind="follow_up_of", other=str(closed.pk)).exists()


def test_thanks_do_not_reopen_and_words_do(anna):
    solved = tickets.ticket(requester=anna, status="resolved")
    thanks = make.arrive(make.letter("Спасибо большое!", to=make.signed_address(solved, anna)))
    solved.refresh_from_db()
    assert (thanks.reason, solved.status) == ("gratitude", "resolved")
    make.arrive(make.letter("Спасибо, но печатает полосами", to=make.signed_address(solved, anna)))
    solved.refresh_from_db()
    assert solved.status == "open"


def test_an_absence_note_joins_an_open_ticket_without_effect_and_leaves_a_closed_one_alone(anna):
    waiting = tickets.ticket(requester=anna, status="pending")
    away = {"Auto_Submitted": "auto-replied"}
    row = make.arrive(make.letter("Меня нет до 30-го", to=make.signed_address(waiting, anna), **away))
    waiting.refresh_from_db()
    assert (row.outcome, row.message.author_kind, waiting.status) == ("joined", "auto", "pending")
    closed = tickets.ticket(requester=anna, status="closed")
    row = make.arrive(make.letter("Меня нет", to=make.signed_address(closed, anna), **away))
    assert (row.outcome, row.reason, Ticket.objects.count()) == ("refused", "automatic_closed", 2)


def test_an_automatic_letter_about_nothing_waits_for_a_person():
    row = make.arrive(make.letter(List_Id="<news.example>"))
    assert (row.outcome, row.reason, Ticket.objects.count()) == ("parked", "automatic", 0)


def test_a_verified_agent_answers_by_mail_with_the_signed_address_only(anna):
    agent = tickets.agent("Ольга", email="olga@desk.example")
    ticket = tickets.ticket(requester=anna, status="open", by=agent)
    address = make.signed_address(ticket, agent)
    olga = {"sender": "olga@desk.example", "verified": True}
    public = make.arrive(
        make.letter("Завтра заменим.\n\nOn Mon, 23 Nov 2026, Desk wrote:\n> тайна", to=address, **olga)
    )
    assert (public.reason, public.message.audience, public.message.side) == ("staff_reply", "public", "staff")
    assert (public.message.text, public.message.quoted, public.message.html) == ("Завтра заменим.", "", "")
    noted = make.arrive(make.letter("#служебно\nЖдём деталь", to=address, **olga))
    assert (noted.reason, noted.message.audience, noted.message.text) == ("staff_note", "internal", "Ждём деталь")
    unsigned = make.arrive(make.letter("Без адреса", In_Reply_To=make.signed_id(ticket), **olga))
    assert (unsigned.reason, unsigned.message.audience) == ("staff_note", "internal")
    unverified = make.arrive(make.letter("Не проверено", to=address, sender="olga@desk.example"))
    assert (unverified.reason, unverified.message.audience) == ("confirm_staff_unverified", "waiting")


def test_known_people_in_copy_join_from_the_start_and_others_are_proposed(anna):
    boris = tickets.person("Борис", email="boris@clinic.example")
    row = make.arrive(make.letter(Cc="Boris <boris@clinic.example>, new@clinic.example", to="support@desk.example"))
    assert [watch.person for watch in row.ticket.watches.filter(role="cc")] == [boris]
    assert row.facts["copies"] == ["new@clinic.example"]


def test_s_10_a_code_from_a_machine_is_seen_by_the_mailboxs_team_only(anna):
    team = tickets.team("Почта")
    box = make.mailbox("codes", team=team)
    raw = make.letter(
        "Your verification code is 123456", sender="no-reply@idp.example", subject="Code 123456", Cc=anna.email
    )
    row = make.arrive(raw, box)
    ticket = row.ticket
    assert (ticket.visibility, ticket.requester, ticket.team) == ("restricted", None, team)
    assert "123456" not in ticket.subject
    assert not ticket.watches.exists()
    fact = Entry.objects.get(kind="mail.received", subject_id=str(ticket.pk))
    assert fact.payload["answer"] == "never"


def test_a_person_who_misses_a_code_is_no_machine():
    row = make.arrive(make.letter("Мне не приходит код подтверждения 123456", subject="Код"))
    assert row.ticket.visibility == "participants"


def test_s_15_a_flood_is_collected_in_one_ticket_with_one_alarm():
    for number in range(30):
        make.arrive(make.letter(f"Реклама {number}", subject=f"Купите {number}"))
    rows = Inbound.objects.order_by("pk")
    assert Ticket.objects.count() == 21
    assert {row.ticket for row in rows[21:]} == {rows[20].ticket}
    assert [row.reason for row in rows[20:22]] == ["flood", "flood"]
    alarms = Entry.objects.filter(kind="mail.alarm", payload__what="flood")
    assert [alarm.payload["address"] for alarm in alarms] == ["anna@clinic.example"]


def test_s_14_machines_that_repeat_themselves_are_told_apart_and_lead_to_an_alarm(anna):
    answers = []
    for number in range(4):
        raw = make.letter(f"Ваша заявка {number} принята", subject=f"Re: [Заявка {number}] принята", verified=True)
        row = make.arrive(raw)
        answers.append(Entry.objects.get(kind="mail.received", subject_id=str(row.ticket.pk)).payload["answer"])
    assert answers == ["known", "known", "loop", "loop"]
    assert Entry.objects.filter(kind="mail.alarm", payload__what="loop").count() == 1


def test_a_receipt_quoted_in_a_new_letter_leads_back_to_its_ticket(anna):
    ticket = tickets.ticket(requester=anna)
    row = make.arrive(make.letter(f"Автоответ.\n{make.signed_id(ticket)}", subject="Получено"))
    assert (row.outcome, row.matched_by, row.ticket) == ("joined", "quoted", ticket)


def test_a_refused_domain_stays_outside():
    RefusedSender.objects.create(value="x.example", since=clock.now())
    row = make.arrive(make.letter(sender="shop@x.example"))
    assert (row.outcome, row.reason, Ticket.objects.count()) == ("refused", "sender_refused", 0)


def test_a_copy_in_the_same_mailbox_is_a_duplicate_and_in_another_joins_its_ticket():
    raw = make.letter()
    first = make.arrive(raw)
    again = make.arrive(b"Received: from a by b\n" + raw)
    assert (again.outcome, again.duplicate_of) == ("duplicate", first)
    other = make.arrive(raw, make.mailbox("it"))
    assert (other.outcome, other.reason, other.ticket) == ("joined", "other_mailbox", first.ticket)
    assert Message.objects.count() == 1


def test_a_forged_message_id_hides_no_other_letter():
    make.arrive(make.letter(Message_ID="<same@clinic.example>"))
    other = make.arrive(make.letter("Совсем другое письмо", Message_ID="<same@clinic.example>"))
    assert other.outcome == "opened"


def test_a_former_colleague_waits_for_a_decision(anna):
    Person.objects.filter(pk=anna.pk).update(is_active=False)
    assert make.arrive(make.letter()).reason == "inactive_person"


def test_a_letter_about_a_ticket_cancelled_as_spam_is_parked(anna):
    agent = tickets.agent()
    ticket = tickets.ticket(requester=anna, status="open", by=agent)
    desk.cancel(ticket, reason="spam", actor=tickets.actor(agent))
    assert make.arrive(make.letter("Ещё", to=make.signed_address(ticket, anna))).reason == "spam_ticket"


def test_our_own_letter_that_comes_back_is_refused():
    from otklik.outbox.vault import mark

    row = make.arrive(make.letter(Message_ID="<ot.x@desk.example>", X_Otklik=mark("<ot.x@desk.example>")))
    assert (row.outcome, row.reason) == ("refused", "own_mail")


def test_a_letter_to_two_mailboxes_is_one_ticket_whatever_the_server_writes_for_each():
    first, second = make.mailbox("support"), make.mailbox("it")
    raw = make.letter(to="support@desk.example, it@desk.example")
    one = make.arrive(b"X-Yandex-TimeMark: 1\nDelivered-To: support@desk.example\n" + raw, first)
    two = make.arrive(b"X-Yandex-TimeMark: 2\nDelivered-To: it@desk.example\n" + raw, second)
    assert (two.outcome, two.reason, two.ticket) == ("joined", "other_mailbox", one.ticket)


def test_the_same_bytes_are_a_duplicate_also_where_a_former_release_identified_them_otherwise():
    raw = make.letter()
    first = make.arrive(raw, uid=(1, 5))
    Inbound.objects.filter(pk=first.pk).update(identity="of a former release")
    assert make.arrive(raw, uid=(2, 1)).outcome == "duplicate"


@pytest.mark.parametrize("sender", ["anna@clinic.example", "robot@elsewhere.example"])
def test_a_machine_that_chatters_into_a_ticket_is_silenced_whoever_it_is(anna, sender):
    ticket = tickets.ticket(requester=anna)
    to = make.signed_address(ticket, anna)
    rows = [
        make.arrive(make.letter(f"Автоответ {n}", sender=sender, to=to, Auto_Submitted="auto-replied"))
        for n in range(12)
    ]
    assert [row.outcome for row in rows] == ["joined"] * 10 + ["refused"] * 2
    assert Entry.objects.filter(kind="mail.alarm", payload__what="loop").count() == 1
