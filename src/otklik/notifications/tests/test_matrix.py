"""Each row of the table: who hears by mail and who by the bell when one thing happens (domain.md §10.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from otklik import clock
from otklik.jobs import DeadLetter, drain, on_dead
from otklik.journal.record import REGISTRY, SYSTEM, Actor, Subject, record
from otklik.notifications import bell
from otklik.outbox.models import Delivery, Notice
from otklik.people.models import Person
from otklik.sla.events import SlaBreached, SlaEscalated, SlaWarned, TicketsUnwatched
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


class Crowd:
    """One ticket with somebody in every role; ``heard`` tells who heard of what since the last question."""

    def __init__(self, status: str = "new", **values: Any) -> None:
        self.team = make.team("Сеть", alias_ru="Служба связи")
        self.requester, self.affected, self.cc = (make.person(name) for name in ("Анна", "Павел", "Вера"))
        self.assignee, self.mate = make.agent("Ольга", self.team), make.agent("Глеб", self.team)
        self.lead, self.watcher = make.lead("Лев", self.team), make.agent("Инна", self.team)
        self.manager = make.person("Мария", roles=["service_manager"])
        self.admin = make.person("Аким", roles=["admin"])
        self.ticket: Ticket = make.ticket(
            requester=self.requester,
            affected_person=self.affected,
            cc=[self.cc],
            team=self.team,
            by=self.assignee,
            status=status,
            **values,
        )
        desk.watch(self.ticket, self.watcher, role="watcher", actor=self.by("lead"))
        self.heard()

    def by(self, who: str) -> Actor:
        return make.actor(getattr(self, who))

    def heard(self) -> dict[str, str]:
        """Who heard since the last question: "mail:taken bell:taken", by the name of the role."""
        drain()
        names = {
            getattr(self, role).pk: role
            for role in "requester affected cc assignee mate lead watcher manager admin".split()
        }
        found: dict[str, list[str]] = {}
        for delivery in Delivery.objects.order_by("pk"):
            found.setdefault(names[delivery.recipient_person or 0], []).append(f"mail:{delivery.kind}")
        for notice in Notice.objects.filter(way="bell").order_by("pk"):
            found.setdefault(names[notice.person or 0], []).append(f"bell:{notice.kind}")
        Delivery.objects.all().delete()
        Notice.objects.filter(way="bell").delete()
        return {who: " ".join(sorted(set(news))) for who, news in sorted(found.items())}


def test_created() -> None:
    crowd = Crowd()
    make.ticket(requester=crowd.requester, affected_person=crowd.affected, cc=[crowd.cc], team=crowd.team)
    assert crowd.heard() == {
        "affected": "bell:created mail:receipt",
        "assignee": "bell:created",
        "cc": "mail:receipt",
        "lead": "bell:created",
        "mate": "bell:created",
        "requester": "bell:created mail:receipt",
        "watcher": "bell:created",
    }


def test_an_alert_gets_no_receipt() -> None:
    crowd = Crowd()
    make.ticket(requester=crowd.requester, team=crowd.team, origin="alert", channel="monitor")
    assert crowd.heard() == dict.fromkeys(["assignee", "lead", "mate", "watcher"], "bell:created") | {
        "requester": "bell:created"
    }


def test_taken() -> None:
    crowd = Crowd()
    desk.take(crowd.ticket, actor=crowd.by("assignee"))
    assert crowd.heard() == {
        "affected": "bell:taken mail:taken",
        "requester": "bell:taken mail:taken",
        "watcher": "bell:assigned",
    }


def test_assigned_and_reassigned() -> None:
    crowd = Crowd("open")
    desk.assign(crowd.ticket, to=crowd.mate, actor=crowd.by("lead"))
    assert crowd.heard() == {
        "affected": "bell:assigned",
        "mate": "bell:assigned mail:staff.assigned",
        "requester": "bell:assigned",
        "watcher": "bell:assigned",
    }


def test_handed_to_another_team() -> None:
    crowd = Crowd("open")
    other = make.team("Печать", crowd.admin)
    desk.assign(crowd.ticket, team=other, actor=crowd.by("lead"))
    assert crowd.heard() == {"admin": "bell:handed"}


def test_public_message_by_staff() -> None:
    crowd = Crowd("open")
    desk.reply(crowd.ticket, desk.Content(text="Смотрим."), actor=crowd.by("mate"))
    assert crowd.heard() == {
        "affected": "bell:replied mail:reply",
        "assignee": "bell:replied",
        "cc": "mail:reply",
        "requester": "bell:replied mail:reply",
        "watcher": "bell:replied",
    }


def test_who_was_unticked_gets_no_letter() -> None:
    crowd = Crowd("open")
    desk.reply(crowd.ticket, desk.Content(text="Смотрим."), recipients=[crowd.requester.pk], actor=crowd.by("assignee"))
    heard = crowd.heard()
    assert heard["requester"] == "bell:replied mail:reply"
    assert heard["affected"] == "bell:replied" and "cc" not in heard


def test_a_first_answer_that_takes_the_ticket_is_one_letter() -> None:
    crowd = Crowd()
    desk.reply(crowd.ticket, desk.Content(text="Смотрим."), actor=crowd.by("assignee"))
    assert crowd.heard()["requester"] == "bell:replied mail:reply"


def test_customer_message() -> None:
    crowd = Crowd("open")
    desk.hear(
        crowd.ticket, desk.Content(text="Ещё"), author=crowd.affected, channel="portal", actor=crowd.by("affected")
    )
    assert crowd.heard() == {
        "assignee": "bell:customer_wrote mail:staff.customer_wrote",
        "cc": "mail:copy",
        "requester": "mail:copy",
        "watcher": "bell:customer_wrote",
    }


def test_customer_message_where_nobody_is_on_it() -> None:
    crowd = Crowd()
    desk.hear(crowd.ticket, desk.Content(text="Ещё"), author=crowd.cc, channel="portal", actor=crowd.by("cc"))
    assert crowd.heard() == {
        "affected": "mail:copy",
        "assignee": "bell:customer_wrote",
        "lead": "bell:customer_wrote",
        "mate": "bell:customer_wrote",
        "requester": "mail:copy",
        "watcher": "bell:customer_wrote",
    }


def test_an_automatic_letter_and_thanks_reach_the_assignee_alone() -> None:
    crowd = Crowd("resolved")
    values: dict[str, Any] = {"author": crowd.requester, "channel": "email", "actor": crowd.by("requester")}
    desk.hear(crowd.ticket, desk.Content(text="Я в отпуске"), automatic=True, **values)
    assert crowd.heard() == {"assignee": "bell:auto_wrote"}
    desk.hear(crowd.ticket, desk.Content(text="Спасибо"), is_gratitude=True, **values)
    assert crowd.heard() == {"assignee": "bell:thanked"}


def test_note_and_mention() -> None:
    crowd = Crowd("open")
    desk.note(
        crowd.ticket, desk.Content(text="Смотри"), mentions=[crowd.lead.pk, crowd.requester.pk], actor=crowd.by("mate")
    )
    assert crowd.heard() == {
        "assignee": "bell:noted",
        "lead": "bell:mentioned mail:staff.mentioned",
        "watcher": "bell:noted",
    }


def test_question_and_its_reminders() -> None:
    crowd = Crowd("open")
    desk.hold(crowd.ticket, reason="requester", question=desk.Content(text="Какой номер?"), actor=crowd.by("assignee"))
    assert crowd.heard() == {
        "affected": "bell:asked mail:question",
        "cc": "mail:question",
        "requester": "bell:asked mail:question",
        "watcher": "bell:asked",
    }
    desk.remind(crowd.ticket, what="question", step="x#1", actor=SYSTEM)
    both = "bell:reminded mail:reminder"
    assert crowd.heard() == {"affected": both, "requester": both}
    desk.remind(crowd.ticket, what="question", step="x#2", actor=SYSTEM)
    both = "bell:reminded mail:last_reminder"
    assert crowd.heard() == {"affected": both, "requester": both}


def test_paused_for_a_supplier_and_asked_again() -> None:
    crowd = Crowd("open")
    when = clock.now() + timedelta(days=2)
    desk.hold(
        crowd.ticket, reason="third_party", supplier="А", reference="7", follow_up_at=when, actor=crowd.by("assignee")
    )
    assert crowd.heard() == {"affected": "bell:paused", "requester": "bell:paused", "watcher": "bell:paused"}
    desk.remind(crowd.ticket, what="supplier", step="x", actor=SYSTEM)
    assert crowd.heard() == {"assignee": "bell:supplier_due mail:staff.supplier_due"}
    desk.resume(crowd.ticket, actor=crowd.by("mate"))
    assert crowd.heard() == {"assignee": "bell:resumed", "watcher": "bell:resumed"}


def test_priority_changed() -> None:
    crowd = Crowd("open")
    desk.prioritise(crowd.ticket, impact=2, urgency=2, actor=crowd.by("mate"))
    everybody = ["affected", "assignee", "requester", "watcher"]
    assert crowd.heard() == dict.fromkeys(everybody, "bell:changed")


def test_urgent() -> None:
    crowd = Crowd("open")
    desk.prioritise(crowd.ticket, impact=1, urgency=1, actor=crowd.by("mate"))
    loud = "bell:urgent mail:staff.urgent"
    assert crowd.heard() == {
        "affected": "mail:urgent",
        "assignee": loud,
        "cc": "mail:urgent",
        "lead": loud,
        "manager": loud,
        "requester": "mail:urgent",
        "watcher": loud,
    }


def test_solved_and_the_reminder_before_it_closes() -> None:
    crowd = Crowd("open")
    content = desk.Content(text="Заменили картридж и проверили печать.")
    desk.resolve(crowd.ticket, code="fixed", content=content, cause_code="hardware", actor=crowd.by("mate"))
    assert crowd.heard() == {
        "affected": "bell:solved mail:solution",
        "assignee": "bell:solved",
        "cc": "mail:solution",
        "requester": "bell:solved mail:solution",
        "watcher": "bell:solved",
    }
    desk.remind(crowd.ticket, what="close", step="x", actor=SYSTEM)
    both = "bell:closing mail:closing"
    assert crowd.heard() == {"affected": both, "requester": both}


def test_closed_by_the_requester_and_by_time() -> None:
    crowd = Crowd("resolved")
    desk.confirm(crowd.ticket, actor=crowd.by("requester"))
    assert crowd.heard() == {"assignee": "bell:confirmed", "watcher": "bell:confirmed"}
    crowd = Crowd("resolved")
    desk.close(crowd.ticket, actor=SYSTEM)
    assert crowd.heard() == {"affected": "bell:closed", "requester": "bell:closed"}


def test_reopened_by_the_requester_and_the_second_time_by_staff() -> None:
    crowd = Crowd("resolved")
    words = desk.Content(text="Опять не печатает")
    desk.reopen(crowd.ticket, cause="not_solved", content=words, actor=crowd.by("requester"))
    assert crowd.heard() == {
        "affected": "bell:reopened mail:copy",
        "assignee": "bell:reopened mail:staff.reopened",
        "cc": "mail:copy",
        "watcher": "bell:reopened",
    }
    content = desk.Content(text="Заменили барабан и проверили печать.")
    desk.resolve(crowd.ticket, code="fixed", content=content, actor=crowd.by("assignee"))
    crowd.heard()
    desk.reopen(crowd.ticket, cause="agent", reason="забыли отчёт", actor=crowd.by("mate"))
    assert crowd.heard() == {
        "affected": "bell:reopened mail:reopened",
        "assignee": "bell:reopened mail:staff.reopened",
        "lead": "bell:reopened_again",
        "requester": "bell:reopened mail:reopened",
        "watcher": "bell:reopened",
    }


def test_cancelled_unless_spam() -> None:
    crowd = Crowd("open")
    desk.cancel(crowd.ticket, reason="out_of_scope", text="Это чинит завод.", actor=crowd.by("assignee"))
    assert crowd.heard() == {
        "affected": "bell:cancelled mail:cancelled",
        "requester": "bell:cancelled mail:cancelled",
        "watcher": "bell:cancelled",
    }
    crowd = Crowd("open")
    desk.cancel(crowd.ticket, reason="spam", actor=crowd.by("assignee"))
    assert crowd.heard() == {}


def test_withdrawn() -> None:
    crowd = Crowd()
    desk.withdraw(crowd.ticket, actor=crowd.by("requester"))
    team = ["assignee", "lead", "mate", "watcher"]
    assert crowd.heard() == dict.fromkeys(team, "bell:withdrawn")


def test_a_missed_word() -> None:
    crowd = Crowd("open")
    desk.promise(crowd.ticket, until=clock.now() + LATER, actor=crowd.by("assignee"))
    with clock.at(clock.now() + 2 * LATER):
        desk.miss_update(crowd.ticket, actor=SYSTEM)
        both = "bell:update_missed mail:staff.update_missed"
        assert crowd.heard() == {"assignee": both, "lead": both}


def test_the_service_works_again() -> None:
    crowd = Crowd("open")
    desk.restore_service(crowd.ticket, as_of=clock.now(), actor=crowd.by("assignee"))
    assert crowd.heard() == dict.fromkeys(["affected", "requester", "watcher"], "bell:restored")


def test_a_letter_that_did_not_arrive() -> None:
    crowd = Crowd("open")
    values = {"recipient": crowd.requester.email, "detail": "5.1.1 no such user"}
    desk.note_delivery(crowd.ticket, delivery=0, status="bounced", actor=SYSTEM, **values)
    assert crowd.heard() == {"assignee": "bell:undelivered", "lead": "mail:staff.undelivered"}
    desk.reply(crowd.ticket, desk.Content(text="Смотрим."), actor=crowd.by("assignee"))
    heard = crowd.heard()
    assert heard["requester"] == "bell:replied" and heard["affected"] == "bell:replied mail:reply"


def test_a_report_that_anybody_may_have_written_silences_nobody() -> None:
    crowd = Crowd("open")
    values = {"recipient": crowd.requester.email, "detail": "5.1.1 no such user", "certain": False}
    desk.note_delivery(crowd.ticket, delivery=0, status="bounced", actor=SYSTEM, **values)
    assert crowd.heard() == {"assignee": "bell:undelivered", "lead": "mail:staff.undelivered"}
    desk.reply(crowd.ticket, desk.Content(text="Смотрим."), actor=crowd.by("assignee"))
    assert crowd.heard()["requester"] == "bell:replied mail:reply"


def test_without_a_lead_the_managers_hear() -> None:
    crowd = Crowd("open")
    crowd.lead.memberships.update(role="member")
    desk.note_delivery(crowd.ticket, delivery=0, recipient="x@y.example", status="failed", detail="550", actor=SYSTEM)
    assert crowd.heard()["manager"] == "mail:staff.undelivered"


def test_a_person_of_several_roles_hears_once() -> None:
    team = make.team("Сеть")
    olga = make.lead("Ольга", team)
    ticket = make.ticket(requester=olga, team=team, impact=1, urgency=1)
    desk.watch(ticket, olga, role="watcher", actor=make.actor(olga))
    drain()
    told = Delivery.objects.filter(recipient_person=olga.pk).exclude(kind__in=["staff.called", "staff.nobody"])
    assert list(told.values_list("kind", flat=True)) == ["receipt"]  # beside the calls for somebody who takes it


def test_nobody_hears_of_a_restricted_ticket_who_may_not_see_it() -> None:
    crowd = Crowd("open", visibility="restricted")
    other: Person = make.person("Чужой", roles=["service_manager"])
    desk.prioritise(crowd.ticket, impact=1, urgency=1, actor=crowd.by("mate"))
    drain()
    assert not Notice.objects.filter(person__in=[other.pk, crowd.manager.pk]).exists()
    staff = Delivery.objects.get(recipient_person=crowd.assignee.pk, kind="staff.urgent")
    assert crowd.ticket.subject not in staff.text + staff.html + staff.subject


def test_the_bell_shows_the_newest_first_and_forgets_what_was_seen() -> None:
    crowd = Crowd("open")
    desk.assign(crowd.ticket, to=crowd.mate, actor=crowd.by("lead"))
    desk.note(crowd.ticket, desk.Content(text="Смотри"), mentions=[crowd.mate.pk], actor=crowd.by("lead"))
    drain()
    first, second = bell.bell_for(crowd.mate)
    assert (first.text, second.text) == ("Вас упоминает в заметке Лев", "Назначено вам")
    assert (first.url, first.subject) == (f"/tickets/{crowd.ticket.number}", crowd.ticket.subject)
    assert bell.unseen(crowd.mate) == 2
    assert bell.mark_seen(crowd.mate, key=first.key) == 1
    assert bell.mark_seen(crowd.mate, number=crowd.ticket.number) == 1
    assert bell.unseen(crowd.mate) == 0


def test_changes_within_two_minutes_are_one_line_of_the_bell() -> None:
    crowd = Crowd("open")
    start = clock.now()
    with clock.at(start):
        desk.prioritise(crowd.ticket, impact=2, urgency=2, actor=crowd.by("mate"))
        drain()
    with clock.at(start + timedelta(minutes=1)):
        desk.prioritise(crowd.ticket, impact=1, urgency=2, actor=crowd.by("mate"))
        drain()
    (line,) = bell.bell_for(crowd.assignee)
    assert line.text == "Приоритет P4 → P2"


def test_a_promise_in_danger_broken_and_broken_for_long() -> None:
    crowd = Crowd("open")
    at = clock.now().isoformat()
    values: dict[str, Any] = {"metric": "resolution", "cycle": 1, "threshold": "75", "binding": 1, "at": at, "due": at}
    desk.move_on(crowd.ticket, SlaWarned(**values), actor=SYSTEM)
    bell_only = dict.fromkeys(["mate", "watcher"], "bell:warned")
    both = "bell:warned mail:staff.warned"
    assert crowd.heard() == bell_only | {"assignee": both, "lead": both}
    desk.move_on(crowd.ticket, SlaBreached(**values), actor=SYSTEM)
    bell_only = dict.fromkeys(["mate", "watcher"], "bell:breached")
    both = "bell:breached mail:staff.breached"
    assert crowd.heard() == bell_only | {"assignee": both, "lead": both, "manager": both}
    desk.move_on(crowd.ticket, SlaEscalated(**values), actor=SYSTEM)
    assert crowd.heard() == {"lead": both, "manager": both}


def test_a_step_of_the_ladder_is_told_to_those_whom_it_names() -> None:
    crowd = Crowd("open")
    at = clock.now().isoformat()
    values: dict[str, Any] = {"metric": "resolution", "cycle": 1, "threshold": "75%", "binding": 1, "at": at, "due": at}

    def step(kind: type[SlaWarned], *names: str) -> dict[str, str]:
        desk.move_on(crowd.ticket, kind(**values, step={"percent": 75, "tell": list(names)}), actor=SYSTEM)
        return crowd.heard()

    warned, breached = "bell:warned mail:staff.warned", "bell:breached mail:staff.breached"
    assert step(SlaWarned, "assignee", "lead_if_unassigned") == {"assignee": warned}
    assert step(SlaWarned, "team", "lead") == {"mate": "bell:warned", "watcher": "bell:warned", "lead": warned} | {
        "assignee": "bell:warned"
    }
    assert step(SlaEscalated, "service_owner") == {"manager": breached}  # nobody owns the service
    assert step(SlaBreached, "lead", "manager") == {"lead": breached, "manager": breached}


def test_a_low_rating_and_a_complaint() -> None:
    crowd = Crowd("resolved")
    until = clock.now().isoformat()
    review, complaint = REGISTRY["csat.review_asked"], REGISTRY["complaint.made"]  # of a room above this one
    desk.move_on(crowd.ticket, review(survey=1, score=1, until=until), actor=SYSTEM)
    assert crowd.heard() == {"assignee": "bell:rated_low", "lead": "bell:rated_low mail:staff.rated_low"}
    desk.move_on(crowd.ticket, complaint(person=crowd.requester.pk), actor=SYSTEM)
    assert crowd.heard() == {"assignee": "bell:complained", "lead": "bell:complained mail:staff.complained"}


def test_tickets_without_anybodys_eye_are_told_to_the_lead() -> None:
    crowd = Crowd()
    with transaction.atomic():
        fact = TicketsUnwatched(day="2026-03-05", count=2, numbers=[1001, 1002])
        record(Subject(kind="team", id=str(crowd.team.pk)), fact, actor=SYSTEM)
    drain()
    (line,) = bell.bell_for(crowd.lead)[:1]
    assert line.text == "2 обращения без присмотра: № 1001, № 1002"
    assert Delivery.objects.filter(recipient_person=crowd.lead.pk, subject__startswith="2 обращения").count() == 1


def test_a_job_that_was_given_up_is_told_to_the_administrators_once_an_hour() -> None:
    crowd = Crowd()
    for _ in range(2):
        for listener in on_dead:
            listener(DeadLetter(1, "sla.sweep", None, {}, "boom"))
    assert crowd.heard() == {"admin": "bell:gave_up mail:staff.digest"}
    for listener in on_dead:
        listener(DeadLetter(2, "outbox.carry", None, {}, "boom"))
    assert crowd.heard() == {"admin": "bell:gave_up"}
