"""The contract: an OpenAPI 3.1 document of every operation, served and kept as ``docs/api/openapi.json``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.renderers import BaseRenderer

from otklik.api import clocks, connections, directory, errors, files, incoming, messages, tickets, transitions
from otklik.api.auth import Session, Token

VERSION = "1"
PREFIX = "api/v1/"
ABOUT = (
    "Every report becomes one numbered ticket. A token acts within its owner's rights, its scopes, its organisation. "
    "Every write takes an Idempotency-Key and is answered within 48 hours as it was the first time. "
    "See docs/api.md."
)
REPEATABLE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request is carried out once within 48 hours.",
    "schema": {"type": "string", "maxLength": 200},
}
RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


class Renderer(BaseRenderer):
    """JSON by orjson."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data)


class Interface(NinjaAPI):
    """Operations named by their resource and what happens to it: ``tickets_opened``."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        module = operation.view_func.__module__.rpartition(".")[2]
        return f"{module}_{operation.view_func.__name__}"


api = Interface(
    title="Otklik",
    version=VERSION,
    description=ABOUT,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    auth=[Token(), Session()],
    renderer=Renderer(),
    parser=incoming.StrictParser(),
)
errors.install(api)
for room in (tickets, messages, transitions, connections, clocks, directory, files):
    api.add_router("", room.router)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document as it is promised: refusals as problems, idempotency keys of writes, waits of refusals."""
    told: dict[str, Any] = orjson.loads(
        orjson.dumps(api.get_openapi_schema(path_prefix=PREFIX), option=orjson.OPT_NON_STR_KEYS)
    )
    for operations in told["paths"].values():
        for method, operation in operations.items():
            if method != "get":
                operation["parameters"] = [*operation.get("parameters", []), REPEATABLE]
            for status, answer in operation["responses"].items():
                _finish(int(status), answer)
    return told


def _finish(status: int, answer: dict[str, Any]) -> None:
    content = answer.get("content", {})
    if status >= 400:
        answer["content"] = {errors.CONTENT_TYPE: content["application/json"]}
    elif content.get("application/json", {}).get("schema", {}).get("format") == "binary":
        answer["content"] = {"application/octet-stream": {"schema": {}}}
    if status in {429, 503}:
        answer["headers"] = RETRY


@require_safe
def served(request: HttpRequest) -> HttpResponse:
    """The document, for anybody: it holds no data."""
    return HttpResponse(_as_bytes(), content_type="application/json")


@lru_cache(maxsize=1)
def _as_bytes() -> bytes:
    return orjson.dumps(document())
