"""Answers that say no, as ``application/problem+json`` (RFC 9457): a code for programs, words for people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import Error as DatabaseError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel

from otklik.api.auth import CrossSite, NotSignedIn
from otklik.api.limits import TooManyCalls
from otklik.journal.once import KeyReused
from otklik.tickets.attachments import StoreUnavailable, TooLarge
from otklik.tickets.refusal import Refused, Stale, in_words

CONTENT_TYPE = "application/problem+json"
REST = 10  # seconds after which to try again when the database or the store does not answer
_PASSING = {"40001", "40P01", "55P03"}  # serialisation failure, deadlock, lock timeout: try once more at once

logger = logging.getLogger("otklik.api")


class Condition(BaseModel):
    """A condition that is not met: a code, its value, and a sentence in the caller's language."""

    code: str
    value: str = ""
    text: str


class Wrong(BaseModel):
    """A value that cannot be taken, and where it stands in the request."""

    where: str
    code: str
    text: str


class Problem(BaseModel):
    """Why the request was not carried out. ``code`` is stable; ``title`` and texts are in the caller's language."""

    status: int
    code: str
    title: str
    conditions: list[Condition] | None = None
    wrong: list[Wrong] | None = None
    version: int | None = None
    retry_after: int | None = None


# Every operation may answer so; success is declared by each.
PROBLEMS: dict[int, type[Problem]] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429, 503), Problem)


class Unusable(Exception):
    """A value of the request names nothing that can be used here: ``where`` it stands, and a code."""

    def __init__(self, where: str, code: str = "unknown") -> None:
        self.where, self.code = where, code
        super().__init__(f"{where}: {code}")


class TwiceTheSameField(ValueError):
    """A JSON object names a field twice: readers would disagree about its value."""


def titles() -> dict[str, str]:
    """Problem codes as sentences."""
    return {
        "unreadable": _("The request cannot be read."),
        "not_signed_in": _("A valid token is required."),
        "cross_site": _("This request did not come from a page of ours."),
        "forbidden": _("You may not do this."),
        "not_found": _("There is no such record, or you have no access to it."),
        "not_allowed": _("This address does not know this method."),
        "stale": _("The ticket has changed since you read it. Read it again and decide anew."),
        "refused": _("Something is missing for this step."),
        "too_large": _("The request or the file is too large."),
        "invalid": _("Some values cannot be accepted."),
        "unknown_field": _("The request names fields that cannot be set."),
        "key_reused": _("This idempotency key was used for a different request."),
        "too_many": _("Too many requests. Wait and try again."),
        "unavailable": _("The desk will be back in a moment. Try again."),
        "broken": _("Something broke on our side."),
        "unknown": _("There is nothing usable by this name."),
        "malformed": _("This value has the wrong form."),
        "twice": _("The field stands twice in one object."),
    }


def problem(status: int, code: str, *, retry_after: int | None = None, **more: Any) -> HttpResponse:
    """An answer that says no."""
    told = Problem(status=status, code=code, title=titles()[code], retry_after=retry_after, **more)
    response = HttpResponse(orjson.dumps(told.model_dump(exclude_none=True)), status=status, content_type=CONTENT_TYPE)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def answer_to(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The answer to anything that a command or the framework may raise."""
    assert isinstance(error, Exception)
    for kind, answer in _ANSWERS:
        if isinstance(error, kind):
            return answer(error)
    logger.error("the API broke at %s", request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return problem(500, "broken")


def _refused(error: Refused) -> HttpResponse:
    missing = [Condition(code=one.code, value=one.value, text=in_words(one)) for one in error.missing]
    return problem(422, "refused", conditions=missing)


def _invalid(error: ValidationError) -> HttpResponse:
    wrong = [Wrong(where=_where(one["loc"]), code=str(one["type"]), text=titles()["malformed"]) for one in error.errors]
    unknown = [_where(one["loc"]) for one in error.errors if one["type"] == "extra_forbidden"]
    response = problem(422, "unknown_field" if unknown else "invalid", wrong=wrong[:50])
    response.unknown_fields = unknown  # type: ignore[attr-defined]  # read by the front, which records the attempt
    return response


def _where(parts: Any) -> str:
    names = [str(part) for part in parts]
    # ninja names the place (body), then the parameter; both are ours, not the caller's
    return ".".join(name[:60] for name in (names[2:] if len(names) > 2 and names[0] == "body" else names[-1:]))


def _unusable(error: Unusable) -> HttpResponse:
    wrong = Wrong(where=error.where, code=error.code, text=titles()[error.code])
    return problem(422, "invalid", wrong=[wrong])


def _database(error: DatabaseError) -> HttpResponse:
    logger.warning("the database did not answer", exc_info=error)
    response = problem(503, "unavailable", retry_after=REST)
    response.may_repeat = getattr(error.__cause__, "sqlstate", "") in _PASSING  # type: ignore[attr-defined]  # read by the front
    return response


def _http(error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, TwiceTheSameField):
        return problem(
            422, "unknown_field", wrong=[Wrong(where=str(error.__cause__), code="twice", text=titles()["twice"])]
        )
    if isinstance(error.__cause__, RequestDataTooBig):
        return problem(413, "too_large")
    return problem(400, "unreadable") if error.status_code < 500 else problem(500, "broken")


_ANSWERS: list[tuple[type[Exception], Callable[[Any], HttpResponse]]] = [
    (NotSignedIn, lambda error: problem(401, "not_signed_in")),
    (CrossSite, lambda error: problem(403, "cross_site")),
    (Http404, lambda error: problem(404, "not_found")),
    (PermissionDenied, lambda error: problem(403, "forbidden")),
    (Stale, lambda error: problem(409, "stale", version=error.version)),
    (Refused, _refused),
    (Unusable, _unusable),
    (KeyReused, lambda error: problem(422, "key_reused")),
    (TooManyCalls, lambda error: problem(429, "too_many", retry_after=error.wait)),
    (TooLarge, lambda error: problem(413, "too_large")),
    (RequestDataTooBig, lambda error: problem(413, "too_large")),
    (StoreUnavailable, lambda error: problem(503, "unavailable", retry_after=REST)),
    (OperationalError, _database),
    (ValidationError, _invalid),
    (HttpError, _http),
    (SuspiciousOperation, lambda error: problem(400, "unreadable")),
    (BadRequest, lambda error: problem(400, "unreadable")),
]


def install(api: NinjaAPI) -> None:
    """Let the API answer every exception by ``answer_to``."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer_to)
