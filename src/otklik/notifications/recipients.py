"""Who is who on a ticket, and which of them hears: the strongest role wins, never the actor, only who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from otklik.journal.questions import Question
from otklik.people.duty import among
from otklik.people.models import Membership, Person
from otklik.tickets import access
from otklik.tickets.models import Ticket, Watch

from .matrix import CUSTOMER, ROLES, Row

FOLLOWERS = ("cc", "watcher")
_WATCHES = Question(
    lambda ticket: Watch.objects.filter(ticket=ticket, role__in=FOLLOWERS).values_list("role", "person_id")
)
_MEMBERS = Question(lambda team: Membership.objects.filter(team=team).values_list("role", "person_id"))
_PEOPLE = Question(lambda keys: Person.objects.filter(pk__in=among(keys), is_active=True).order_by("pk"))


@dataclass(frozen=True, slots=True)
class Hearer:
    """A person who hears of something, in which role, by which ways."""

    person: Person
    role: str
    ways: frozenset[str]

    @property
    def is_customer(self) -> bool:
        """Whether this person hears as somebody of the customer side, in its words."""
        return self.role in CUSTOMER


def roles_of(ticket: Ticket, row: Row, *, mentioned: Iterable[int] = ()) -> dict[str, set[int]]:
    """Keys of the people in each role that the row speaks of."""
    wanted = row.mail | row.bell
    found: dict[str, set[int]] = {role: set() for role in wanted}
    single = {"requester": ticket.requester_id, "affected": ticket.affected_person_id, "assignee": ticket.assignee_id}
    for role, key in single.items():
        if role in wanted and key is not None:
            found[role].add(key)
    if wanted & set(FOLLOWERS):
        for role, key in _WATCHES.all(ticket.pk):
            if role in wanted:
                found[role].add(key)
    if wanted & {"team", "lead"} and ticket.team_id is not None:
        for role, key in _MEMBERS.all(ticket.team_id):
            for name in {"team", "lead"} & wanted:
                if name == "team" or role == "lead":
                    found[name].add(key)
    if "manager" in wanted or ("lead" in wanted and not found["lead"]):
        rows = Person.objects.filter(is_active=True, roles__contains=["service_manager"])
        managers = set(rows.values_list("pk", flat=True))
        found["manager" if "manager" in wanted else "lead"] |= managers
    if "admin" in wanted:
        found["admin"] |= admins()
    if "mentioned" in wanted:
        found["mentioned"] |= set(mentioned)
    return found


def admins() -> set[int]:
    """Keys of the administrators."""
    return set(Person.objects.filter(is_active=True, roles__contains=["admin"]).values_list("pk", flat=True))


def hearers(
    ticket: Ticket,
    row: Row,
    *,
    never: Iterable[int],
    mentioned: Iterable[int] = (),
    only: Iterable[int] | None = None,
    without: Iterable[str] = (),
) -> list[Hearer]:
    """The people who hear of this on this ticket, each once, in the strongest role that hears.

    ``only`` restricts whom of the customer side a letter goes to (others were unticked); ``never`` are those who did it
    or hear of it otherwise; ``without`` are roles that hear of it by another letter of the same act.
    """
    ranked: dict[int, tuple[str, frozenset[str]]] = {}
    roles = roles_of(ticket, row, mentioned=mentioned)
    chosen, silent = None if only is None else set(only), set(never)
    for role in (role for role in ROLES if role not in without):
        for key in roles.get(role, ()):
            ways = row.ways(role)
            if role in CUSTOMER and chosen is not None and key not in chosen:
                ways = ways - {"mail"}
            if key not in silent and ways and (key not in ranked or len(ways) > len(ranked[key][1])):
                ranked[key] = (role, ways)
    people = {one.pk: one for one in _PEOPLE.all(list(ranked))} if ranked else {}
    heard = [Hearer(people[key], *ranked[key]) for key in ranked if key in people]
    return [one for one in heard if may_hear(one.person, one.role, ticket)]


def may_hear(person: Person, role: str, ticket: Ticket) -> bool:
    """Whether the person may see what a letter in this role shows: the public part, or the internal one for staff."""
    if role == "admin":
        return "admin" in person.roles
    if person.pk in {ticket.requester_id, ticket.affected_person_id} and role in CUSTOMER:
        return person.is_active  # whoever may sign in hears of his own
    seen = access.level(access.viewer(person), ticket)
    return seen != access.NONE if role in CUSTOMER else seen == access.INTERNAL
