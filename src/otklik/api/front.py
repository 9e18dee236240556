"""What every call passes: caller, limit, language, idempotency, one transaction per write, no caching."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from otklik.api import errors, limits
from otklik.api.auth import Caller, caller_of
from otklik.journal import once
from otklik.people import audit

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_KEY = 200  # characters of an idempotency key
TRIES = 3  # of a write that met a deadlock or a lock timeout

View = Callable[..., HttpResponse]


def answered(view: View) -> View:
    """A view of ninja's as the outside sees it."""

    @wraps(view)
    def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
        response = _answer(view, request, parts)
        response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # Django's own mark: ``caller_of`` checks sessions itself
    return answer


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address of the API that does not exist."""
    return errors.problem(404, "not_found")


def _answer(view: View, request: HttpRequest, parts: dict[str, Any]) -> HttpResponse:
    try:
        caller = caller_of(request)
        limits.count(caller.name)
        request.caller = caller  # type: ignore[attr-defined]  # see ``auth.Asked``
        with translation.override(_language(request, caller)):
            if request.method in WRITES:
                return _write(view, request, caller, parts)
            response = view(request, **parts)
            return _not_allowed(response) if response.status_code == 405 else response
    except Exception as error:
        with translation.override(translation.get_language_from_request(request)):
            return errors.answer_to(request, error)


def _not_allowed(refusal: HttpResponse) -> HttpResponse:
    response = errors.problem(405, "not_allowed")
    response["Allow"] = refusal["Allow"]
    return response


def _language(request: HttpRequest, caller: Caller) -> str:
    if "Accept-Language" in request.headers:
        return translation.get_language_from_request(request)
    return caller.person.language if caller.client else translation.get_language() or caller.person.language


def _write(view: View, request: HttpRequest, caller: Caller, parts: dict[str, Any]) -> HttpResponse:
    for attempt in range(TRIES):
        response = _once(view, request, caller, parts)
        if not getattr(response, "may_repeat", False) or attempt == TRIES - 1 or request.FILES:
            break
    if unknown := getattr(response, "unknown_fields", []):
        _note_attempt(request, caller, unknown)
    return response


def _once(view: View, request: HttpRequest, caller: Caller, parts: dict[str, Any]) -> HttpResponse:
    """Carry the write out in one transaction; a repeat under the same key within 48 h is answered as the first was."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY:
        raise errors.Unusable("Idempotency-Key", "malformed")
    scope = f"api {caller.name}"
    with transaction.atomic():
        if key and (first := once.first_answer(scope, key, _digest(request))):
            response = HttpResponse(first["body"], status=first["status"], content_type=first["type"])
            response["Idempotent-Replayed"] = "true"
            return response
        response = view(request, **parts)
        if response.status_code == 405:
            response = _not_allowed(response)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        elif key:
            answer = {"status": response.status_code, "type": response["Content-Type"]}
            once.remember(scope, key, answer | {"body": response.content.decode()})
    return response


def _digest(request: HttpRequest) -> str:
    form = request.content_type == "multipart/form-data"
    body = b"" if form else request.body  # a file is read as it streams, not for this
    return hashlib.sha256(f"{request.method} {request.get_full_path()} ".encode() + body).hexdigest()


def _note_attempt(request: HttpRequest, caller: Caller, fields: list[str]) -> None:
    """Tell the access log (safety.md S-28), after the rollback of what was refused."""
    fact = audit.unknown(fields, f"{request.method} {request.path}", person=caller.person.pk)
    audit.note(fact, actor=caller.actor())
