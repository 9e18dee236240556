"""What comes in: strict bodies (unknown fields are refused), texts without control characters, references to people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from otklik.api.auth import Caller
from otklik.api.errors import TwiceTheSameField, Unusable
from otklik.catalogue.models import Service
from otklik.people.models import Person, Place, Team
from otklik.tickets.attachments import MAX_FILES, File, uploaded
from otklik.tickets.desk.content import MAX_TEXT
from otklik.tickets.refusal import Forbidden

BIGGEST = 2**63 - 1  # of PostgreSQL's bigint


def _storable(text: str) -> str:
    """Refuse what PostgreSQL cannot store: NUL and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("characters that cannot be stored")
    return text


def _sensible(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2200:
        raise ValueError("a date beyond any sense")
    return moment.astimezone(UTC)


_clean = AfterValidator(_storable)
Key = Annotated[int, Field(ge=1, le=BIGGEST)]
Line = Annotated[str, StringConstraints(max_length=200), _clean]
ShortLine = Annotated[str, StringConstraints(max_length=120), _clean]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), _clean]
Remark = Annotated[str, StringConstraints(max_length=2000), _clean]
Level = Annotated[int, Field(ge=1, le=3)]
Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
Files = Annotated[list[UUID], Field(max_length=MAX_FILES, description="Ids of earlier uploads of yours.")]


class Incoming(BaseModel):
    """Base of every body: unknown fields are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class PersonRef(Incoming):
    """A person by id or by address; exactly one of both."""

    id: Key | None = None
    email: Annotated[str, StringConstraints(max_length=254), _clean] | None = None


class Versioned(Incoming):
    """A write that may name the version it was decided on; an older one is answered with 409."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class StrictParser(Parser):
    """JSON in which no object names a field twice."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise TwiceTheSameField(next(name for name in names if names.count(name) > 1)[:60])
    return dict(pairs)


# -- references ----------------------------------------------------------------------------------------------------
def person(ref: PersonRef, caller: Caller, *, where: str) -> Person:
    """An active person within the caller's reach; unknown, inactive and out of reach read the same."""
    rows = Person.objects.filter(is_active=True)
    if (ref.id is None) == (ref.email is None):
        raise Unusable(where, "malformed")
    rows = rows.filter(pk=ref.id) if ref.id is not None else rows.filter(email__iexact=ref.email)
    if caller.client is not None and caller.client.organisation is not None:
        rows = rows.filter(organisation=caller.client.organisation)
    if not caller.viewer.rights.works:
        rows = rows.filter(organisation__in=caller.viewer.rights.organisations)
    found = rows.select_related("organisation", "place").first()
    if found is None:
        raise Unusable(where)
    return found


def voice(ref: PersonRef | None, caller: Caller) -> Person | None:
    """In whose name a client speaks: needs the scope ``relay``; None where it names nobody."""
    if ref is None:
        return None
    if caller.client is None:
        raise Forbidden("relay")
    caller.needs("relay")
    if ref.id == caller.person.pk or (ref.email or "").lower() == (caller.person.email or "-").lower():
        return caller.person
    return person(ref, caller, where="on_behalf_of")


def service(code: str | None) -> Service | None:
    """An active service by its code."""
    if code is None:
        return None
    found = Service.objects.filter(code=code, is_active=True).select_related("team").first()
    if found is None:
        raise Unusable("service")
    return found


def place(key: int | None) -> Place | None:
    """An active place by its id."""
    if key is None:
        return None
    found = Place.objects.filter(pk=key, is_active=True).first()
    if found is None:
        raise Unusable("place")
    return found


def team(key: int | None) -> Team | None:
    """An active team by its id."""
    if key is None:
        return None
    found = Team.objects.filter(pk=key, is_active=True).first()
    if found is None:
        raise Unusable("team")
    return found


def files(keys: list[UUID], caller: Caller) -> list[File]:
    """The caller's own uploads; a key of somebody else reads like one that does not exist."""
    found = uploaded([str(key) for key in keys], owner=caller.person)
    if len(found) != len(set(keys)):
        raise Unusable("files")
    return found
