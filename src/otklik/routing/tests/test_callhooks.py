"""Calls by webhook against a real server of this machine: who hears, the signature, tries, the link that answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from django.test import Client

from otklik import clock
from otklik.jobs import dead_letters, drain, enqueue
from otklik.journal.models import Entry
from otklik.outbox.models import Delivery
from otklik.outbox.tests.make import mail_set_up
from otklik.people.models import Person
from otklik.people.rota import OnCall, Rotation
from otklik.routing import callhooks
from otklik.routing.models import CallHook, Page
from otklik.routing.tests.make import NIGHT, at, member, on_call, settled, team
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db
SECRET = "только-для-проверки-подписи"


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent and answers what it is told."""

    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.heard.append((dict(self.headers), raw))
        self.send_response(Receiver.answers.pop(0) if Receiver.answers else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Receiver.heard.clear()
    Receiver.answers.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", f"127.0.0.1/32:{server.server_port}")
    yield f"http://127.0.0.1:{server.server_port}/calls"
    server.shutdown()
    thread.join()
    server.server_close()


def hook(url: str, **values: Any) -> CallHook:
    """An address of every team, set up by a service manager."""
    by = make.actor(make.person(roles=["service_manager"]))
    given = {"name": "Дежурный бот", "team": None, "rotation": None, "url": url, "is_active": True} | values
    return callhooks.add(actor=by, secret=SECRET, **given)


def browser(person: Person) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def sent() -> list[dict[str, Any]]:
    return [json.loads(raw) for _headers, raw in Receiver.heard]


def rung() -> None:
    drain(lanes=["send"])


def test_a_call_at_night_is_told_with_a_signature_that_its_receiver_can_check(receiver: str):
    with at(NIGHT):
        crew = team("auto", name="Сеть")
        one = member(crew, "Анна Ким")
        on_call(crew, one)
        hook(receiver)
        ticket = make.ticket(team=crew, impact=1, urgency=1, subject="Стоит вся касса")
        settled(), rung()
        ((headers, raw),) = Receiver.heard
        stamp, _comma, mac = headers["X-Otklik-Signature"].removeprefix("t=").partition(",v1=")
        expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(mac, expected)
        assert int(stamp) == int(clock.now().timestamp())
        body = json.loads(raw)
        assert (body["event"], body["person"]["name"], body["step"]) == ("call", "Анна Ким", "on_call")
        assert body["ticket"] | {"url": ""} == {
            "number": ticket.number,
            "priority": "P1",
            "subject": "Стоит вся касса",
            "team": "Сеть",
            "url": "",
        }
        assert CallHook.objects.get().said == "heard"
        assert SECRET not in CallHook.objects.get().secret


def test_a_restricted_subject_stays_inside(receiver: str):
    with at(NIGHT):
        crew = team("auto")
        on_call(crew, member(crew))
        hook(receiver)
        make.ticket(team=crew, impact=1, urgency=1, subject="Увольнение директора", visibility="restricted")
        settled(), rung()
        assert [one["ticket"]["subject"] for one in sent()] == [""]


def test_only_addresses_of_the_desk_the_team_and_the_rotation_hear_of_it(receiver: str):
    with at(NIGHT):
        crew, other = team("auto"), team("auto")
        one = member(crew)
        on_call(crew, one)
        rotation, idle = [
            Rotation.objects.create(
                team=crew,
                name=name,
                tz="Europe/Moscow",
                starts_on=NIGHT.date(),
                hand_over=NIGHT.time(),
                is_active=False,
            )
            for name in ("Ночь", "Выходные")
        ]
        OnCall.objects.update(rotation=rotation)
        for path, values in {
            "desk": {},
            "team": {"team": crew},
            "turns": {"rotation": rotation},
            "other-team": {"team": other},
            "other-turns": {"rotation": idle},
            "off": {"is_active": False},
        }.items():
            hook(f"{receiver}/{path}", **values)
        make.ticket(team=crew, impact=1, urgency=1)
        settled()
        assert [one.url.rpartition("/")[2] for one in callhooks.hooks_for(Page.objects.get())] == [
            "desk",
            "team",
            "turns",
        ]
        rung()
        assert len(sent()) == 3


def test_a_failed_delivery_is_tried_again_under_the_same_name_until_the_call_is_answered(receiver: str):
    with at(NIGHT):
        crew = team("auto")
        one = member(crew)
        on_call(crew, one)
        hook(receiver)
        ticket = make.ticket(team=crew, impact=1, urgency=1)
        Receiver.answers += [500, 500, 500]
        settled(), rung()
        assert CallHook.objects.get().said == "status:500"
    for seconds in (10, 30):
        with at(NIGHT + timedelta(seconds=seconds)):
            rung()
    assert len(Receiver.heard) == 3
    assert len({headers["X-Otklik-Delivery"] for headers, _raw in Receiver.heard}) == 1
    with at(NIGHT + timedelta(seconds=60)):
        link = sent()[0]["answer_url"]
        assert Client().post(link[link.index("/on-call/") :]).status_code == 200
        rung()
        assert len(Receiver.heard) == 3, "nobody needs to hear of it any more"
        assert Ticket.objects.get(pk=ticket.pk).assignee == one
        assert dead_letters() == []


def test_the_next_of_the_ladder_is_told_too(receiver: str):
    with at(NIGHT):
        crew = team("auto")
        first, second = member(crew), member(crew)
        on_call(crew, first, order=1), on_call(crew, second, order=2)
        hook(receiver)
        make.ticket(team=crew, impact=1, urgency=1)
        settled(), rung()
    with at(NIGHT + timedelta(minutes=5)):
        enqueue("routing.sweep")
        settled(), rung()
    assert [one["person"]["id"] for one in sent()] == [first.pk, second.pk]


def test_opening_the_link_changes_nothing_and_its_button_answers_once(receiver: str):
    with at(NIGHT):
        crew = team("auto")
        one = member(crew, "Анна Ким")
        on_call(crew, one)
        hook(receiver)
        ticket = make.ticket(team=crew, impact=1, urgency=1)
        settled(), rung()
        link = sent()[0]["answer_url"]
        link = link[link.index("/on-call/") :]
        seen = Client().get(link)
        assert (seen.status_code, Page.objects.get().ended_at) == (200, None)
        assert f'action="{link}"' in seen.content.decode()
        assert Client().get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404
        done = Client(enforce_csrf_checks=True).post(link)
        assert "вы ответили на вызов" in done.content.decode()
        assert Ticket.objects.get(pk=ticket.pk).assignee == one
        assert Client().post(link).status_code == 409
    with at(NIGHT + timedelta(hours=6, seconds=1)):
        assert Client().get(link).status_code == 404


def test_the_letter_of_a_call_carries_its_own_link_whose_button_answers_it():
    mail_set_up()
    with at(NIGHT):
        crew = team("auto")
        first, second = member(crew, "Анна Ким"), member(crew, "Борис Лис")
        on_call(crew, first, order=1), on_call(crew, second, order=2)
        ticket = make.ticket(team=crew, impact=1, urgency=1, visibility="restricted")
        drain()
    with at(NIGHT + timedelta(minutes=5)):
        enqueue("routing.sweep")
        drain()
        links = [link_in(person) for person in (first, second)]
        assert links[0] != links[1]
        assert Client().get(links[1]).status_code == 200
        assert not Page.objects.filter(acknowledged_at__isnull=False).exists()
        assert "вы ответили на вызов" in Client().post(links[1]).content.decode()
        assert Ticket.objects.get(pk=ticket.pk).assignee == second


def link_in(person: Person) -> str:
    """The link of the newest letter to somebody, which its text and its HTML name alike."""
    letter = Delivery.objects.filter(recipient_person=person.pk).latest("pk")
    found = re.search(r"/on-call/[^\s\"<]+", letter.text)
    assert found is not None and found[0] in letter.html, letter.text
    return found[0]


def test_an_address_inside_the_house_is_refused_once_and_not_tried_again(
    receiver: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OTKLIK_EGRESS_ALLOW")
    with at(NIGHT):
        crew = team("auto")
        on_call(crew, member(crew))
        hook(receiver)
        make.ticket(team=crew, impact=1, urgency=1)
        settled(), rung()
    with at(NIGHT + timedelta(minutes=2)):
        rung()
    assert (Receiver.heard, CallHook.objects.get().said) == ([], "forbidden")


def test_the_settings_keep_the_secret_and_a_test_says_what_came_of_it(receiver: str):
    manager = browser(make.person(roles=["service_manager"]))
    form = {"name": "Бот", "url": receiver, "team": "", "rotation": "", "is_active": "on"}
    assert manager.post("/settings/call-hooks/new", form).status_code == 422, "a new one needs a secret"
    manager.post("/settings/call-hooks/new", form | {"secret": SECRET})
    one = CallHook.objects.get()
    page = manager.get(f"/settings/call-hooks/{one.pk}").content.decode()
    assert SECRET not in page
    assert one.secret not in page
    told = manager.post(f"/settings/call-hooks/{one.pk}/test", follow=True).content.decode()
    assert "Бот: пробный вызов принят" in told
    assert [(body["event"], body["name"]) for body in sent()] == [("test", "Бот")]
    Receiver.answers.append(302)
    told = manager.post(f"/settings/call-hooks/{one.pk}/test", follow=True).content.decode()
    assert "ответ 302" in told
    manager.post(f"/settings/call-hooks/{one.pk}", form | {"name": "Бот 2", "secret": ""})
    one.refresh_from_db()
    assert (one.name, len(one.secret) > 0) == ("Бот 2", True)
    assert SECRET not in str(list(Entry.objects.values_list("payload", flat=True)))
