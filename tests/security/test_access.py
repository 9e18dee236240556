"""S-16, S-34: every route × everybody × own, foreign and random objects; unlisted routes and methods fail."""

from __future__ import annotations

import pytest

from otklik.people.access import ACTS
from tests.security.kinds import EVERYBODY, PINNED, ROLES, SECRET, Kind, Route
from tests.security.matrix import ROUTES
from tests.security.routes import METHODS, addresses, listed, operations
from tests.security.world import API, World, build, comparable

pytestmark = pytest.mark.django_db
BEACONS = {"/feedback/{secret}/openings"}  # tells that a mailed page was opened: by its secret, without any session
AWAY = {401, 403, 404, 405}


@pytest.fixture
def world() -> World:
    return build()


def test_s16_every_address_has_a_line_and_every_line_an_address():
    known = set(addresses())
    lines = {address for _, address in listed()}
    assert known - lines == set(), "routes without a line in tests/security/matrix.py"
    assert lines - known == set(), "lines without a route"
    assert operations() <= listed()


def test_s16_the_acts_that_matter_most_belong_to_whom_the_specification_gives_them():
    assert {name: ACTS[name] for name in PINNED} == PINNED


# The ones whose rights differ most walk in every run; the rest walk in the long one.
ALWAYS = {"anonymous", "disabled", "owner", "stranger", "agent", "agent_other", "admin"}
WALKED = [actor if actor in ALWAYS else pytest.param(actor, marks=pytest.mark.long) for actor in ROLES]


@pytest.mark.parametrize("actor", WALKED)
def test_s16_nobody_reaches_beyond_their_rights(actor: str, world: World):
    wrong = []
    for route in ROUTES:
        wrong += [f"{route.method} {route.address} ({route.kind.name}): {why}" for why in _judge(world, actor, route)]
    assert not wrong, "\n".join(wrong)


def _judge(world: World, actor: str, route: Route) -> list[str]:
    """What is wrong with the answers to one actor on one route."""
    kind = route.kind
    if actor == "client" and not route.address.startswith(API):
        return []  # a token opens no page: to pages a program is a stranger
    answer = world.call(actor, route)
    wrong = [] if answer.status_code < 500 else [f"broke: {answer.status_code}"]
    if actor not in EVERYBODY and not kind.public:
        return wrong + ([] if _asked_to_sign_in(answer, route) else [f"strangers get {answer.status_code}"])
    wrong += _own(actor, kind, answer.status_code)
    if kind.ticket and not wrong:
        wrong += _foreign(world, actor, route, answer)
    return wrong


def _own(actor: str, kind: Kind, status: int) -> list[str]:
    if kind.answers:
        return [] if status in kind.answers else [f"{status}, not {sorted(kind.answers)}"]
    if kind.public:
        return []
    if actor not in kind.sees:
        return [] if status == 404 else [f"sees what is not theirs: {status}"]
    if actor in kind.allowed:
        return [] if status not in AWAY or (kind.empty and status == 404) else [f"was turned away: {status}"]
    refused = {403, 404, 302, 303} if kind.hides else {403}
    if status in refused or (kind.hides and kind.ticket and status == 200 and kind.name == "ticket, internal"):
        return [] if status != 200 else ["reads what is internal"]
    return [f"may do what they may not: {status}"]


def _foreign(world: World, actor: str, route: Route, own: object) -> list[str]:
    """Another's object, and one that does not exist, must read the same."""
    numbers = [str(value) for name in ("number", "key", "message") for value in (world.own[name], world.secret[name])]
    random = comparable(world.call(actor, route, "random"), *numbers, "987654321")
    secret = comparable(world.call(actor, route, "secret"), *numbers, "987654321")
    wrong = [] if secret == random else [f"a hidden object differs from none: {secret[0]} and {random[0]}"]
    if random[0] not in {404, 403}:
        wrong.append(f"an object that does not exist is answered with {random[0]}")
    if actor not in route.kind.sees and comparable(own, *numbers, "987654321") != random:
        wrong.append("a foreign object differs from none")
    return wrong


def _asked_to_sign_in(answer: object, route: Route) -> bool:
    if route.address.startswith(API):
        return answer.status_code == 401  # type: ignore[attr-defined]
    return answer.status_code in {302, 303, 401} and "sign-in" in answer.get("Location", "sign-in")  # type: ignore[attr-defined]


def test_s34_a_method_without_a_line_is_not_answered(world: World):
    wrong = []
    lines = listed()
    for address in addresses():
        for method in METHODS:
            if (method, address) in lines or address in {"/api/v1/{rest}", "/api/v1/"}:
                continue
            like = next(one for one in ROUTES if one.address.partition("?")[0] == address)
            route = Route(method, address, like.kind, parts=like.parts)
            may = [one for one in ("admin", "service_manager", "agent", "owner") if one in like.kind.allowed]
            status = world.call("client" if address.startswith(API) else [*may, "admin"][0], route).status_code
            if status != 405 and not (status == 404 and like.kind is SECRET):
                wrong.append(f"{method} {address}: {status}")
    assert not wrong, "\n".join(wrong)


def test_s34_a_write_from_another_site_is_refused(world: World):
    wrong = []
    for route in ROUTES:
        if route.method == "GET" or route.kind.answers or route.address in BEACONS:
            continue
        for actor in ("admin", "service_manager", "owner"):
            browser = world.browsers[actor]
            browser.handler.enforce_csrf_checks = True
            answer = world.call(actor, route, Origin="https://evil.example")
            browser.handler.enforce_csrf_checks = False
            if answer.status_code not in {403, 404}:
                wrong.append(f"{route.method} {route.address} as {actor}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_s34_nothing_of_ours_may_be_framed(world: World):
    for route in ROUTES:
        if route.method != "GET":
            continue
        answer = world.call("service_manager", route)
        policy = answer.get("Content-Security-Policy", "")
        own_frame = "frame-ancestors 'self'" in policy and "sandbox" in policy  # the body of a letter, in its own frame
        assert answer.get("X-Frame-Options") == "DENY" or own_frame, route.address
