"""The front door for people, organisations, places, teams and who is in them: every change is recorded, old → new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik import clock
from otklik.journal.events import RecordAdded
from otklik.journal.models import Head
from otklik.journal.record import SYSTEM, Actor, Subject, record
from otklik.people import audit, keeping
from otklik.people.access import ACTS, Rights, may, person_of, rights_of
from otklik.people.events import GrantRefused
from otklik.people.keeping import noted
from otklik.people.models import ApiToken, Membership, Organisation, Person, Place, Team
from otklik.people.refusal import Refused, UnknownField

__all__ = ["Refused", "UnknownField"]

PERSON = frozenset(
    [
        "name",
        "email",
        "phone",
        "job_title",
        "organisation",
        "place",
        "device",
        "language",
        "timezone",
        "is_vip",
        "is_active",
        "roles",
        "capacity",
    ]
)
ORGANISATION = frozenset(["name", "parent", "domains", "shares_tickets", "is_active"])
PLACE = frozenset(["name", "parent", "kind", "is_critical", "is_active"])
TEAM = frozenset(["name_ru", "name_en", "alias_ru", "alias_en", "mode", "partner", "is_default", "is_active"])
OWN = frozenset(["language", "timezone", "theme", "letter_keys", "phone"])  # what everybody may change about oneself

Obstacle = Callable[[Person], list[str]]
obstacles: list[Obstacle] = []  # rooms above say what a person must hand over before leaving a team or the desk


# -- people --------------------------------------------------------------------------------------------------------
@noted
def add_person(*, actor: Actor, manages: list[Organisation] | None = None, **values: Any) -> Person:
    """Add somebody; without an address the person cannot sign in but is served as anybody else.

    Raises `Refused`, `UnknownField`.
    """
    given = _person_values(keeping.known(values, PERSON, "person"))
    _may_grant(actor, None, given.get("roles", []))
    person = keeping.add(Person, given, actor=actor)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    if manages:
        _manage(person, manages, actor=actor)
    return person


@noted
def edit_person(
    person: Person, *, actor: Actor, manages: list[Organisation] | None = None, note: str = "", **values: Any
) -> Person:
    """Change what is known of a person and what roles he holds. Raises `Refused`, `UnknownField`."""
    given = _person_values(keeping.known(values, PERSON, "person"))
    _touchable(actor, person)
    if "roles" in given:
        _may_grant(actor, person, given["roles"])
        if "admin" not in given["roles"]:
            _keep_an_administrator(person)
    if given.get("is_active") is False and person.is_active:
        _may_leave(person)
    changed = keeping.change(person, given, actor=actor, note=note)
    if manages is not None:
        _manage(changed, manages, actor=actor)
    if given.get("is_active") is False:
        _lock_out(changed)
    return changed


def deactivate_person(person: Person, *, actor: Actor, note: str = "") -> Person:
    """Take somebody's access away at once: sessions, links and tokens end; what he wrote stays. Raises `Refused`."""
    return edit_person(person, is_active=False, actor=actor, note=note)


def activate_person(person: Person, *, actor: Actor) -> Person:
    """Let somebody in again, with the roles held before."""
    return edit_person(person, is_active=True, actor=actor)


@noted
def choose(person: Person, *, actor: Actor, **values: Any) -> Person:
    """What a person settles for oneself: language, zone, theme, letter keys, phone."""
    return keeping.change(person, keeping.known(values, OWN, "person"), actor=actor)


def _person_values(values: dict[str, Any]) -> dict[str, Any]:
    if "email" in values:
        values["email"] = (values["email"] or "").strip() or None
    if "name" in values and not values["name"].strip():
        raise Refused(_("Write a name"), field="name")
    if "roles" in values:
        values["roles"] = sorted(set(values["roles"]))
        if strangers := set(values["roles"]) - dict(Person.ROLES).keys():
            raise Refused(_("There is no role “%(name)s”") % {"name": sorted(strangers)[0]}, field="roles")
    return values


def _rights(actor: Actor) -> Rights | None:
    """The actor's rights; None for the house itself, which may do everything."""
    return None if actor.kind == SYSTEM.kind else rights_of(person_of(actor))


def _may_grant(actor: Actor, person: Person | None, roles: list[str]) -> None:
    """Only administrators hand out roles, and nobody gives himself a right that he lacks (safety.md A11)."""
    new = set(roles) - set(person.roles if person else [])
    gone = set(person.roles if person else []) - set(roles)
    rights = _rights(actor)
    if rights is None or not (new or gone):
        return
    if not may(rights, "settings.people"):
        _refuse_grant(actor, new | gone, _("Only an administrator gives and takes roles"))
    if person is not None and new and actor.kind == "person" and actor.id == str(person.pk):
        _refuse_grant(actor, new, _("Nobody gives himself a role. Ask another administrator"))


def _touchable(actor: Actor, person: Person) -> None:
    """Whoever may not hand out roles does not touch somebody who holds more than he does."""
    rights = _rights(actor)
    if rights is None or may(rights, "settings.people"):
        return
    more = acts_of(rights_of(person)) - acts_of(rights)
    if more:
        _refuse_grant(actor, set(person.roles), _("This person holds rights that you do not"))


def _refuse_grant(actor: Actor, names: set[str], text: str) -> None:
    person = int(actor.id) if actor.kind == "person" else None
    refusal = Refused(text, field="roles")
    refusal.fact = GrantRefused(person=person, network=audit.network.get(), names=sorted(names))
    raise refusal


def acts_of(rights: Rights) -> set[str]:
    """Every act of `access.ACTS` that these rights allow."""
    return {act for act in ACTS if may(rights, act)}


def _keep_an_administrator(person: Person) -> None:
    if "admin" not in person.roles or not person.is_active:
        return
    others = Person.objects.select_for_update().filter(roles__contains=["admin"], is_active=True).exclude(pk=person.pk)
    if not others:
        raise Refused(_("This is the only administrator. Name another one first"), field="roles")


def _may_leave(person: Person) -> None:
    _keep_an_administrator(person)
    if texts := [text for ask in obstacles for text in ask(person)]:
        raise Refused(*texts, field="is_active")


def _lock_out(person: Person) -> None:
    now = clock.now()
    person.mailed_links.filter(used_at=None).update(used_at=now)
    ApiToken.objects.filter(owner=person, revoked_at=None).update(revoked_at=now)


def _manage(person: Person, organisations: list[Organisation], *, actor: Actor) -> None:
    was, now = sorted(person.manages.values_list("pk", flat=True)), sorted(one.pk for one in organisations)
    if was != now:
        person.manages.set(organisations)
        keeping.tell(person, {"manages": [was, now]}, actor=actor)


def claim_setup(subject: tuple[str, str]) -> None:
    """Be the one that names the first administrator; a second one is refused, for ever."""
    told = record(Subject(kind=subject[0], id=subject[1]), RecordAdded(values={}), actor=SYSTEM)
    if told[0].seq > 1 or Head.objects.filter(kind=subject[0], subject=subject[1], seq__gt=1).exists():
        raise Refused(_("Somebody has named the administrator already"))


# -- organisations and places --------------------------------------------------------------------------------------
@noted
def add_organisation(*, actor: Actor, **values: Any) -> Organisation:
    """Add a customer or a department of one. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ORGANISATION, "organisation")
    _acyclic(None, given)
    return keeping.add(Organisation, given, actor=actor)


@noted
def edit_organisation(organisation: Organisation, *, actor: Actor, note: str = "", **values: Any) -> Organisation:
    """Change a customer. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, ORGANISATION, "organisation")
    _acyclic(organisation, given)
    if given.get("is_active") is False and organisation.is_active:
        count = organisation.people.filter(is_active=True).count()
        if count:
            text = ngettext(
                "%(num)s person belongs here. Move that person first",
                "%(num)s people belong here. Move them first",
                count,
            )
            raise Refused(text % {"num": count}, field="is_active")
    return keeping.change(organisation, given, actor=actor, note=note)


@noted
def add_place(*, actor: Actor, **values: Any) -> Place:
    """Add a building, floor or room. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, PLACE, "place")
    _acyclic(None, given)
    place = keeping.add(Place, given, actor=actor)
    _name_paths(place)
    return Place.objects.get(pk=place.pk)


@noted
def edit_place(place: Place, *, actor: Actor, note: str = "", **values: Any) -> Place:
    """Change or move a place; the paths of everything inside follow. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, PLACE, "place")
    _acyclic(place, given)
    changed = keeping.change(place, given, actor=actor, note=note)
    _name_paths(changed)
    return Place.objects.get(pk=place.pk)


def _name_paths(place: Place) -> None:
    """Write the path of a place and of all inside it: "Building 1, floor 3, room 314"."""
    above = place.parent.path or place.parent.name if place.parent else ""
    place.path = f"{above}, {place.name}"[:400] if above else place.name
    place.save(update_fields=["path"])
    for inner in Place.objects.filter(parent=place):
        inner.parent = place
        _name_paths(inner)


def _acyclic(item: Organisation | Place | None, values: Mapping[str, Any]) -> None:
    above, steps = values.get("parent"), 0
    while above is not None:
        steps += 1
        if item is not None and above.pk == item.pk:
            raise Refused(_("A thing cannot lie inside itself"), field="parent")
        if steps > 12:
            raise Refused(_("More than twelve levels deep: choose a place higher up"), field="parent")
        above = above.parent


# -- teams ---------------------------------------------------------------------------------------------------------
@noted
def add_team(*, actor: Actor, **values: Any) -> Team:
    """Add a resolving unit. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, TEAM, "team")
    if given.get("is_default"):
        _hand_over_default(None, actor)
    return keeping.add(Team, given, actor=actor)


@noted
def edit_team(team: Team, *, actor: Actor, note: str = "", **values: Any) -> Team:
    """Change a team; exactly one is the service desk. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, TEAM, "team")
    if (partner := given.get("partner")) is not None and partner.pk == team.pk:
        raise Refused(_("Another team helps out, not the team itself"), field="partner")
    if given.get("is_default") and not team.is_default:
        _hand_over_default(team, actor)
    if team.is_default and (given.get("is_default") is False or given.get("is_active") is False):
        raise Refused(_("New tickets come to this team. Make another team the service desk first"), field="is_default")
    return keeping.change(team, given, actor=actor, note=note)


def _hand_over_default(team: Team | None, actor: Actor) -> None:
    for other in Team.objects.select_for_update().filter(is_default=True).exclude(pk=team.pk if team else 0):
        keeping.change(other, {"is_default": False}, actor=actor)


@noted
def join(
    team: Team, person: Person, *, role: str = "member", accepts_auto: bool = True, share: int = 100, actor: Actor
) -> Membership:
    """Put a person into a team, or change the place held there; ``share`` in percent of his time. Raises `Refused`."""
    if role not in dict(Membership.ROLES):
        raise Refused(_("There is no role “%(name)s”") % {"name": role}, field="role")
    if not person.is_active:
        raise Refused(_("%(name)s is not active") % {"name": person.name}, field="person")
    if not 0 < share <= 100:
        raise Refused(_("A share is between 1 and 100 percent"), field="share")
    _may_seat(actor, role)
    was = Membership.objects.filter(team=team, person=person).first()
    seat, _new = Membership.objects.update_or_create(
        team=team, person=person, defaults={"role": role, "accepts_auto": accepts_auto, "share": share}
    )
    before = _seat(was)
    if before != _seat(seat):
        keeping.tell(team, {f"member:{person.pk}": [before, _seat(seat)]}, actor=actor)
    return seat


@noted
def leave(team: Team, person: Person, *, actor: Actor) -> None:
    """Take a person out of a team. Raises `Refused` while he holds what must be handed over."""
    seat = Membership.objects.select_for_update().filter(team=team, person=person).first()
    if seat is None:
        return
    _may_seat(actor, seat.role)
    last = not Membership.objects.filter(person=person).exclude(team=team).exists()
    if last and (texts := [text for ask in obstacles for text in ask(person)]):
        raise Refused(*texts, field="members")
    before = _seat(seat)
    seat.delete()
    keeping.tell(team, {f"member:{person.pk}": [before, None]}, actor=actor)


def _may_seat(actor: Actor, role: str) -> None:
    """Being in a team gives the rights of an agent, leading it those of a lead: the giver must hold them."""
    rights = _rights(actor)
    if rights is None or may(rights, "settings.people"):
        return
    given = Rights(frozenset({"agent", "team_lead"} if role == "lead" else {"agent"}))
    if not may(rights, "settings.teams") or acts_of(given) - acts_of(rights):
        _refuse_grant(actor, {role}, _("You cannot give a right that you do not hold"))


def _seat(seat: Membership | None) -> dict[str, Any] | None:
    if seat is None:
        return None
    told: dict[str, Any] = {"role": seat.role, "accepts_auto": seat.accepts_auto}
    return told if seat.share == 100 else told | {"share": seat.share}
