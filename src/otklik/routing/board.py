"""The team and its load at a moment (screen 06): a sentence, people with shift and load, what waits and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.businesstime.span import Span, difference, to_moment
from otklik.people import duty
from otklik.people.access import may
from otklik.people.models import Person, Team
from otklik.routing import gather, policy, reasons, wording
from otklik.routing.models import Decision, HandOver
from otklik.routing.rows import Points, Presence
from otklik.routing.waiting import looking
from otklik.sla.models import Promise
from otklik.tickets import access
from otklik.tickets.lifecycle import LIVE
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Forbidden

MOST = 200  # unassigned tickets on one board
OVERSEE = frozenset({"service_manager", "dispatcher", "auditor"})  # see the board of every team


@dataclass(frozen=True, slots=True)
class Row:
    """A person of the team: the day's shifts, and what is on the desk.

    Args:
        spans: shifts of the day as (start, end), without absences.
        skills: names with confirmed levels, the highest first.
        points, capacity: load and its limit; ``percent`` of it, above 100 where it is exceeded.
        tickets: numbers of the live tickets the viewer may see; ``hidden`` how many more there are.
        overdue: numbers of those that are late.
    """

    id: int
    name: str
    role: str
    here: bool
    standing: str
    spans: list[tuple[datetime, datetime]]
    points: int
    capacity: int
    skills: list[tuple[str, int]]
    tickets: list[int]
    overdue: list[int]
    hidden: int = 0

    @property
    def percent(self) -> int:
        """Load in per cent of capacity."""
        return 100 * self.points // self.capacity if self.capacity else 100

    @property
    def free(self) -> int:
        """Points that are left, for people who are here."""
        return max(0, self.capacity - self.points) if self.here else 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket nobody is on, with the proposal and its reasons, or why there is none.

    Args:
        why: for whoever may not read the internal part of the ticket the names of the proposed alone.
        lacks: codes of the skills for want of which nobody can be proposed.
    """

    ticket: Ticket
    points: int
    due_at: datetime | None
    why: reasons.Why | None
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the page of a team shows."""

    team: Team
    at: datetime
    bottleneck: str
    short_of: str  # code of the skill that is the bottleneck
    people: list[Row]
    waiting: list[Waiting]
    more: int  # unassigned tickets beyond those shown
    free: int  # points of reserve of everybody who is here
    asked: int  # points that wait
    hand_overs: list[HandOver] = field(default_factory=list)


def board(team: Team, viewer: access.Viewer, at: datetime) -> Board:
    """The board of a team for somebody who may see its queue; the number of queries does not grow with the people.

    Raises ``Forbidden`` for others.
    """
    if not may_see(team.pk, viewer):
        raise Forbidden("board")
    points = policy.weights()[1]
    people = _people(team, viewer, at, points)
    waiting, more = _waiting(team, viewer, points)
    free, asked = sum(one.free for one in people), sum(one.points for one in waiting)
    seen = access.visible_to(viewer).filter(team=team).values("pk")
    rows = HandOver.objects.filter(state="proposed", ticket__in=seen, absence__ends_at__gt=at)
    short_of, bottleneck = _bottleneck(waiting)
    return Board(
        team=team,
        at=at,
        bottleneck=bottleneck,
        short_of=short_of,
        people=people,
        waiting=waiting,
        more=more,
        free=free,
        asked=asked,
        hand_overs=list(rows.select_related("ticket", "person", "deputy").order_by("person_id", "ticket__number")),
    )


def may_see(team: int, viewer: access.Viewer) -> bool:
    """Is the board of this team for the viewer: its members, and those who oversee every team?"""
    return may(viewer.rights, "queue.see") and (team in viewer.rights.teams or bool(viewer.rights.roles & OVERSEE))


def day_of(at: datetime) -> tuple[datetime, datetime]:
    """The reader's day around a moment."""
    local = at.astimezone(timezone.get_current_timezone())
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def _people(team: Team, viewer: access.Viewer, at: datetime, points: Points) -> list[Row]:
    members = gather.members_of(Ticket(visibility="participants"), team, partner=False)
    ids = [one.id for one in members]
    there, hours = gather.presences(duty.on_duty(ids, at, team=team)), duty.hours_of(ids, *day_of(at), team=team)
    levels, names = gather.levels(ids, at), reasons.skill_names()
    loads = gather.loads(ids, points)
    known = {one.pk: one for one in Person.objects.filter(pk__in=ids)}
    live = Ticket.objects.filter(assignee__in=ids, status__in=sorted(LIVE))
    counts = Counter(live.values_list("assignee_id", flat=True))
    seen = access.visible_to(viewer).filter(assignee__in=ids, status__in=sorted(LIVE))
    tickets: dict[int | None, list[int]] = {}
    overdue: dict[int | None, list[int]] = {}
    for key, number, breach in seen.order_by("number").values_list("assignee_id", "number", "promise__breach_at"):
        tickets.setdefault(key, []).append(number)
        if breach is not None and breach < at:
            overdue.setdefault(key, []).append(number)
    rows = []
    for one in members:
        presence = there[one.id]
        best = sorted(levels.get(one.id, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        rows.append(
            Row(
                id=one.id,
                name=known[one.id].name,
                role=known[one.id].job_title,
                here=presence.on_shift and not presence.absent and not presence.away,
                standing=standing(presence, hours[one.id].rostered),
                spans=_spans(hours[one.id]),
                points=loads.get(one.id, 0),
                capacity=one.capacity,
                skills=[(names.get(code, code), level) for code, level in best],
                tickets=tickets.get(one.id, []),
                overdue=overdue.get(one.id, []),
                hidden=counts[one.id] - len(tickets.get(one.id, [])),
            )
        )
    return sorted(rows, key=lambda row: (not row.here, row.name))


def _spans(hours: duty.Hours) -> list[tuple[datetime, datetime]]:
    left: Sequence[Span] = difference(hours.shifts, hours.away)
    return [(to_moment(start), to_moment(end)) for start, end in left]


def standing(one: Presence, rostered: bool = True) -> str:
    """Where somebody is, in a few words."""
    if one.absent:
        if one.absent_until:
            return _("away until %(time)s") % {"time": wording.moment(one.absent_until)}
        return _("away")
    if one.on_shift:
        if one.away:
            return _("has stepped away")
        return _("on shift until %(time)s") % {"time": wording.moment(one.ends_at)} if one.ends_at else _("on shift")
    if one.next_at:
        return _("from %(time)s") % {"time": wording.moment(one.next_at)}
    return _("no shift in sight") if rostered else _("no hours entered")


def _waiting(team: Team, viewer: access.Viewer, points: Points) -> tuple[list[Waiting], int]:
    rows = looking().filter(team=team, pk__in=access.visible_to(viewer).values("pk"))
    total = rows.count()
    tickets = list(rows.select_related("requester", "service", "place", "promise").order_by("opened_at")[:MOST])
    decisions = {one.ticket_id: one for one in Decision.objects.filter(ticket__in=tickets, state__in=Decision.STANDING)}
    names, skills = reasons.names_of(decisions.values()), reasons.skill_names()
    inside = access.internal_among(viewer, tickets)
    found = []
    for ticket in tickets:
        decision = decisions.get(ticket.pk)
        promise: Promise | None = getattr(ticket, "promise", None)
        found.append(
            Waiting(
                ticket=ticket,
                points=points.of(ticket.priority),
                due_at=promise.due_at if promise else None,
                why=_why(decision, names, skills, inside=ticket.pk in inside) if decision else None,
                lacks=_lacks(decision) if decision and ticket.pk in inside else frozenset(),
            )
        )
    far = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    found.sort(key=lambda one: (one.due_at is None, one.due_at or far, one.ticket.priority, one.ticket.number))
    return found, total - len(tickets)


def _why(decision: Decision, names: Mapping[int, str], skills: Mapping[str, str], *, inside: bool) -> reasons.Why:
    told = reasons.told(decision, names, skills)
    if inside:
        return told
    best = [replace(one, lines=[], parts=[], score=0) for one in told.best]
    return reasons.Why(name=told.name, state=told.state, headline=told.headline, best=best)


def _lacks(decision: Decision) -> frozenset[str]:
    if decision.state != Decision.State.UNAVAILABLE:
        return frozenset()
    return frozenset(one["skill"] for one in decision.result["refused"] if one["condition"] == "skill")


def sentence(*, here: int, free: int, count: int, asked: int, shown: Mapping[str, str] | None = None) -> str:
    """The capacity in one sentence; ``shown`` is what stands in the place of each number, by its name.

    Args:
        here, free: people on shift, and the points they have left.
        count, asked: tickets that wait for somebody, and their points.
    """
    said = {"here": str(here), "free": str(free), "count": str(count), "asked": str(asked)} | dict(shown or {})
    if not here:
        who = _("Nobody of the team is on shift now")
    else:
        who = ngettext(
            "%(here)s person on shift with %(free)s points free",
            "%(here)s people on shift with %(free)s points free",
            here,
        ) % {"here": said["here"], "free": said["free"]}
    if not count:
        return _("%(who)s; nothing waits for somebody.") % {"who": who}
    waits = ngettext(
        "%(count)s ticket of %(asked)s points waits for somebody",
        "%(count)s tickets of %(asked)s points wait for somebody",
        count,
    ) % {"count": said["count"], "asked": said["asked"]}
    return _("%(who)s; %(waits)s.") % {"who": who, "waits": waits}


def _bottleneck(waiting: Sequence[Waiting]) -> tuple[str, str]:
    """The skill that most of what waits lacks somebody for: its code and the words, or nothing."""
    lacking = Counter(code for one in waiting for code in one.lacks)
    if not lacking:
        return "", ""
    names = reasons.skill_names()
    code, count = max(lacking.items(), key=lambda pair: (pair[1], pair[0]))
    return code, ngettext(
        "Bottleneck: “%(skill)s”, %(count)s ticket waits for it.",
        "Bottleneck: “%(skill)s”, %(count)s tickets wait for it.",
        count,
    ) % {"skill": names.get(code, code), "count": count}
