"""The world in which the matrix is tried: one person per role, a ticket some may see, one that none of them may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from otklik import clock
from otklik.journal.record import SYSTEM
from otklik.people import tokens
from otklik.people.models import ApiToken, Person, Place, Team
from otklik.people.scopes import SCOPES
from otklik.tickets import attachments, desk
from otklik.tickets.models import Attachment, Ticket
from otklik.tickets.tests import make
from tests.security.kinds import ROLES, Route

API = "/api/"
UUID_LENGTH = 36


@dataclass
class World:
    """People by the names of ``ROLES``, and the objects that addresses name: ``own`` and ``secret`` by parameter."""

    people: dict[str, Person]
    token: str
    own: dict[str, Any]
    secret: dict[str, Any]
    browsers: dict[str, Client] = field(default_factory=dict)

    def call(
        self, actor: str, route: Route, which: str = "own", *, after: Callable[[], None] | None = None, **headers: str
    ) -> HttpResponse:
        """One request of an actor, whose effect is taken back once ``after()`` has looked at it.

        ``which`` object the address names: 'own', 'secret' (nobody of the matrix may see it) or 'random'.
        """
        address = self.address(route, which)
        body = json.dumps(route.body) if route.body is not None and address.startswith(API) else ""
        form = self.filled(route.body) if not address.startswith(API) else None
        if actor == "client" and address.startswith(API):
            headers["Authorization"] = f"Bearer {self.token}"
        with transaction.atomic():
            browser = self.browsers[actor]
            cookies = SimpleCookie({name: one.value for name, one in browser.cookies.items()})
            if form is not None and route.method == "POST":
                response = browser.post(address, form, headers=headers)
            else:
                kind = "application/json" if address.startswith(API) else "application/x-www-form-urlencoded"
                response = browser.generic(route.method, address, body, content_type=kind, headers=headers)
            response.whole = whole(response)  # type: ignore[attr-defined]  # read once, for the comparisons
            if after is not None:
                after()
            transaction.set_rollback(True)
            browser.cookies = cookies
        return response  # type: ignore[return-value]  # the test client's own class

    def filled(self, form: Any) -> Any:
        """A form whose values "@name" are the world's."""
        if not isinstance(form, dict):
            return form
        return {
            name: str(self.own[value[1:]]) if isinstance(value, str) and value.startswith("@") else value
            for name, value in form.items()
        }

    def address(self, route: Route, which: str = "own") -> str:
        """The address with its parameters filled in."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in route.parts:
                given = str(route.parts[name])
                if not given.startswith("@"):
                    return quote(given)
                name = given[1:]
            if which == "random" and name != "name":
                return str(uuid4()) if len(str(self.own.get(name))) == UUID_LENGTH else "987654321"
            known = self.secret if which == "secret" and name in self.secret else self.own
            return quote(str(known.get(name, f"no-{name}")))

        return re.sub(r"{(\w+)}", value, route.address)


def whole(response: Any) -> bytes:
    """The body of an answer, streamed or not; of a live stream its beginning."""
    if response.get("Content-Type", "").startswith("text/event-stream"):
        return b""  # read in test_live_canaries.py
    return b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content


def comparable(response: Any, *values: Any) -> tuple[int, bytes]:
    """Status and body without what differs by chance: keys of forms, and the id that was asked for."""
    body = re.sub(rb'(name="csrfmiddlewaretoken" value|nonce|hx-headers|content)="[^"]*"', b"", response.whole)
    body = re.sub(rb"hx-headers='[^']*'", b"", body)
    for one in values:
        body = body.replace(str(one).encode(), b"#")
    return response.status_code, body


def build() -> World:
    """Make it, through the front doors."""
    clinic, other = make.organisation("Clinic"), make.organisation("Other")
    home, away = make.default_team(), make.team("Другая")
    people = {
        "owner": make.person("owner", organisation=clinic),
        "stranger": make.person("stranger", organisation=other),
        "org_manager": make.person("org_manager", organisation=clinic, roles=["org_manager"]),
        "agent": make.agent("agent", team=home),
        "agent_other": make.agent("agent_other", team=away),
        "lead": make.lead("lead", team=home),
        "demoted": make.agent("demoted", team=home),
        "disabled": make.agent("disabled", team=home),
        "client": make.agent("client", team=home),
    }
    people["org_manager"].manages.add(clinic)
    for role in ("dispatcher", "service_manager", "change_manager", "cab", "admin", "auditor"):
        people[role] = make.person(role, roles=[role])
    token = tokens.issue(
        name="matrix",
        owner=people["client"],
        scopes=list(SCOPES),
        expires_at=clock.now() + timedelta(days=1),
        actor=SYSTEM,
    )[1]
    ticket, hidden = _tickets(people, away)
    world = World(people, token, _names(ticket, people), _names(hidden, people))
    world.browsers = {name: signed_in(people.get(name)) for name in ROLES}
    people["demoted"].memberships.all().delete()
    Person.objects.filter(pk=people["disabled"].pk).update(is_active=False)
    return world


def _tickets(people: dict[str, Person], away: Team) -> tuple[Ticket, Ticket]:
    agent = make.actor(people["agent"])
    picture = BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    file = attachments.kept(picture.getvalue(), name="plan.png", type="image/png")
    ticket = make.ticket(requester=people["owner"], service=make.service("printing"))
    desk.hear(
        ticket,
        desk.Content(text="Вот снимок", html="<p>Вот снимок</p>", files=[file]),
        author=people["owner"],
        channel="portal",
        actor=make.actor(people["owner"]),
    )
    desk.link(ticket, make.ticket(requester=people["owner"], service=ticket.service), actor=agent)
    desk.watch(ticket, make.person("copied"), role="cc", actor=agent)
    stranger = make.person("hidden requester")
    staff = make.team("Кадры")
    hidden = make.ticket(requester=stranger, visibility="restricted", team=staff, service=make.service("hr"))
    words = desk.Content(text="Тайное", html="<p>Тайное</p>", files=[file])
    desk.hear(hidden, words, author=stranger, channel="portal", actor=make.actor(stranger))
    return ticket, hidden


def _names(ticket: Ticket, people: dict[str, Person]) -> dict[str, Any]:
    """Values by the names that addresses use; rooms add theirs here when a new parameter appears."""
    file = Attachment.objects.filter(message__ticket=ticket).first()
    message = ticket.messages.order_by("-created_at").first()
    assert file is not None
    assert message is not None
    link = ticket.links.first()
    watch = ticket.watches.first()
    place = Place.objects.first() or make.place()
    return {
        "number": ticket.number,
        "key": str(file.pk),
        "message": str(message.pk),
        "name": file.name,
        "person": watch.person_id if watch else people["owner"].pk,
        "other": Ticket.objects.get(pk=link.other).number if link else ticket.number,
        "team": ticket.team_id,
        "service": ticket.service_id,
        "organisation": people["owner"].organisation_id,
        "place": place.pk,
        "api_token": ApiToken.objects.latest("pk").pk,
        "secret": "no-such-secret",
        "token": "no-such-token",
        "slot": f"ticket:{ticket.number}:reply",
        "size": "thumb",
        "rest": "no/such/thing",
    }


def signed_in(person: Person | None) -> Client:
    """A browser in which this person has just signed in; None is a stranger's."""
    browser = Client(raise_request_exception=False)
    if person is not None:
        browser.force_login(person)
        session = browser.session
        session["signed_in_at"] = session["second_factor"] = clock.now().isoformat()
        session.save()
    return browser
