"""Who calls, and what tickets refer to: people, services, places, teams."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from django.http import HttpResponse
from ninja import Query, Router
from pydantic import StringConstraints

from otklik.api import incoming, shown
from otklik.api.auth import Asked
from otklik.api.errors import PROBLEMS
from otklik.catalogue.models import Service
from otklik.people.access import ACTS, may
from otklik.people.models import Person, Place, Team

router = Router(tags=["directory"])
FOUND_AT_MOST = 20
Sought = Annotated[str, StringConstraints(min_length=2, max_length=100), incoming._clean]


class Me(shown.Shown):
    """Who the caller is, and what this token may be used for (null: a browser's session, everything the person may)."""

    person: shown.Named
    language: str
    roles: list[str]
    acts: list[str]
    scopes: list[str] | None
    organisation: int | None


class FoundPerson(shown.Shown):
    """A person as those see them who open tickets for others."""

    id: int
    name: str
    email: str | None
    phone: str
    job_title: str
    organisation: shown.Named | None
    place: shown.Named | None


class People(shown.Shown):
    """The people found, best known first; at most 20."""

    people: list[FoundPerson]


class ShownService(shown.Shown):
    """A service one may report trouble with."""

    code: str
    name: str
    description: str
    parent: str | None


class Services(shown.Shown):
    """All active services, in their order."""

    services: list[ShownService]


class ShownPlace(shown.Shown):
    """A building, a floor or a room."""

    id: int
    name: str
    path: str
    kind: str
    parent: int | None


class Places(shown.Shown):
    """All active places."""

    places: list[ShownPlace]


class ShownTeam(shown.Shown):
    """A team and who is in it."""

    id: int
    name: str
    members: list[shown.Named]


class Teams(shown.Shown):
    """All active teams."""

    teams: list[ShownTeam]


@router.get("/me", response={200: Me, **PROBLEMS}, summary="Who am I")
def me(request: Asked) -> HttpResponse:
    """The caller, their rights and the token's scopes."""
    caller = request.caller
    rights, client = caller.viewer.rights, caller.client
    told = Me(
        person=shown.Named(id=caller.person.pk, name=caller.person.name),
        language=caller.person.language,
        roles=sorted(rights.roles),
        acts=sorted(act for act in ACTS if may(rights, act)),
        scopes=sorted(client.scopes) if client else None,
        organisation=client.organisation if client else None,
    )
    return shown.answer(told)


@router.get("/people", response={200: People, **PROBLEMS}, summary="Look people up")
def people(request: Asked, q: Query[Sought]) -> HttpResponse:
    """By the beginning of a word of the name, by address or by phone."""
    caller = request.caller
    caller.needs("people.read", "people.find")
    sought = q.strip()
    if len(sought) < 2:
        return shown.answer(People(people=[]))
    rows = Person.objects.filter(is_active=True).filter(
        Q(name__istartswith=sought) | Q(name__icontains=f" {sought}") | Q(email__istartswith=sought) | Q(phone=sought)
    )
    if caller.client is not None and caller.client.organisation is not None:
        rows = rows.filter(organisation=caller.client.organisation)
    found = rows.select_related("organisation", "place").order_by("name", "pk")[:FOUND_AT_MOST]
    return shown.answer(People(people=[_person(one) for one in found]))


def _person(one: Person) -> FoundPerson:
    return FoundPerson(
        id=one.pk,
        name=one.name,
        email=one.email,
        phone=one.phone,
        job_title=one.job_title,
        organisation=shown.named(one.organisation),
        place=shown.named(one.place),
    )


@router.get("/services", response={200: Services, **PROBLEMS}, summary="Services")
def offered(request: Asked) -> HttpResponse:
    """What is offered, in the caller's language."""
    rows = Service.objects.filter(is_active=True).select_related("parent").order_by("position", "pk")
    found = [
        ShownService(
            code=row.code, name=row.name, description=row.description, parent=row.parent.code if row.parent else None
        )
        for row in rows
    ]
    return shown.answer(Services(services=found))


@router.get("/places", response={200: Places, **PROBLEMS}, summary="Places")
def places(request: Asked) -> HttpResponse:
    """Buildings, floors and rooms."""
    rows = Place.objects.filter(is_active=True).order_by("path", "pk")
    found = [ShownPlace(id=row.pk, name=row.name, path=str(row), kind=row.kind, parent=row.parent_id) for row in rows]
    return shown.answer(Places(places=found))


@router.get("/teams", response={200: Teams, **PROBLEMS}, summary="Teams")
def teams(request: Asked) -> HttpResponse:
    """Teams and their members, for those who work in the queue."""
    caller = request.caller
    caller.needs("tickets.read", "queue.see")
    rows = Team.objects.filter(is_active=True).prefetch_related("members").order_by("-is_default", "pk")
    found = [
        ShownTeam(
            id=row.pk,
            name=row.name,
            members=[shown.Named(id=one.pk, name=one.name) for one in row.members.all() if one.is_active],
        )
        for row in rows
    ]
    return shown.answer(Teams(teams=found))
