"""Settings pages of people, organisations, places and teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from otklik.people import mailed, roster
from otklik.people.doors import needs
from otklik.people.forms.records import OrganisationForm, PersonForm, PlaceForm, TeamForm, seats
from otklik.people.models import Membership, Organisation, Person, Place, Team
from otklik.people.pages.histories import of_record
from otklik.people.pages.settling import by_act, earlier, initial_of, through
from otklik.ui.settings_pages import Column, Effect, SettingsPage
from otklik.ui.sidebar import frame

MOST = 500  # people on the page; the search finds the others


def _find(model: Any, key: str) -> Any | None:
    return model.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None


# -- people --------------------------------------------------------------------------------------------------------
def _people(request: HttpRequest) -> Iterable[Person]:
    people: QuerySet[Person] = Person.objects.select_related("organisation").prefetch_related("memberships__team")
    if words := request.GET.get("q", "").strip():
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words) | Q(phone__icontains=words))
    return people.order_by("-is_active", "name", "pk")[:MOST]


def _roles(person: Person) -> str:
    names = dict(Person.ROLES)
    told = [str(names[role]) for role in person.roles if role in names]
    for seat in person.memberships.all():
        told.append(_("%(team)s, lead") % {"team": seat.team.name} if seat.role == "lead" else seat.team.name)
    return ", ".join(told)


def _person_initial(person: Person | None) -> dict[str, Any]:
    if person is None:
        return {"language": "ru", "timezone": "Europe/Moscow", "capacity": 40, "is_active": True}
    names = [name for name in PersonForm.base_fields if name != "manages"]
    return initial_of(person, names) | {"manages": list(person.manages.all())}


def _save_person(request: HttpRequest, person: Person | None, data: dict[str, Any]) -> Person:
    values = data | {"manages": list(data["manages"]), "email": data["email"] or None}
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    if person is not None:
        return through(roster.edit_person, person, actor=actor, **values)  # type: ignore[no-any-return]  # a Person
    return through(roster.add_person, actor=actor, **values)  # type: ignore[no-any-return]  # a Person


def _restore_person(request: HttpRequest, person: Person, version: str) -> None:
    values = earlier(person, PersonForm, version)
    through(roster.edit_person, person, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


def _person_effects(person: Person, data: dict[str, Any] | None) -> Iterable[Effect]:
    if data is None or (data["is_active"] or not person.is_active):
        return
    for text in (text for ask in roster.obstacles for text in ask(person)):
        yield Effect(text, icon="inbox", warn=True)
    yield Effect(_("Signed out at once, on every device. What was written stays"), icon="log-out")


PEOPLE = SettingsPage(
    name="people",
    namespace="people",
    title=gettext_lazy("People and roles"),
    one=gettext_lazy("Person"),
    items=_people,
    find=lambda request, key: _find(Person, key),
    form=lambda data, initial, item: PersonForm(data, initial=initial),
    initial=_person_initial,
    save=_save_person,
    columns=[
        Column(gettext_lazy("Name"), "name"),
        Column(gettext_lazy("E-mail"), lambda person: person.email or _("no address"), width=240),
        Column(gettext_lazy("Organisation"), lambda person: person.organisation or "", width=180, cls="only-wide sub"),
        Column(gettext_lazy("Roles and teams"), _roles, width=200, cls="only-wide sub"),
    ],
    allowed=by_act("settings.people"),
    group=lambda person: _("Active people") if person.is_active else _("Not active"),
    summary=lambda request: _counted(),
    effects=_person_effects,
    history=lambda person: of_record(person, PersonForm),
    restore=_restore_person,
    around=lambda request: frame(request) | {"words": request.GET.get("q", "")},
    template="people/people.html",
)


def _counted() -> str:
    row = Person.objects.aggregate(on=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False)))
    active = ngettext("%(num)s person", "%(num)s people", row["on"]) % {"num": row["on"]}
    return _("%(active)s, not active: %(off)s") % {"active": active, "off": row["off"]} if row["off"] else active


@needs("settings.people")
@require_POST
def invite(request: HttpRequest, key: str) -> HttpResponse:
    """Mail a person the link with which a first password is set."""
    person = _find(Person, key)
    if person is None:
        raise Http404
    try:
        mailed.invite(person, actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    except roster.Refused as refusal:
        messages.error(request, refusal.texts[0])
    else:
        messages.success(request, _("The invitation to %(email)s is on its way") % {"email": person.email})
    return HttpResponseRedirect(PEOPLE.address(key), status=303)


# -- organisations -------------------------------------------------------------------------------------------------
def _save_organisation(request: HttpRequest, item: Organisation | None, data: dict[str, Any]) -> Organisation:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    command = roster.edit_organisation if item is not None else roster.add_organisation
    return through(command, *([item] if item is not None else []), actor=actor, **data)  # type: ignore[no-any-return]


def _restore_organisation(request: HttpRequest, item: Organisation, version: str) -> None:
    values = earlier(item, OrganisationForm, version)
    through(roster.edit_organisation, item, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


def _organisation_initial(item: Organisation | None) -> dict[str, Any]:
    values = initial_of(item, list(OrganisationForm.base_fields)) or {"is_active": True}
    return values | {"domains": ", ".join(item.domains if item else [])}


ORGANISATIONS = SettingsPage(
    name="organisations",
    namespace="people",
    title=gettext_lazy("Organisations"),
    one=gettext_lazy("Organisation"),
    items=lambda request: Organisation.objects.annotate(count=Count("people", Q(people__is_active=True))).order_by(
        "-is_active", "name", "pk"
    ),
    find=lambda request, key: _find(Organisation, key),
    form=lambda data, initial, item: OrganisationForm(data, initial=initial),
    initial=_organisation_initial,
    save=_save_organisation,
    columns=[
        Column(pgettext_lazy("of a thing", "Name"), "name"),
        Column(gettext_lazy("Mail domains"), lambda item: ", ".join(item.domains), width=240),
        Column(gettext_lazy("People"), "count", width=96, cls="right num"),
    ],
    allowed=by_act("settings.organisations"),
    group=lambda item: _("In use") if item.is_active else _("Archive"),
    history=lambda item: of_record(item, OrganisationForm),
    restore=_restore_organisation,
    around=frame,
)


# -- places --------------------------------------------------------------------------------------------------------
def _save_place(request: HttpRequest, item: Place | None, data: dict[str, Any]) -> Place:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    command = roster.edit_place if item is not None else roster.add_place
    return through(command, *([item] if item is not None else []), actor=actor, **data)  # type: ignore[no-any-return]


def _restore_place(request: HttpRequest, item: Place, version: str) -> None:
    values = earlier(item, PlaceForm, version)
    through(roster.edit_place, item, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


PLACES = SettingsPage(
    name="places",
    namespace="people",
    title=gettext_lazy("Places"),
    one=gettext_lazy("Place"),
    items=lambda request: Place.objects.order_by("-is_active", "path", "pk"),
    find=lambda request, key: _find(Place, key),
    form=lambda data, initial, item: PlaceForm(data, initial=initial),
    initial=lambda item: initial_of(item, list(PlaceForm.base_fields)) or {"is_active": True, "kind": "room"},
    save=_save_place,
    columns=[
        Column(gettext_lazy("Place"), str),
        Column(gettext_lazy("Kind"), "get_kind_display", width=120),
        Column(gettext_lazy("Importance"), lambda item: _("critical place") if item.is_critical else "", width=120),
    ],
    allowed=by_act("settings.places"),
    group=lambda item: _("In use") if item.is_active else _("Archive"),
    history=lambda item: of_record(item, PlaceForm),
    restore=_restore_place,
    around=frame,
)


# -- teams ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def _save_team(request: HttpRequest, item: Team | None, data: dict[str, Any]) -> Team:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    values = {name: value for name, value in data.items() if name in roster.TEAM}
    if item is None:
        team: Team = through(roster.add_team, actor=actor, **values)
    else:
        team = through(roster.edit_team, item, actor=actor, **values)
    leads = set(data["leads"])
    wanted = {person: "lead" if person in leads else "member" for person in [*data["members"], *leads]}
    for seat in Membership.objects.filter(team=team).select_related("person"):
        if seat.person not in wanted:
            through(roster.leave, team, seat.person, actor=actor)
    for person, role in wanted.items():
        old = Membership.objects.filter(team=team, person=person).first()
        if old is None or old.role != role:
            kept = {"accepts_auto": old.accepts_auto, "share": old.share} if old else {}
            through(roster.join, team, person, role=role, actor=actor, **kept)
    return team


def _restore_team(request: HttpRequest, item: Team, version: str) -> None:
    values = earlier(item, TeamForm, version)
    through(roster.edit_team, item, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


TEAMS = SettingsPage(
    name="teams",
    namespace="people",
    title=gettext_lazy("Teams"),
    one=gettext_lazy("Team"),
    items=lambda request: Team.objects.annotate(count=Count("memberships")).order_by("-is_active", "-is_default", "pk"),
    find=lambda request, key: _find(Team, key),
    form=lambda data, initial, item: TeamForm(data, initial=initial),
    initial=lambda item: (initial_of(item, sorted(roster.TEAM)) or {"is_active": True}) | seats(item),
    save=_save_team,
    columns=[
        Column(pgettext_lazy("of a thing", "Name"), "name"),
        Column(gettext_lazy("Role of the team"), lambda item: _("service desk") if item.is_default else "", width=160),
        Column(gettext_lazy("Members"), "count", width=104, cls="right num"),
    ],
    allowed=by_act("settings.teams"),
    group=lambda item: _("In use") if item.is_active else _("Archive"),
    history=lambda item: of_record(item, TeamForm),
    restore=_restore_team,
    around=frame,
)
