"""A fuzzer made from the document: no answer breaks, and every answer is one that the document promises."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from otklik.api import limits
from otklik.api.document import document
from otklik.api.tests.call import token
from otklik.tickets import desk
from otklik.tickets.tests import make

OPERATIONS = [(method.upper(), path) for path, operations in document()["paths"].items() for method in operations]
HELD = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def world(db: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Something of everything, the token of somebody who may do most of it, and the ids that its addresses name."""
    monkeypatch.setattr(limits, "PER_MINUTE", 10**6)
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda connection: None)
    agent = make.agent(roles=["service_manager"])
    other, ticket = make.ticket(status="resolved", by=agent), make.ticket(status="pending", by=agent)
    desk.link(ticket, other, actor=make.actor(agent))
    desk.note(ticket, desk.Content(text="Заметка"), actor=make.actor(agent))
    watcher = make.person()
    desk.watch(ticket, watcher, role="cc", actor=make.actor(agent))
    return {"secret": token(agent), "number": ticket.number, "other": other.number, "person": watcher.pk}


@cache
def _contract() -> schemathesis.BaseSchema:
    contract = schemathesis.openapi.from_dict(document())
    contract.app = get_wsgi_application()
    return contract


def _fuzz(method: str, path: str, world: dict[str, Any], mode: GenerationMode, examples: int) -> None:
    operation = _contract()[path][method]
    known = {name: world[name] for name in ("number", "other", "person") if f"{{{name}}}" in path}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: schemathesis.Case) -> None:
        case.path_parameters = {**(case.path_parameters or {}), **known}
        response = case.call(headers={"Authorization": f"Bearer {world['secret']}"})
        case.validate_response(response, checks=HELD)

    hold()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_to_a_lawful_request_is_a_promised_one(method: str, path: str, world: dict[str, Any]):
    _fuzz(method, path, world, GenerationMode.POSITIVE, 3)


@pytest.mark.long
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_a_promised_one(method: str, path: str, mode: GenerationMode, world: dict[str, Any]):
    _fuzz(method, path, world, mode, 150)
