"""S-28: fields that no request may set are refused, change nothing and are told to the access log."""

from __future__ import annotations

import pytest

from otklik.journal.models import Entry
from otklik.people.models import Person
from otklik.tickets.models import Message, Ticket
from tests.security.matrix import ROUTES
from tests.security.world import API, World, build

pytestmark = pytest.mark.django_db

HOSTILE = {
    "is_superuser": True,
    "is_active": True,
    "role": "admin",
    "roles": ["admin"],
    "organization_id": 1,
    "organisation_id": 1,
    "created_at": "2020-01-01T00:00:00Z",
    "opened_at": "2020-01-01T00:00:00Z",
    "visibility": "organisation",
    "audience": "public",
    "email_verified": True,
    "password": "correct horse battery",
    "author_kind": "human",
}
LAWFUL = {("participants", "role")}  # a participant's, from a list of two
WRITES = [route for route in ROUTES if route.address.startswith(API) and isinstance(route.body, dict)]


@pytest.fixture
def world() -> World:
    return build()


def state() -> list[object]:
    """What must not change."""
    return [
        list(Person.objects.order_by("pk").values_list("pk", "roles", "is_active", "organisation", "password")),
        list(Ticket.objects.order_by("pk").values_list("pk", "version", "visibility", "organisation", "opened_at")),
        list(Message.objects.order_by("pk").values_list("pk", "audience", "author_kind")),
    ]


def test_s28_the_api_refuses_every_unknown_field_and_tells_the_access_log(world: World):
    before, wrong = state(), []
    for route in WRITES:
        for name, value in HOSTILE.items():
            if (route.address.rpartition("/")[2], name) in LAWFUL:
                continue
            seen: list[object] = []

            def look(seen: list[object] = seen) -> None:
                told = Entry.objects.filter(kind="access.unknown_fields").order_by("-id").first()
                seen += [state() == before, told is not None and told.payload["names"]]

            for actor in ("client", "owner") if name == "visibility" else ("client",):
                answer = world.call(actor, route.but(body={**route.body, name: value}), after=look)
                if answer.status_code != 422 or seen != [True, [name]]:
                    wrong.append(f"{route.method} {route.address} {name} as {actor}: {answer.status_code} {seen}")
                seen.clear()
    assert not wrong, "\n".join(wrong)


def test_s28_a_field_whose_name_no_database_can_store_is_refused_and_told_as_any_other(world: World):
    route = next(one for one in WRITES if one.address == f"{API}v1/tickets")
    told: list[object] = []

    def look() -> None:
        told.extend(entry.payload["names"] for entry in Entry.objects.filter(kind="access.unknown_fields"))

    answer = world.call("client", route.but(body={**route.body, "a\x00b\u0085": 1}), after=look)
    assert answer.status_code == 422, answer.whole  # type: ignore[attr-defined]
    assert told == [["a\ufffdb\ufffd"]]


@pytest.mark.parametrize(
    "actors", [("agent",), pytest.param(("owner", "admin"), marks=pytest.mark.long)], ids=["an agent", "others"]
)
def test_s28_pages_let_nobody_set_what_their_forms_do_not_have(world: World, actors: tuple[str, ...]):
    before, wrong = state(), []
    for route in ROUTES:
        if route.method != "POST" or route.address.startswith(API):
            continue
        for actor in actors:
            people = state()[0]

            def look(route: object = route, actor: str = actor, people: object = people) -> None:
                if state()[0] != people:
                    wrong.append(f"{route.address} as {actor}")  # type: ignore[attr-defined]

            world.call(actor, route.but(body={**HOSTILE, **(route.body or {})}), after=look)
    assert not wrong, "\n".join(wrong)
    assert state() == before
