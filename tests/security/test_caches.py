"""S-36: nothing that a signed-in person reads is ever answered from a shared cache; the journal cannot be rewritten."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from otklik.journal import seal
from otklik.journal.models import Entry
from otklik.tickets.tests import make
from tests.security.kinds import Route
from tests.security.matrix import ROUTES, SIGNED_IN
from tests.security.world import World, build

READS = [route for route in ROUTES if route.method == "GET"]
LOST = [Route("GET", "/no/such/page", SIGNED_IN), Route("GET", "/api/v1/tickets/999999999", SIGNED_IN)]


class Proxy:
    """A shared cache as simple as lawful ones are: it keeps what does not forbid it (RFC 9111 §3), by address alone."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def pass_on(self, world: World, actor: str, route: Route) -> tuple[bool, Any]:
        """(answered from the cache, answer)."""
        address = world.address(route)
        if address in self.kept:
            return True, self.kept[address]
        answer = world.call(actor, route)
        rules = {rule.strip().partition("=")[0] for rule in answer.get("Cache-Control", "").lower().split(",")}
        if route.method == "GET" and not rules & {"no-store", "private"}:
            self.kept[address] = answer.whole  # type: ignore[attr-defined]
        return False, answer


@pytest.mark.django_db
def test_s36_a_cache_between_us_never_answers_a_stranger_with_what_somebody_read():
    world, wrong = build(), []
    for actor in ("owner", "service_manager"):
        proxy = Proxy()
        for route in READS + LOST:
            proxy.pass_on(world, actor, route)
        for route in READS + LOST:
            cached, _ = proxy.pass_on(world, "anonymous", route)
            if cached and route.address != "/api/v1/openapi.json":
                wrong.append(f"{route.address} read as {actor}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_s36_every_answer_says_that_it_is_private():
    world, wrong = build(), []
    for route in ROUTES + LOST:
        answer = world.call("agent", route)
        told = answer.get("Cache-Control", "")
        whole = {
            "no-store": "no-store" in told and "private" in told,
            "nosniff": answer.get("X-Content-Type-Options") == "nosniff",
            "Vary: Cookie": "cookie" in answer.get("Vary", "").lower(),
            "CSP": "default-src 'none'" in answer.get("Content-Security-Policy", ""),
            "referrer": answer.get("Referrer-Policy", "") in {"same-origin", "no-referrer"},
        }
        wrong += [
            f"{route.method} {route.address} ({answer.status_code}): {name}" for name, held in whole.items() if not held
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_s36_our_own_fault_is_not_kept_either(monkeypatch: pytest.MonkeyPatch):
    from otklik.api import directory
    from otklik.people import standing

    world = build()

    def break_(*args: object, **values: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(directory, "may", break_)
    answer = world.call("client", Route("GET", "/api/v1/me", SIGNED_IN))
    assert (answer.status_code, answer["Cache-Control"]) == (500, "private, no-store")
    assert standing.desk().name is not None


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["journal_entry", "journal_configversion"])
@pytest.mark.parametrize("deed", ["update {} set id = id", "delete from {}", "truncate {} cascade"])
def test_s36_the_application_may_not_rewrite_the_record(table: str, deed: str):
    from otklik.journal import config
    from otklik.journal.record import SYSTEM

    make.ticket()
    config.declare("security.test", {"a": 1})
    config.publish("security.test", {"a": 2}, actor=SYSTEM)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed.format(table))


@pytest.mark.django_db(transaction=True)
def test_s36_any_column_of_any_entry_that_is_changed_is_found_and_named(as_owner: Any):
    """By somebody who owns the server and switches the triggers off: one column after the other, each put back."""
    ticket = make.ticket()
    assert list(seal.verify()) == []
    row = Entry.objects.filter(subject_id=str(ticket.pk), seq=1).get()
    missed = []
    for column, statement in _changes().items():
        as_owner(f"create table kept as select * from journal_entry where id = {row.pk}")
        as_owner(f"update journal_entry set {statement} where id = {row.pk}")
        named = [spot.subject for spot in seal.verify()]
        if not named:
            missed.append(column)
        as_owner(f"delete from journal_entry where id = {row.pk}")
        as_owner("insert into journal_entry select * from kept; drop table kept")
    assert missed == []
    assert list(seal.verify()) == []


def _changes() -> dict[str, str]:
    """One change for each column that the chain protects, made from the model."""
    kinds = {
        "CharField": "{0} = 'x'",
        "IntegerField": "{0} = {0} + 1000",
        "SmallIntegerField": "{0} = {0} + 1",
        "BigIntegerField": "{0} = 7",
        "BooleanField": "{0} = not {0}",
        "DateTimeField": "{0} = {0} + interval '1 second'",
        "UUIDField": "{0} = gen_random_uuid()",
        "JSONField": "{0} = '{{\"x\": 1}}'",
        "BinaryField": "{0} = '\\x00'",
    }
    special = {"audience": "audience = 'restricted'"}
    outside = {"id", "provenance"}  # the order of writing, and the source of an imported fact: no part of the digest
    return {
        field.name: special.get(field.name, kinds[field.get_internal_type()].format(field.column))
        for field in Entry._meta.fields
        if field.name not in outside
    }
